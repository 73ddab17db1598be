package mqtt

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// How tasks of the script wait for messages and events, and call functions of the script.

// wait calls take until it returns true, and then returns true. Between two calls, the running task
// waits until the function wake that begin gets is called, or until timeout has passed: then wait
// returns false. A negative timeout means no limit. stop, which begin returns, is called after each
// wait. In a test with a fake broker, the wait ends only by what the test does, so that the clock
// may move meanwhile.
func (m *module) wait(L *lua.LState, isFake bool, timeout time.Duration, take func() bool, begin func(wake func()) (stop func())) bool {
	for deadline := m.rt.Elapsed().Add(timeout); !take(); {
		left := deadline.Sub(m.rt.Elapsed())
		if timeout >= 0 && left <= 0 {
			return false
		}
		m.waitOnce(L, isFake, timeout >= 0, left, begin)
	}
	return true
}

// waitOnce makes the running task wait once, for at most timeout if limited is true.
func (m *module) waitOnce(L *lua.LState, isFake, limited bool, timeout time.Duration, begin func(wake func()) (stop func())) {
	await := m.rt.Await
	if isFake {
		await = m.rt.Rest
	}
	var stops []func()
	defer func() { // await panics if the task has been killed
		for _, stop := range stops {
			stop()
		}
	}()
	await(L, func(done func(any)) func() {
		stops = append(stops, begin(func() { done(nil) }))
		if limited {
			timer := m.rt.AfterFunc(timeout, func() { done(nil) })
			stops = append(stops, func() { timer.Stop() })
		}
		return nil
	})
}

// spawn starts a task that runs fn. It raises an error if that is not possible.
func (m *module) spawn(L *lua.LState, name string, fn lua.LGFunction) {
	if err := m.rt.Spawn(L.NewFunction(fn), nil); err != nil {
		L.RaiseError("%s: %s", name, err)
	}
}

// call runs a function of the script as a task of its own, so that an error or a kill ends only
// that task, and waits until the task has ended. If the task does not begin, because the script is
// replaced or because too many tasks wait, call calls unused, which may be nil. It returns false if
// the script has been replaced.
func (c *client) call(L *lua.LState, name string, fn *lua.LFunction, arg lua.LValue, unused func(), more ...lua.LValue) bool {
	began := false
	run := L.NewFunction(func(L *lua.LState) int {
		began = true
		L.Push(fn)
		L.Push(arg)
		for _, v := range more {
			L.Push(v)
		}
		L.Call(1+len(more), 0)
		return 0
	})
	err, _ := c.m.rt.Await(L, func(done func(any)) func() {
		_, err := c.m.rt.Start(luastd.TaskSpec{Name: name, Fn: run, Ended: func(o luastd.Outcome) bool {
			if !began && unused != nil {
				unused()
			}
			done(nil)
			return false
		}})
		if err != nil {
			if unused != nil {
				unused()
			}
			done(err)
		}
		return nil
	}).(error)
	switch {
	case errors.Is(err, luastd.ErrReplaced):
		return false
	case err != nil && unused == nil:
		c.m.rt.Log(slog.LevelWarn, fmt.Sprintf("%s was not called: %s", name, err))
	case err != nil:
		c.m.sleep(L, 10*time.Millisecond)
	}
	return true
}

// sleep makes the task wait for d.
func (m *module) sleep(L *lua.LState, d time.Duration) {
	m.rt.Rest(L, func(done func(any)) func() {
		timer := m.rt.AfterFunc(d, func() { done(nil) })
		return func() { timer.Stop() }
	})
}
