package vm

import (
	"sync/atomic"
	"time"
)

// busyTimeout is how long RunBetween waits for an executor that neither handles a message nor runs
// a Lua instruction.
const busyTimeout = time.Second

// RunBetween runs the function do on the executor's goroutine, between two tasks. If a task keeps
// the executor busy, do runs between two Lua instructions of the task. do must not run Lua code.
// RunBetween returns true after do has returned. It returns false without running do if the
// executor is closed, or if a Go function blocks the executor for more than a second.
func (x *Executor) RunBetween(do func()) bool {
	var claimed atomic.Bool // the function do is running, has run, or must not run any more
	done := make(chan struct{})
	once := func() {
		if claimed.CompareAndSwap(false, true) {
			do()
			close(done)
		}
	}
	if x.Post(once) != nil {
		return false
	}
	defer x.hook.interrupt.CompareAndSwap(&once, nil)
	for _, timeout := range []time.Duration{busyTimeout / 10, busyTimeout} {
		select {
		case <-done:
			return true
		case <-x.done:
			// the executor may have run the function do before its end
			return !claimed.CompareAndSwap(false, true)
		case x.holding.inside <- once:
			<-done
			return true
		case <-time.After(timeout):
			x.hook.interrupt.Store(&once)
		}
	}
	if claimed.CompareAndSwap(false, true) {
		return false
	}
	<-done
	return true
}
