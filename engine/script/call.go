package script

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/tool"
	"moonlark/luastd"
)

// A Call is one tool call of an agent. Scripts.Call takes it over; it is
// answered exactly once, whatever the script does.
type Call struct {
	ID   string
	Name string
	Args json.RawMessage // a JSON object, or nothing

	// Timeout is the longest the agent will wait. Zero means as long as the
	// tool says; the shorter of the two counts.
	Timeout time.Duration

	// Reply is called exactly once, from any goroutine, with the answer. It
	// must not block.
	Reply func(*Call, tool.Result)

	answered atomic.Bool // or about to be
	replied  atomic.Bool // Reply has returned
	over     atomic.Bool // nobody waits for the answer any more
	begun    atomic.Bool // its handler has
	began    time.Time
	cpu      atomic.Int64 // as a time.Duration; whoever answers reads it while the handler may be ending
	deadline time.Duration
	timer    *time.Timer
	scripts  *Scripts

	// Guarded by the mutex of the scripts; fixed once the call has begun.
	gen  *generation
	task *task
}

// Cancel tells the handler, should it ask, that nobody waits for the answer any
// more. The call is answered all the same. Any goroutine may call it.
func (c *Call) Cancel() { c.over.Store(true) }

// Took is how long ago the call was queued; zero if it never was.
func (c *Call) Took() time.Duration {
	if c.began.IsZero() {
		return 0
	}
	return time.Since(c.began)
}

// CPU is how long Lua ran for the call. It is known when Reply is called
// because the handler has ended; zero when it is called for another reason.
func (c *Call) CPU() time.Duration { return time.Duration(c.cpu.Load()) }

// answer answers the call unless it has been answered, and says whether it did.
func (c *Call) answer(r tool.Result) bool {
	if !c.answered.CompareAndSwap(false, true) {
		return false
	}
	defer c.replied.Store(true)
	c.Reply(c, r)
	return true
}

// abandon answers a call that has not ended, and only then asks the executor
// to end its task, so that a busy executor delays no answer.
func (c *Call) abandon(r tool.Result) {
	if c.answer(r) {
		c.scripts.mu.Lock()
		x, t := c.gen.x, c.task
		c.scripts.mu.Unlock()
		x.killSoon(t, r.Text)
	}
}

// Hurry has a call time out once timeout has passed since it came, if that is
// sooner than it would. Any goroutine may call it, after Call.
func (s *Scripts) Hurry(c *Call, timeout time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.timer != nil && timeout < c.deadline && c.timer.Stop() {
		c.deadline = timeout
		c.timer.Reset(time.Until(c.began.Add(timeout)))
	}
}

// expire is the call's timer.
func (c *Call) expire() {
	c.scripts.mu.Lock()
	deadline := c.deadline
	c.scripts.mu.Unlock()
	if !c.begun.Load() {
		c.abandon(tool.Failed(tool.ClientTimeout, "%s did not begin in %v: its script is busy with something else", c.Name, deadline))
		return
	}
	c.abandon(tool.Failed(tool.ClientTimeout, "%s took longer than %v and was stopped", c.Name, deadline))
}

// queue hands the call to the generation that offers its tool. The caller
// holds the mutex of the scripts.
func (c *Call) queue(o *offer) error {
	c.scripts, c.began, c.deadline = o.gen.scripts, time.Now(), o.spec.Deadline()
	if c.Timeout > 0 {
		c.deadline = min(c.deadline, c.Timeout)
	}
	c.assign(o)
	c.timer = time.AfterFunc(c.deadline, c.expire)
	if err := c.gen.x.box.put(&message{class: aCall, call: c}); err != nil {
		c.timer.Stop()
		delete(c.gen.calls, c)
		return err
	}
	return nil
}

// assign counts the call on the generation that is to run it: the first, or at
// a reload that comes before it has begun, the next. The caller holds the mutex
// of the scripts.
func (c *Call) assign(o *offer) {
	if c.gen != nil {
		delete(c.gen.calls, c)
	}
	c.gen = o.gen
	c.gen.calls[c] = struct{}{}
	c.task = &task{
		name: "tool " + c.Name,
		call: c,
		fn:   o.handler,
		args: func(L *lua.LState) (int, error) { return c.pushArgs(L, o.spec) },
		end:  func(L *lua.LState, err error) { c.end(L, err) },
	}
}

// begin is the call's turn. It runs on the executor's goroutine.
func (c *Call) begin() {
	if c.answered.Load() { // before its turn came
		c.timer.Stop()
		c.gen.callEnded(c)
		return
	}
	c.begun.Store(true)
	c.gen.x.start(c.task)
}

// pushArgs pushes what a handler gets: the arguments and the call.
func (c *Call) pushArgs(L *lua.LState, spec *tool.Spec) (int, error) {
	args := lua.LValue(lua.LNil)
	if len(c.Args) > 0 {
		var err error
		if args, err = luastd.ParseJSON(L, c.Args); err != nil {
			return 0, argumentError{fmt.Errorf("the arguments are not JSON: %w", err)}
		}
	}
	if err := luastd.CheckArguments(spec, args); err != nil {
		return 0, argumentError{err}
	}
	if _, ok := args.(*lua.LTable); !ok {
		args = L.CreateTable(0, 0)
	}
	L.Push(args)
	L.Push(c.gen.handle(c))
	return 2, nil
}

// An argumentError is the agent's mistake, not the script's.
type argumentError struct{ error }

// end sees what became of the call's task. It runs on the executor's goroutine.
func (c *Call) end(L *lua.LState, err error) {
	defer c.gen.callEnded(c) // even if Reply panics
	c.timer.Stop()
	c.cpu.Store(int64(c.gen.x.used(c.task)))
	var r tool.Result
	if err == nil {
		r, err = result(L)
	}
	var agents argumentError
	var killed killedError
	switch {
	case err == nil:
	case errors.As(err, &agents):
		r = tool.Failed(tool.ExternalClient, "%s: %s", c.Name, agents.Error())
	case errors.As(err, &killed):
		r = tool.Failed(tool.ExternalClient, "%s was stopped: %s", c.Name, killed.Error())
	default:
		r = failure(err)
		r.Text = c.gen.inWords(r.Text)
		c.gen.log(slog.LevelWarn, "tool "+c.Name+": "+c.gen.explain(err))
	}
	if !c.answer(r) {
		took := time.Since(c.began).Round(time.Millisecond)
		if killed.raised != nil {
			c.gen.log(slog.LevelWarn, fmt.Sprintf("tool %s: stopped after %v: %s", c.Name, took, errorText(killed.raised)))
		} else {
			c.gen.log(slog.LevelWarn, fmt.Sprintf("tool %s returned after %v, when it had been answered already: its result is dropped", c.Name, took))
		}
	}
}
