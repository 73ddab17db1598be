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
// reason as a Lua error. If Task.NoWait is set, Await raises an error and does not call begin.
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
	v := t.value
	t.value = nil
	return v
}
