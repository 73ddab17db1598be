package script

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/clock"
	"moonlark/engine/guess"
	"moonlark/engine/script/vm"
	"moonlark/engine/tool"
	"moonlark/luastd/tools"
	"moonlark/luastd/value"
)

// A Call is one tool call of an agent. Pass it to Scripts.Call, and do not change its fields
// afterwards. Each call is answered exactly once, whatever the script does.
type Call struct {
	ID   string
	Name string
	Args json.RawMessage // the arguments, as a JSON object; may be empty

	// Client is the name of the program that called the tool, as this program gave it. It is empty if
	// the call is one of the agent in a conversation.
	Client string

	// Progress tells the caller how much of the work is done. done and total have the same unit, which
	// the handler chooses; total is 0 if it is not known. message is for people and may be empty. Any
	// goroutine may call Progress. It does not block, and it does nothing after the call was answered.
	// Nil means that nobody listens.
	Progress func(done, total float64, message string)

	// Timeout is how long the agent waits for the result. The call is stopped after Timeout, or
	// after the timeout of the tool if that is shorter. Zero means the timeout of the tool.
	Timeout time.Duration

	// Reply is called exactly once with the result of the call. Any goroutine may call it, and it
	// must not block.
	Reply func(*Call, tool.Result)

	answered  atomic.Bool // Reply has been called, or is about to be called
	replied   atomic.Bool // Reply has returned
	cancelled atomic.Bool // the agent does not wait for the result any more
	begun     atomic.Bool // the task of the call has started
	// how long the task ran Lua code, as a time.Duration; set when the task has ended
	cpu atomic.Int64

	// The fields below do not change after the call has been queued.
	scripts *Scripts
	queued  time.Time   // time at which the call was queued; zero if it was not queued
	timer   clock.Timer // calls timeOut when the timeout of the call has passed

	// Scripts.mu guards the fields below. gen and task do not change after the task has
	// started.
	timeout time.Duration // how long the call may take, counted from the time queued
	gen     *generation   // the generation that will run, or runs, the call
	task    *vm.Task
	held    time.Duration // how long a debugger had held the generation before it got the call
}

// Call queues the tool call c for the script that offers the tool. c.Reply is called with the
// result. If the tool does not exist or cannot run now, Reply is called with an error before Call
// returns.
func (s *Scripts) Call(c *Call) {
	s.mu.Lock()
	t, err := s.tools[c.Name], error(nil)
	closed, outage := s.closed, ""
	switch {
	case t == nil || closed:
	case t.gen.outage != "":
		outage = t.gen.outage
	default:
		err = c.queue(t)
	}
	s.mu.Unlock()
	switch {
	case closed:
		c.answer(shuttingDown)
	case t == nil:
		var known []string
		for _, spec := range s.Tools() {
			known = append(known, spec.Name)
		}
		c.answer(unknownTool(c.Name, known))
	case outage != "":
		c.answer(tool.Failed(tool.ExternalClient, "%s cannot run now: %s, and its script is being loaded again; try again in a moment", c.Name, outage))
	case errors.Is(err, vm.ErrFull):
		c.answer(tool.Failed(tool.ExternalClient, "%s is busy: too many calls are waiting; try again in a moment", c.Name))
	case err != nil:
		c.answer(tool.Failed(tool.ExternalClient, "%s cannot run: %v", c.Name, err))
	}
}

// unknownTool returns the result for a call of the tool name, which does not exist. known are the
// names of the tools that exist.
func unknownTool(name string, known []string) tool.Result {
	if len(known) == 0 {
		return tool.Failed(tool.ExternalClient, "there is no tool '%s': no tools are registered", name)
	}
	return tool.Failed(tool.ExternalClient, "there is no tool '%s'%s; the tools are %s",
		name, guess.DidYouMean(name, known), strings.Join(known, ", "))
}

// Cancel records that the agent does not wait for the result any more. The tool's handler can find
// this out with call:cancelled(). Reply is called in spite of Cancel. Any goroutine may call
// Cancel.
func (c *Call) Cancel() { c.cancelled.Store(true) }

// Took returns the time since the call was queued, or zero if it was not queued. Call it after
// Scripts.Call has returned, or in Reply.
func (c *Call) Took() time.Duration {
	if c.queued.IsZero() {
		return 0
	}
	return c.scripts.opts.Clock.Now().Sub(c.queued)
}

// CPU returns how long the call has run Lua code. It returns zero if the call was answered before
// its task ended.
func (c *Call) CPU() time.Duration { return time.Duration(c.cpu.Load()) }

// answer calls Reply with r, unless the call has been answered already. It reports whether it has
// called Reply.
func (c *Call) answer(r tool.Result) bool {
	if !c.answered.CompareAndSwap(false, true) {
		return false
	}
	defer c.replied.Store(true)
	c.Reply(c, r)
	return true
}

// stop answers the call with r and kills the task of the call. It does nothing if the call has been
// answered already. The call is answered first, so that the agent does not wait for a busy
// executor. Any goroutine may call stop.
func (c *Call) stop(r tool.Result) {
	if c.answer(r) {
		c.scripts.mu.Lock()
		x, t := c.gen.x, c.task
		c.scripts.mu.Unlock()
		x.Kill(t, r.Text)
	}
}

// ShortenTimeout reduces the timeout of the call c. timeout is counted since c was queued. If
// timeout is not shorter than the present one, nothing changes. Call it after Scripts.Call. Any
// goroutine may call it.
func (s *Scripts) ShortenTimeout(c *Call, timeout time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.timer != nil && timeout < c.timeout && c.timer.Stop() {
		c.timeout = timeout
		c.timer.Reset(c.queued.Add(timeout).Sub(s.opts.Clock.Now()))
	}
}

// timeOut stops the call because its timeout has passed.
func (c *Call) timeOut() {
	c.scripts.mu.Lock()
	timeout := c.timeout
	c.scripts.mu.Unlock()
	if !c.begun.Load() {
		c.expire(tool.Failed(tool.ClientTimeout, "%s did not begin in %v: its script is busy with something else", c.Name, timeout))
		return
	}
	c.expire(tool.Failed(tool.ClientTimeout, "%s took longer than %v and was stopped", c.Name, timeout))
}

// expire answers the call with r and kills its task. If a debugger has held the generation, the task is
// killed later by the time of the hold, so that somebody can go on stepping through it.
func (c *Call) expire(r tool.Result) {
	c.scripts.mu.Lock()
	x, t, held := c.gen.x, c.task, c.held
	c.scripts.mu.Unlock()
	if held = x.HeldTime() - held; held == 0 {
		c.stop(r)
	} else if c.answer(r) {
		x.AfterFunc(c.scripts.opts.Clock, held, func() { x.Kill(t, r.Text) })
	}
}

// queue queues the call for the generation that has registered the tool t. It returns vm.ErrFull or
// vm.ErrClosed if the call is refused. The caller must hold Scripts.mu.
func (c *Call) queue(t *registeredTool) error {
	c.scripts, c.queued, c.timeout = t.gen.scripts, t.gen.Elapsed(), t.spec.Deadline()
	if c.Timeout > 0 {
		c.timeout = min(c.timeout, c.Timeout)
	}
	c.assign(t)
	c.timer = c.scripts.opts.Clock.AfterFunc(c.timeout, c.timeOut)
	if err := c.gen.x.PutItem(vm.Request, c, nil); err != nil {
		c.timer.Stop()
		delete(c.gen.calls, c)
		return err
	}
	return nil
}

// assign makes the generation that has registered the tool t run the call. A reload calls assign
// again for each call that has not begun. The caller must hold Scripts.mu.
func (c *Call) assign(t *registeredTool) {
	if c.gen != nil {
		delete(c.gen.calls, c)
	}
	c.gen = t.gen
	c.gen.calls[c] = struct{}{}
	c.held = c.gen.x.HeldTime()
	c.task = &vm.Task{
		Name:           "tool " + c.Name,
		Fn:             t.handler,
		Args:           func(L *lua.LState) (int, error) { return c.pushArgs(L, t.spec) },
		End:            func(L *lua.LState, err error) { c.end(L, t.spec, err) },
		OutlivesRetire: true,
		Owner:          c,
	}
}

// answerTime is how much of the timeout of a call remains for its handler after a wait that has taken
// as long as it may.
const answerTime = 500 * time.Millisecond

// waitLimit returns how long a wait of the handler may take from now on.
func (c *Call) waitLimit() time.Duration {
	c.scripts.mu.Lock()
	timeout := c.timeout
	c.scripts.mu.Unlock()
	end := c.queued.Add(timeout - min(answerTime, timeout/2))
	return max(end.Sub(c.scripts.opts.Clock.Now()).Round(time.Millisecond), time.Millisecond)
}

// begin starts the task of the call, unless the call has been answered already. It runs on the
// executor's goroutine.
func (c *Call) begin() {
	if c.answered.Load() {
		c.timer.Stop()
		c.gen.finishCall(c)
		return
	}
	c.begun.Store(true)
	c.gen.x.StartTask(c.task)
}

// pushArgs pushes the two arguments of the tool's handler onto the stack of L: a table with the
// arguments of the call, and the call itself. It returns 2. The error is an argumentError.
func (c *Call) pushArgs(L *lua.LState, spec *tool.Spec) (int, error) {
	args := lua.LValue(lua.LNil)
	if len(c.Args) > 0 {
		var err error
		if args, err = value.ParseArguments(L, c.Args); err != nil {
			return 0, argumentError{fmt.Errorf("the arguments are not JSON: %w", err)}
		}
	}
	args, changes, err := tools.FitArguments(L, spec, args)
	if err != nil {
		return 0, argumentError{err}
	}
	for _, change := range changes {
		c.gen.log(slog.LevelInfo, "tool "+c.Name+": "+change)
	}
	L.Push(args)
	L.Push(c.gen.callValue(c))
	return 2, nil
}

// notPermitted is what the agent hears when the script may not do what the tool call needs. The log
// says which permission is missing. The agent could not do anything about that, and it should not
// read the names of hosts and files to the user.
const notPermitted = "this tool is not permitted to do that"

// An argumentError says that the agent has called a tool with wrong arguments.
type argumentError struct{ error }

// end is called when the task of the call has ended. It answers the call with the result or the
// error of the task. It runs on the executor's goroutine.
func (c *Call) end(L *lua.LState, spec *tool.Spec, err error) {
	defer c.gen.finishCall(c) // deferred, so that it also runs if Reply panics
	c.timer.Stop()
	c.cpu.Store(int64(c.gen.x.TaskCPU(c.task)))
	var r tool.Result
	if err == nil {
		r, err = result(L)
	}
	if err == nil && !r.IsError {
		if unfit := spec.CheckResult(r.Text); unfit != nil {
			c.gen.log(slog.LevelWarn, "tool "+c.Name+": the result does not fit the returns of "+spec.Source+": "+unfit.Error())
			r = tool.Failed(tool.ExternalClient, "%s returned a result that it does not declare: %v", c.Name, unfit)
		}
	}
	var badArguments argumentError
	var killed *vm.KilledError
	switch {
	case err == nil:
	case errors.As(err, &badArguments):
		r = tool.Failed(tool.ExternalClient, "%s: %s", c.Name, badArguments.Error())
	case errors.As(err, &killed):
		r = tool.Failed(tool.ExternalClient, "%s was stopped: %s", c.Name, errorText(killed))
	default:
		r = raisedResult(err)
		r.Text = c.gen.explain(r.Text)
		c.gen.log(slog.LevelWarn, "tool "+c.Name+": "+c.gen.explainWithFrames(err))
	}
	if r.IsError && c.gen.permit.IsRefusal(r.Text) {
		r.Text = notPermitted
	}
	r.Text = c.gen.permit.Mask(r.Text)
	if !c.answer(r) {
		took := c.Took().Round(time.Millisecond)
		if killed != nil && killed.Raised != nil {
			c.gen.log(slog.LevelWarn, fmt.Sprintf("tool %s: stopped after %v: %s", c.Name, took, errorText(killed.Raised)))
		} else {
			c.gen.log(slog.LevelWarn, fmt.Sprintf("tool %s returned after %v, after the call was answered: the result is dropped", c.Name, took))
		}
	}
}

// finishCall removes the call c, whose task has ended, from g.calls. If g has been replaced and c
// was its last call, g is closed.
func (g *generation) finishCall(c *Call) {
	s := g.scripts
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(g.calls, c)
	s.closeIfDrained(g)
}

// openCalls makes the Lua type of the second argument of a tool's handler, which stands for the
// call.
//
//	call.id  call.name  strings
//	call:cancelled()    -> true when the agent does not wait for the result any more
func (g *generation) openCalls(L *lua.LState) {
	g.callMT = L.NewTypeMetatable("call")
	cancelled := L.NewFunction(func(L *lua.LState) int {
		c, ok := L.CheckUserData(1).Value.(*Call)
		if !ok {
			L.ArgError(1, "a call expected")
		}
		L.Push(lua.LBool(c.cancelled.Load() || c.answered.Load()))
		return 1
	})
	g.callMT.RawSetString("__index", L.NewFunction(func(L *lua.LState) int {
		c := L.CheckUserData(1).Value.(*Call)
		switch L.CheckString(2) {
		case "id":
			L.Push(lua.LString(c.ID))
		case "name":
			L.Push(lua.LString(c.Name))
		case "cancelled":
			L.Push(cancelled)
		default:
			L.Push(lua.LNil)
		}
		return 1
	}))
	g.callMT.RawSetString("__metatable", lua.LString("call"))
}

// callValue returns the Lua value that stands for the call c.
func (g *generation) callValue(c *Call) lua.LValue {
	return &lua.LUserData{Value: c, Env: g.x.State().Env, Metatable: g.callMT}
}
