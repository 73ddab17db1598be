// Package callbacks has what the Lua modules for devices share: waits of a task, and the calls of a
// script's functions when a device has sent something.
package callbacks

import (
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// A Waiter makes tasks of a script wait for a device.
type Waiter struct {
	Runtime luastd.Runtime
	// Rest says that the device is a fake of a test, which does something only when the test says
	// so: the clock of the test moves while a task waits.
	Rest bool
}

// Wait calls take until it returns true, and then returns true. Between two calls, the running task
// waits for signal, which must be sent when take could return something else. Wait returns false
// when timeout has passed; a negative timeout means no limit.
func (w Waiter) Wait(L *lua.LState, timeout time.Duration, signal *Signal, take func() bool) bool {
	deadline := w.Runtime.Elapsed().Add(timeout)
	for {
		sent := signal.count()
		if take() {
			return true
		}
		left := deadline.Sub(w.Runtime.Elapsed())
		if timeout >= 0 && left <= 0 {
			return false
		}
		w.await(L, timeout >= 0, left, signal, sent)
	}
}

// await makes the running task wait until the signal has been sent more than sent times, or until
// timeout has passed if limited is true.
func (w Waiter) await(L *lua.LState, limited bool, timeout time.Duration, signal *Signal, sent int) {
	stop := func() {}
	defer func() { stop() }() // also when the task has been killed: await panics then
	w.waitFunc()(L, func(done func(any)) func() {
		forget := signal.add(sent, func() { done(nil) })
		stop = forget
		if limited {
			timer := w.Runtime.AfterFunc(timeout, func() { done(nil) })
			stop = func() { forget(); timer.Stop() }
		}
		return nil
	})
}

// waitFunc returns the method of the Runtime that waits.
func (w Waiter) waitFunc() func(*lua.LState, func(done func(any)) func()) any {
	if w.Rest {
		return w.Runtime.Rest
	}
	return w.Runtime.Await
}

// Limit returns how long a wait of the running task may take whose timeout is timeout: see
// luastd.Waiter.WaitLimit. 0 stays 0. A negative timeout, and a negative result, mean no limit.
func (w Waiter) Limit(timeout time.Duration) time.Duration {
	if timeout == 0 {
		return 0
	}
	if limit := w.Runtime.WaitLimit(max(timeout, 0)); limit > 0 {
		return limit
	}
	return timeout
}

// Deliver is the body of a task that passes on what a device sends to functions of the script,
// until state says that the device is gone. Whenever state says that something is ready, which the
// signal must announce, Deliver starts a task with the name name and waits until it has ended. This
// task calls next, which takes what is ready and returns the function to be called with its
// arguments, or nil. So an error or a kill ends only that task, and nothing is lost if the task is
// killed before it has begun.
func (w Waiter) Deliver(L *lua.LState, name string, signal *Signal, state func() (ready, gone bool), next func() (*lua.LFunction, []lua.LValue)) {
	fn := L.NewFunction(func(L *lua.LState) int {
		fn, args := next()
		if fn == nil {
			return 0
		}
		L.Push(fn)
		for _, arg := range args {
			L.Push(arg)
		}
		L.Call(len(args), 0)
		return 0
	})
	for {
		gone := false
		w.Wait(L, -1, signal, func() bool {
			var ready bool
			ready, gone = state()
			return ready || gone
		})
		if gone || w.run(L, name, fn) == luastd.ErrReplaced {
			return
		}
	}
}

// run runs fn as a task of its own, and waits until it has ended. It returns luastd.ErrReplaced if
// the script has been replaced. If too many functions are queued, it waits for a moment.
func (w Waiter) run(L *lua.LState, name string, fn *lua.LFunction) error {
	err, _ := w.waitFunc()(L, func(done func(any)) func() {
		_, err := w.Runtime.Start(luastd.TaskSpec{Name: name, Fn: fn, Ended: func(luastd.Outcome) bool {
			done(nil)
			return false
		}})
		if err == nil {
			return nil
		}
		if err == luastd.ErrReplaced {
			done(err)
			return nil
		}
		timer := w.Runtime.AfterFunc(busyPause, func() { done(err) })
		return func() { timer.Stop() }
	}).(error)
	return err
}

// busyPause is how long Deliver waits when the script has too many functions to run.
const busyPause = 10 * time.Millisecond

// A Signal wakes tasks that wait for a change. Any goroutine may use it. The zero value is ready to
// use.
type Signal struct {
	mu      sync.Mutex // guards the fields below
	sent    int        // how often Send has been called
	waiting map[*func()]struct{}
}

// Send wakes the tasks that wait.
func (s *Signal) Send() {
	s.mu.Lock()
	s.sent++
	waiting := s.waiting
	s.waiting = nil
	s.mu.Unlock()
	for wake := range waiting {
		(*wake)()
	}
}

func (s *Signal) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

// add lets Send call wake, unless Send has been called more than sent times: then add calls wake
// itself. forget undoes add.
func (s *Signal) add(sent int, wake func()) (forget func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent > sent {
		wake()
		return func() {}
	}
	if s.waiting == nil {
		s.waiting = make(map[*func()]struct{})
	}
	s.waiting[&wake] = struct{}{}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.waiting, &wake)
	}
}
