package sockets

import (
	"fmt"
	"math"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// Wait calls take until it returns true, and then returns true. Between two calls, the running task
// waits: begin keeps wake, to be called when something has changed. If something has changed since
// the last call of take, begin must call wake itself. Any goroutine may call wake, more than once.
// Wait returns false when timeout has passed; a negative timeout means no limit.
func Wait(w luastd.Waiter, L *lua.LState, timeout time.Duration, take func() bool, begin func(wake func())) bool {
	for deadline := time.Now().Add(timeout); !take(); {
		left := time.Until(deadline)
		if timeout >= 0 && left <= 0 {
			return false
		}
		await(w, L, timeout >= 0, left, begin)
	}
	return true
}

// await makes the running task wait until wake is called, or until timeout has passed if limited is
// true.
func await(w luastd.Waiter, L *lua.LState, limited bool, timeout time.Duration, begin func(wake func())) {
	var timer *time.Timer
	defer func() { // Await panics if the task has been killed
		if timer != nil {
			timer.Stop()
		}
	}()
	w.Await(L, func(done func(any)) func() {
		begin(func() { done(nil) })
		if limited {
			timer = time.AfterFunc(timeout, func() { done(nil) })
		}
		return nil
	})
}

// Limit returns how long a wait of the running task may take whose timeout is timeout: see
// luastd.Waiter.WaitLimit. 0 stays 0. A negative timeout, and a negative result, mean no limit.
func Limit(w luastd.Waiter, timeout time.Duration) time.Duration {
	if timeout == 0 {
		return 0
	}
	if limit := w.WaitLimit(max(timeout, 0)); limit > 0 {
		return limit
	}
	return timeout
}

// Seconds returns d for messages, such as "0.5 s".
func Seconds(d time.Duration) string { return fmt.Sprintf("%v s", math.Round(d.Seconds()*100)/100) }
