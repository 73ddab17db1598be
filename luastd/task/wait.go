package task

import (
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/clock"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

// wait makes the running task wait until the function wake is called, or until timeout has passed.
// begin registers wake somewhere. It returns a function that removes wake again, which wait calls
// once when the wait is over. killed says that the wait is over because the task has been killed;
// wait does not return then.
func (m *module) wait(L *lua.LState, timeout time.Duration, begin func(wake func()) (stop func(killed bool))) {
	if m.Loading() {
		L.RaiseError("%s", luastd.ErrLoading)
	}
	var stop func(killed bool)
	var timer clock.Timer
	killed := true
	defer func() { // Rest and Checkpoint panic if the task has been killed
		if timer != nil {
			timer.Stop()
		}
		if stop != nil {
			stop(killed)
		}
	}()
	m.Rest(L, func(done func(any)) func() {
		wake := func() { done(nil) }
		stop = begin(wake)
		if timeout != noTimeout {
			timer = m.AfterFunc(timeout, wake)
		}
		return nil
	})
	// Rest returns although the task has been killed if wake was called before the kill.
	m.Checkpoint(L)
	killed = false
}

// A waiter is a task that waits in a list of waiters.
type waiter struct {
	wake  func()
	value lua.LValue // the value that the waiter offers, or that it has been given
	given bool       // give has been called
}

// give ends the wait of w, which must not be in a list any more.
func (w *waiter) give(v lua.LValue) {
	w.value, w.given = v, true
	w.wake()
}

// waiters are the waiters of one queue, lock or event. The first has waited longest.
type waiters []*waiter

// wait makes the running task wait until another task takes its waiter w out of the list and calls
// w.give, or until timeout has passed. It reports whether give has been called. If give has been
// called and the task is killed before it goes on, undo is called.
func (ws *waiters) wait(m *module, L *lua.LState, timeout time.Duration, w *waiter, undo func()) bool {
	if timeout == 0 {
		return false
	}
	m.wait(L, timeout, func(wake func()) func(bool) {
		w.wake = wake
		*ws = append(*ws, w)
		return func(killed bool) {
			if i := slices.Index(*ws, w); i >= 0 {
				*ws = slices.Delete(*ws, i, i+1)
			}
			if killed && w.given {
				undo()
			}
		}
	})
	return w.given
}

// take takes the first waiter out of the list. It returns nil if the list is empty.
func (ws *waiters) take() *waiter {
	if len(*ws) == 0 {
		return nil
	}
	w := (*ws)[0]
	*ws = slices.Delete(*ws, 0, 1)
	return w
}

// giveAll gives v to all waiters.
func (ws *waiters) giveAll(v lua.LValue) {
	for w := ws.take(); w != nil; w = ws.take() {
		w.give(v)
	}
}

// pushTimeout pushes the results of a wait for what, such as "the queue is empty", that has timed
// out. It returns their number.
func pushTimeout(L *lua.LState, timeout time.Duration, what string) int {
	return value.PushFailure(L, "timeout", "after %v s %s", timeout.Seconds(), what)
}
