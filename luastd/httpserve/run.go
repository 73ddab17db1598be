package httpserve

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// begin starts a task that calls the function of r for the request x. The task goes on when the
// script is replaced.
func (s *site) begin(L *lua.LState, r *route, x *exchange) {
	if s.m.active >= maxRequests {
		x.answer(busy("too many requests at once"))
		return
	}
	s.m.active++
	s.active++
	_, err := s.m.rt.Start(luastd.TaskSpec{
		Name:      "http.serve: " + r.name,
		Fn:        L.NewFunction(func(L *lua.LState) int { return s.call(L, r, x) }),
		Continues: true,
		Timeout:   s.settings.timeout,
		Ended: func(o luastd.Outcome) bool {
			s.finish(x, o)
			return false
		},
	})
	if err != nil {
		s.endOne()
		s.refuseStart(x, err)
	}
}

// refuseStart answers a request whose task could not be started. If the script has been replaced,
// the request goes to the next site.
func (s *site) refuseStart(x *exchange, err error) {
	if !errors.Is(err, luastd.ErrReplaced) {
		x.answer(busy("the script is busy"))
		return
	}
	s.front.detach(s)
	x.answer(&answer{again: true})
}

// finish is called when the task of a request has ended.
func (s *site) finish(x *exchange, o luastd.Outcome) {
	s.endOne()
	switch {
	case o.TimedOut:
		x.answer(refusal(http.StatusGatewayTimeout, "the script took too long"))
	case o.Killed:
		x.answer(busy("the script has been stopped"))
	case o.Failed:
		x.answer(refusal(http.StatusInternalServerError, "the script has failed; its log says why"))
	}
}

// call is the Lua function of the task: it calls the function of the script, and answers the
// request with its results.
func (s *site) call(L *lua.LState, r *route, x *exchange) int {
	L.Push(r.fn)
	L.Push(s.m.newRequest(L, r, x))
	L.Call(1, lua.MultRet)
	var results []lua.LValue
	for n := 1; n <= L.GetTop(); n++ {
		results = append(results, L.Get(n))
	}
	a, err := newAnswer(results)
	if err != nil {
		L.RaiseError("the function at %s returned %s", r.line(), err.Error())
	}
	if !a.hold(s.m.rt.Budget()) {
		a = busy("the script keeps too much in memory")
		a.reason = luastd.BudgetReason
	}
	if a.reason != "" {
		s.m.rt.Log(slog.LevelError, fmt.Sprintf("http.serve: %s: %s", r.name, a.reason))
	}
	x.answer(a)
	return 0
}

// answer passes a to the goroutine of the request. Only the first answer counts.
func (x *exchange) answer(a *answer) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.left {
		a.abandon()
		return
	}
	select {
	case x.answered <- a:
	default:
		a.abandon()
	}
}

// leave says that the goroutine of the request ends. It takes no answer any more.
func (x *exchange) leave() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.left = true
	select {
	case a := <-x.answered:
		a.abandon()
	default:
	}
}

// line returns the file and line of the function of r.
func (r *route) line() string {
	if r.fn.IsG {
		return "an unknown line"
	}
	return fmt.Sprintf("%s:%d", r.fn.Proto.SourceName, r.fn.Proto.LineDefined)
}

// endOne counts a request whose function has ended.
func (s *site) endOne() {
	s.m.active--
	s.active--
	if s.closed && s.active == 0 {
		s.release()
	}
}
