package fs

import (
	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/files"
)

// deliver is the task of a watch. It runs the Lua function of the watch for each event, one after
// the other, each as a task of its own, so that an error or a kill ends only one of them. When
// deliver ends, the watch ends.
func (w *watch) deliver(L *lua.LState) int {
	defer w.end()
	if w.pending {
		if _, err := w.m.run(L, "watch", files.Timeout, w.start); err != nil {
			w.warn("the watch has ended: %s", files.Explain(w.path, err))
			return 0
		}
	}
	warned := ""
	for {
		e, problem, dropped, ok := w.next(L)
		if !ok {
			return 0
		}
		if problem != "" && problem != warned {
			warned = problem
			w.warn("%s", problem)
		}
		if dropped > 0 {
			w.m.rt.CountDropped("fs", "events of watches", dropped)
		}
		if e.path != "" {
			w.call(L, e)
		}
	}
}

// next waits for the next event. The event is empty if there is only a problem to report. ok is
// false when the watch has been stopped.
func (w *watch) next(L *lua.LState) (e event, problem string, dropped int, ok bool) {
	for {
		w.mu.Lock()
		problem, dropped = w.problem, w.dropped
		w.problem, w.dropped = "", 0
		if len(w.events) > 0 {
			e, w.events = w.events[0], w.events[1:]
		}
		w.mu.Unlock()
		if e.path != "" || problem != "" {
			return e, problem, dropped, true
		}
		if w.wait(L) == nil {
			return event{}, "", 0, false
		}
	}
}

// wait waits until there is an event or a problem. It returns nil when the watch has been stopped.
func (w *watch) wait(L *lua.LState) any {
	return w.m.rt.Await(L, func(done func(any)) func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		select {
		case <-w.closing:
			done(nil)
			return nil
		default:
		}
		if len(w.events) > 0 || w.problem != "" {
			done(event{})
			return nil
		}
		w.waiting = done
		return nil
	})
}

// call runs the Lua function of the watch as a task and waits until it has ended.
func (w *watch) call(L *lua.LState, e event) {
	t := L.CreateTable(0, 2)
	t.RawSetString("path", lua.LString(e.path))
	t.RawSetString("event", lua.LString(e.kind))
	w.m.rt.Await(L, func(done func(any)) func() {
		_, err := w.m.rt.Start(luastd.TaskSpec{Name: "fs.watch", Fn: w.fn, Args: []lua.LValue{t}, Ended: func(luastd.Outcome) bool {
			done(nil)
			return false
		}})
		if err != nil {
			w.warn("the event %s of %s was dropped: %s", e.kind, e.path, err)
			done(nil)
		}
		return nil
	})
}
