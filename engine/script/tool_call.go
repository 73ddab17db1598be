package script

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/clock"
	"moonlark/engine/safetext"
	"moonlark/engine/script/vm"
	"moonlark/engine/tool"
	"moonlark/luastd/tools"
	"moonlark/luastd/value"
)

// A Call is one tool call of an agent, or a request of another program: to read a resource, or for a
// prompt. Pass it to Scripts.Call, Scripts.Read or Scripts.Prompt, and do not change its fields
// afterwards. Each call is answered exactly once, whatever the script does.
type Call struct {
	ID   string
	Name string          // the name of the tool or the prompt, or the URI of the resource
	Args json.RawMessage // the arguments, as a JSON object; may be empty

	// Client is the name that the calling program gives itself. It is empty for a call of the agent in a
	// conversation.
	Client string

	// Progress tells the caller how much of the work is done. done and total have the same unit, which
	// the handler chooses; total is 0 if it is not known. message is for people and may be empty. Any
	// goroutine may call Progress. It does not block, and it does nothing after the call was answered.
	// Nil means that nobody needs to know.
	Progress func(done, total float64, message string)

	// Job makes the call run the handler of a tool with job = true. Without it, such a call only starts a job, which is
	// carried out later, by a call with Job set.
	Job bool

	// Printed is called with each text that the handler prints, on the goroutine of the script. It must
	// not block. Nil means that nobody needs to know.
	Printed func(text string)

	// Timeout is how long the agent waits for the result. The call is stopped after Timeout, or
	// after the timeout of the tool if that is shorter. Zero means the timeout of the tool.
	Timeout time.Duration

	// Reply is called exactly once with the result of the call. Any goroutine may call it, and it
	// must not block.
	Reply func(*Call, tool.Result)

	kind offerKind // what the call is for; empty means a tool

	answered  atomic.Bool // Reply has been called, or is about to be called
	replied   atomic.Bool // Reply has returned
	unwanted  atomic.Bool // nobody waits for the result any more
	cancelled atomic.Bool // Cancel has been called
	begun     atomic.Bool // the task of the call has started
	// how long the task ran Lua code, as a time.Duration; set when the task has ended
	cpu atomic.Int64
	// how long the handler has spent in waits, as a time.Duration; set when the task has ended
	waited atomic.Int64
	// how long the call was queued, as a time.Duration; set when the task starts
	queuedFor atomic.Int64

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

	// The fields below belong to the executor's goroutine.
	noticed  bool        // the handler knows that nobody waits for the result
	reported bool        // Progress has been called
	progress float64     // the latest value of done that Progress got
	params   *lua.LTable // the parameters in the URI of a resource; nil if there are none
	// the content of a resource (tool.Content) or the messages of a prompt ([]tool.PromptMessage), set
	// before Reply is called with a result that is not an error
	produced any
}

// offerKind returns what the call is for.
func (c *Call) offerKind() offerKind { return cmp.Or(c.kind, toolOffer) }

// label names what runs, such as "tool set_light", for the log.
func (c *Call) label() string { return string(c.offerKind()) + " " + c.shortName() }

// shortName returns the name, or the beginning of a name that is too long for a message.
func (c *Call) shortName() string { return safetext.Cut(c.Name, maxShownName, "…") }

// maxShownName is the maximum length of a name of a tool or a URI in a message, in bytes.
const maxShownName = 200

// Call queues the tool call c for the script that offers the tool. c.Reply is called with the
// result. If the tool does not exist or cannot run now, Reply is called with an error before Call
// returns.
func (s *Scripts) Call(c *Call) {
	s.mu.Lock()
	o, err := s.offerFor(c), error(nil)
	closed, outage := s.closed, ""
	switch {
	case o == nil || closed:
	case o.gen.outage != "":
		outage = o.gen.outage
	default:
		err = c.queue(o)
	}
	s.mu.Unlock()
	name := c.shortName()
	switch {
	case closed:
		c.answer(shuttingDown)
	case o == nil:
		c.answer(c.unknown(names(s.offersOf(c.offerKind()))))
	case outage != "":
		c.answer(tool.Failed(tool.ExternalClient, "%s cannot run now: %s, and its script is being loaded again; try again in a moment", name, outage))
	case errors.Is(err, vm.ErrFull):
		c.answer(tool.Failed(tool.ExternalClient, "%s is busy: too many calls are waiting; try again in a moment", name))
	case err != nil:
		c.answer(tool.Failed(tool.ExternalClient, "%s cannot run: %v", name, err))
	}
}

// SetUnwanted records that nobody waits for the result any more. The handler goes on, and can find
// this out with call:cancelled(). Reply is called in spite of it. Any goroutine may call SetUnwanted.
func (c *Call) SetUnwanted() { c.unwanted.Store(true) }

// cancelledReason is the message of the error with which a wait of a cancelled call ends.
const cancelledReason = "the call was cancelled"

// Cancel ends the call, because nobody waits for the result any more. If the handler waits, for
// example in sleep or for the response of a server, the wait ends with an error, and the handler with
// it unless it catches the error to clean up. Otherwise its next wait ends in this way, unless the
// handler has asked call:cancelled() before. A handler that has not begun does not run. Reply is called
// in spite of Cancel. Cancel does not wait for the script. Any goroutine may call it after
// Scripts.Call, more than once.
func (c *Call) Cancel() {
	c.unwanted.Store(true)
	// If a reload gives the call to another generation meanwhile, begin sees that cancelled is set.
	if c.cancelled.Swap(true) || c.scripts == nil {
		return
	}
	c.scripts.mu.Lock()
	x, t := c.gen.x, c.task
	c.scripts.mu.Unlock()
	x.Post(func() {
		if !c.noticed {
			x.Interrupt(t, cancelledReason)
		}
	})
}

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

// Waited returns how long the handler has spent in waits. It returns zero if the call was answered before
// its task ended.
func (c *Call) Waited() time.Duration { return time.Duration(c.waited.Load()) }

// Queued returns how long the call was queued before its handler began. If the handler has not begun,
// that is the same as Took.
func (c *Call) Queued() time.Duration {
	if !c.begun.Load() {
		return c.Took()
	}
	return time.Duration(c.queuedFor.Load())
}

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

// queue queues the call for the generation that has registered o. It returns vm.ErrFull or
// vm.ErrClosed if the call is refused. The caller must hold Scripts.mu.
func (c *Call) queue(o *offer) error {
	c.scripts, c.queued, c.timeout = o.gen.scripts, o.gen.Elapsed(), o.timeoutOf(c)
	if c.Timeout > 0 {
		c.timeout = min(c.timeout, c.Timeout)
	}
	c.assign(o)
	c.timer = c.scripts.opts.Clock.AfterFunc(c.timeout, c.timeOut)
	if err := c.gen.x.PutItem(vm.Request, c, nil); err != nil {
		c.timer.Stop()
		delete(c.gen.calls, c)
		return err
	}
	return nil
}

// assign makes the generation that has registered o run the call. A reload calls assign again for
// each call that has not begun. The caller must hold Scripts.mu.
func (c *Call) assign(o *offer) {
	if c.gen != nil {
		delete(c.gen.calls, c)
	}
	c.gen = o.gen
	c.gen.calls[c] = struct{}{}
	c.held = c.gen.x.HeldTime()
	c.task = &vm.Task{
		Name:           c.label(),
		Fn:             o.handlerOf(c),
		Args:           func(L *lua.LState) (int, error) { return o.pushArgs(L, c) },
		End:            func(L *lua.LState, err error) { c.end(L, o, err) },
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
	if c.cancelled.Load() {
		c.answer(tool.Failed(tool.ExternalClient, "%s did not begin: %s", c.shortName(), cancelledReason))
	}
	if c.answered.Load() {
		c.timer.Stop()
		c.gen.finishCall(c)
		return
	}
	c.queuedFor.Store(int64(c.Took()))
	c.begun.Store(true)
	c.gen.x.StartTask(c.task)
}

// pushToolArgs pushes the two arguments of the tool's handler onto the stack of L: a table with the
// arguments of the call, and the call itself. It returns 2. The error is an argumentError.
func (c *Call) pushToolArgs(L *lua.LState, spec *tool.Spec) (int, error) {
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
		c.gen.log(slog.LevelInfo, c.label()+": "+change)
	}
	L.Push(args)
	L.Push(c.gen.callValue(c))
	return 2, nil
}

// notPermitted is what the caller is told when the script may not do what the call needs. %s is the kind
// of the offer. The log says
// which permission is missing. The agent could not do anything about that, and it should not read the
// names of hosts and files to the user.
const notPermitted = "this %s is not permitted to do that"

// An argumentError says that the agent has called a tool with wrong arguments.
type argumentError struct{ error }

// end is called when the task of the call has ended. It answers the call with the result or the
// error of the task. It runs on the executor's goroutine.
func (c *Call) end(L *lua.LState, o *offer, err error) {
	defer c.gen.finishCall(c) // deferred, so that it also runs if Reply panics
	c.timer.Stop()
	c.cpu.Store(int64(c.gen.x.TaskCPU(c.task)))
	c.waited.Store(int64(c.task.Waited()))
	var r tool.Result
	if err == nil {
		r, err = o.result(L, c)
	}
	var badArguments argumentError
	var killed *vm.KilledError
	switch {
	case err == nil:
	case errors.As(err, &badArguments):
		r = c.argumentResult(badArguments)
	case errors.As(err, &killed):
		r = tool.Failed(tool.ExternalClient, "%s was stopped: %s", c.Name, errorText(killed))
	default:
		r = raisedResult(err)
		r.Text = c.gen.explain(r.Text)
		c.gen.noteFault(c.label(), r.Text)
		level := slog.LevelWarn
		if c.cancelled.Load() {
			level = slog.LevelDebug // probably the error of Cancel
		}
		c.gen.log(level, c.label()+": "+c.gen.explainWithFrames(err))
	}
	if r.IsError && c.gen.permit.IsRefusal(r.Text) {
		r.Text = fmt.Sprintf(notPermitted, c.offerKind())
	}
	r.Text = c.gen.permit.Mask(r.Text)
	if r.Data != nil {
		r.Data = json.RawMessage(r.Text)
	}
	if !c.answer(r) {
		c.logDropped(killed)
	}
}

// argumentResult returns the result of a call whose arguments do not fit.
func (c *Call) argumentResult(err argumentError) tool.Result {
	r := tool.Failed(tool.ExternalClient, "%s: %s", c.shortName(), err.Error())
	if c.offerKind() != toolOffer {
		r.Type = wrongArguments
	}
	return r
}

// logDropped logs that the task has ended after the call was answered. killed is the error with which
// the task has ended, or nil if it was not killed.
func (c *Call) logDropped(killed *vm.KilledError) {
	took := c.Took().Round(time.Millisecond)
	if killed != nil && killed.Raised != nil {
		c.gen.log(slog.LevelWarn, fmt.Sprintf("%s: stopped after %v: %s", c.label(), took, errorText(killed.Raised)))
	} else {
		c.gen.log(slog.LevelWarn, fmt.Sprintf("%s returned after %v, after the call was answered: the result is dropped", c.label(), took))
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
