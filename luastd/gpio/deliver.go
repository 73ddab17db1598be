package gpio

import (
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/pins"
	"moonlark/luastd/value"
)

// on adds a function for changes of the input, and pushes the handler.
func (p *pin) on(L *lua.LState, c *callback) int {
	if p.closed {
		L.RaiseError("pin:%s: %s %s has been closed", c.kind, p.function, p.name)
	}
	if p.failure == nil && p.in != nil && !p.in.isWatched() {
		return pushError(L, errUnwatched)
	}
	if err := p.receiver.add(L, c); err != nil {
		L.RaiseError("pin:%s: %s", c.kind, err)
	}
	L.Push(&lua.LUserData{Value: c, Env: L.Env, Metatable: p.m.handlers})
	return 1
}

var errUnwatched = &pins.Error{Code: "unsupported", Text: "the GPIO chip does not notice changes of this line: read it from time to time"}

func (in *input) isWatched() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.watched
}

// pinOnHold is the Lua method pin:on_hold.
func pinOnHold(L *lua.LState) int {
	p := checkInput(L, onHold)
	v := float64(L.CheckNumber(2))
	if !(v > 0 && v <= maxDuration.Seconds()) {
		L.ArgError(2, fmt.Sprintf("a number of seconds up to %v expected, not %v", maxDuration.Seconds(), v))
	}
	return p.on(L, &callback{kind: onHold, hold: time.Duration(v * float64(time.Second)), fn: L.CheckFunction(3)})
}

// pinOnClick is the Lua method pin:on_click.
func pinOnClick(L *lua.LState) int {
	p := checkInput(L, onClick)
	return p.on(L, &callback{kind: onClick, clicks: int(value.CheckWhole(L, 2, 1, 10)), fn: L.CheckFunction(3)})
}

// handlerMetatable returns the metatable of what on_press and the other methods return.
func handlerMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable[*callback](L, "gpio handler", map[string]lua.LGFunction{
		"cancel": func(L *lua.LState) int {
			c := value.CheckHandle[*callback](L, "a handler", "handler:cancel()")
			c.receiver.remove(c)
			return 0
		},
	}, nil)
}

// deliver is the Lua function of the task that calls the functions of the script.
func (r *receiver) deliver(L *lua.LState) int {
	m := r.pin.m
	m.waiter.Deliver(L, r.pin.function+" "+r.pin.name, &r.changed, r.state, func() (*lua.LFunction, []lua.LValue) {
		c, e := r.nextCall()
		switch {
		case c == nil:
			return nil, nil
		case c.kind == onChange:
			return c.fn, []lua.LValue{lua.LBool(e.value), m.eventTable(L, e)}
		}
		return c.fn, []lua.LValue{m.eventTable(L, e)}
	})
	return 0
}

// state reports whether a function must be called, and whether none ever will be.
func (r *receiver) state() (ready, gone bool) {
	r.locked(func() {
		in := r.in
		if gone = r.ended || in != nil && in.stopped; gone || in == nil {
			return
		}
		for len(r.due) == 0 && len(in.queue) > 0 && len(r.functionsFor(in.queue[0])) == 0 {
			in.queue = in.queue[1:]
		}
		ready = len(r.due) > 0 || len(in.queue) > 0
	})
	return ready, gone
}

// nextCall takes the next call of a function. It returns nil if there is none.
func (r *receiver) nextCall() (c *callback, e event) {
	r.locked(func() {
		if r.ended || r.in.stopped {
			return
		}
		if len(r.due) == 0 && len(r.in.queue) > 0 {
			i := r.in.queue[0]
			r.in.queue = r.in.queue[1:]
			r.due, r.dueEvent = r.functionsFor(i), i.event
		}
		for len(r.due) > 0 && c == nil {
			if !r.due[0].cancelled {
				c, e = r.due[0], r.dueEvent
			}
			r.due = r.due[1:]
		}
	})
	return c, e
}

// functionsFor returns the functions that get an item of the queue. The caller must hold in.mu.
func (r *receiver) functionsFor(i item) (all []*callback) {
	if i.callback != nil {
		return []*callback{i.callback}
	}
	for _, c := range r.callbacks {
		if c.kind == onChange || c.kind == onPress && i.value || c.kind == onRelease && !i.value {
			all = append(all, c)
		}
	}
	return all
}

// eventTable returns an event as a Lua table.
func (m *module) eventTable(L *lua.LState, e event) *lua.LTable {
	edge := "falling"
	if e.value {
		edge = "rising"
	}
	t := L.CreateTable(0, 5)
	t.RawSetString("edge", lua.LString(edge))
	t.RawSetString("value", lua.LBool(e.value))
	t.RawSetString("time", lua.LNumber(e.time.Sub(m.started).Seconds()))
	t.RawSetString("seq", lua.LNumber(e.seq))
	t.RawSetString("lost", lua.LNumber(e.lost))
	return t
}

// edges says which changes the Lua method pin:wait waits for, by its argument.
var edges = map[string]func(event) bool{
	"rising":  func(e event) bool { return e.value },
	"press":   func(e event) bool { return e.value },
	"falling": func(e event) bool { return !e.value },
	"release": func(e event) bool { return !e.value },
	"both":    func(event) bool { return true },
}

// pinWait is the Lua method pin:wait.
func pinWait(L *lua.LState) int {
	p := checkInput(L, "wait")
	what := value.CheckChoice(L, 2, "rising", "falling", "both", "press", "release")
	timeout := p.m.rt.WaitLimit(value.OptTimeout(L, 3, 0, maxDuration))
	if failure := p.ready(L, "pin:wait"); failure != nil {
		return pushError(L, failure)
	}
	if !p.in.isWatched() {
		return pushError(L, errUnwatched)
	}
	switch result := p.await(L, edges[what], timeout).(type) {
	case event:
		L.Push(p.m.eventTable(L, result))
		return 1
	case *pins.Error:
		return pushError(L, result)
	}
	return value.PushFailure(L, "timeout", "the pin %s did not change in %v s", p.name, timeout.Seconds())
}

// await waits for a change. It returns an event, a *pins.Error, or nil when timeout has passed; 0 means
// no timeout.
func (p *pin) await(L *lua.LState, wants func(event) bool, timeout time.Duration) (result any) {
	if timeout <= 0 {
		timeout = -1 // no limit
	}
	w := &waiter{wants: wants}
	p.in.wait(w)
	defer p.in.forget(w) // also when the task has been killed
	p.m.waiter.Wait(L, timeout, &w.ended, func() bool {
		p.in.mu.Lock()
		defer p.in.mu.Unlock()
		result = w.result
		return result != nil
	})
	return result
}

// wait adds a waiter.
func (in *input) wait(w *waiter) {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case in.stopped:
		w.end(errClosed)
		return
	case in.failure != nil:
		w.end(in.failure)
		return
	}
	in.waiters[w] = struct{}{}
}

// end ends the wait. The caller holds in.mu.
func (w *waiter) end(result any) {
	w.result = result
	w.ended.Send()
}

// forget removes a waiter.
func (in *input) forget(w *waiter) {
	in.mu.Lock()
	defer in.mu.Unlock()
	delete(in.waiters, w)
}
