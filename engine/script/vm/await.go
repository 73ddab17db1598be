package vm

import lua "github.com/yuin/gopher-lua"

// Await makes the running task wait for Go code. It returns the value that begin's done function
// was called with. While the task waits, the executor runs other tasks.
//
// Await calls begin at once, on the executor's goroutine. begin starts the work, and returns a
// function that cancels the work, or nil if the work cannot be cancelled. When the work has ended,
// it must call done with its result. Any goroutine may call done, and begin itself may do so too.
// Only the first call of done has an effect.
//
// When the task is killed during the wait, Await calls the cancel function and raises the kill
// reason as a Lua error. If Task.NoWait is set, Await raises an error and does not call begin. See
// Interrupt for another way in which a wait ends.
func (x *Executor) Await(L *lua.LState, begin func(done func(any)) (cancel func())) any {
	return x.await(L, begin, false)
}

// Rest is like Await, for a wait that only the clock or another task of the script can end. See AtRest.
func (x *Executor) Rest(L *lua.LState, begin func(done func(any)) (cancel func())) any {
	return x.await(L, begin, true)
}

func (x *Executor) await(L *lua.LState, begin func(done func(any)) (cancel func()), resting bool) any {
	t, w := x.hook.task.Load(), x.running
	if t.killed.Load() {
		L.RaiseError("%s", t.killReason())
	}
	if t.NoWait {
		L.RaiseError("%s cannot wait", t.Name)
	}
	t.raiseInterruption(L)
	t.ticket++
	ticket := t.ticket
	cancel := begin(func(v any) {
		x.mailbox.put(&message{resume: t, ticket: ticket, value: v})
	})
	t.resting = resting
	if !w.pause(parked) {
		if cancel != nil {
			cancel()
		}
		L.RaiseError("%s", t.killReason())
	}
	// The new number makes the executor drop a second call of done, which has the old number.
	t.ticket++
	if t.interruption != nil && cancel != nil {
		cancel()
	}
	t.raiseInterruption(L)
	v := t.value
	t.value = nil
	return v
}

// Interrupt ends one wait of t with a Lua error, whose message is reason: the present wait if t
// waits, and otherwise its next one, which does not begin then. The work for which t waits is
// cancelled, as when t is killed. But unlike a killed task, t goes on: pcall can catch the error, and
// later waits are ordinary ones. Interrupt has no effect if t has not started or has ended.
func (x *Executor) Interrupt(t *Task, reason string) {
	if t.worker == nil || t.ended {
		return
	}
	t.interruption = &reason
	if t.waiting {
		x.step(t)
	}
}

// DropInterruption undoes a call of Interrupt that has not ended a wait yet. Call it on the executor's
// goroutine.
func (t *Task) DropInterruption() { t.interruption = nil }

// Interrupted reports whether a wait of t has ended because of Interrupt. Call it on the executor's
// goroutine.
func (t *Task) Interrupted() bool { return t.interrupted }

// raiseInterruption raises the error of Interrupt, if that has been called since the last wait of t.
func (t *Task) raiseInterruption(L *lua.LState) {
	if reason := t.interruption; reason != nil {
		t.interruption, t.value, t.interrupted = nil, nil, true
		L.RaiseError("%s", *reason)
	}
}
