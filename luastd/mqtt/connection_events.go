package mqtt

import (
	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/safetext"
	"moonlark/luastd"
	"moonlark/luastd/mqttclient"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// The events of the connection, "connect" and "disconnect", and what waits for them.

// A waiter stands for one wait.
type waiter struct{ _ byte }

// noteEvent is the function Event of the user. It may be called by any goroutine.
func (c *client) noteEvent(e mqttclient.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = e
	c.count++
	c.wakeAll()
}

// wakeAll ends the waits for an event. The caller holds c.mu.
func (c *client) wakeAll() {
	for _, wake := range c.waiting {
		wake()
	}
	clear(c.waiting)
}

// onEvent makes wake be called at the next event, or at once if there were more than seen events.
// stop ends that.
func (c *client) onEvent(seen int, wake func()) (stop func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.count > seen {
		wake()
		return func() {}
	}
	w := new(waiter)
	c.waiting[w] = wake
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.waiting, w)
	}
}

// events returns the last event, and how many there were.
func (c *client) events() (last mqttclient.Event, count int, closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last, c.count, c.closed
}

// waitConnected is the Lua method client:wait.
func (m *module) waitConnected(L *lua.LState) int {
	luastd.CheckLoaded(L, m.rt, "client:wait")
	c := checkClient(L)
	timeout := m.rt.WaitLimit(value.OptTimeout(L, 2, c.s.options.Timeout, maxTimeout))
	var f *sockets.Failure
	var seen int
	connected := m.wait(L, c.s.fake != nil, timeout, func() bool {
		var last mqttclient.Event
		last, seen, _ = c.events()
		f = c.status()
		return f != nil || last.Connected
	}, func(wake func()) func() { return c.onEvent(seen, wake) })
	switch {
	case f != nil:
		return f.Push(L)
	case connected:
		L.Push(lua.LTrue)
		return 1
	}
	if _, failure := c.session.State(); failure != nil {
		return failure.Push(L)
	}
	return value.PushFailure(L, "timeout", "no connection to %s in %s", c.s.at(), sockets.Seconds(timeout))
}

// A handler is a function for the events of a client.
type handler struct {
	event string
	fn    *lua.LFunction
	seen  int // how many events have been handled
}

// on is the Lua method client:on.
func (m *module) on(L *lua.LState) int {
	c := checkClient(L)
	h := &handler{event: value.CheckChoice(L, 2, "connect", "disconnect"), fn: L.CheckFunction(3)}
	if len(c.handlers[h.event]) >= 16 {
		L.RaiseError("client:on: there are 16 functions for this event already")
	}
	last, count, _ := c.events()
	if h.event == "connect" && last.Connected {
		h.seen = count - 1 // for the connection that there is
	} else {
		h.seen = count
	}
	c.handlers[h.event] = append(c.handlers[h.event], h)
	m.spawn(L, "client:on", func(L *lua.LState) int {
		c.handle(L, h)
		return 0
	})
	return 0
}

// handle calls the function of h for the events of the connection. If there are more events than
// the function can handle, it gets only the last one.
func (c *client) handle(L *lua.LState, h *handler) {
	for {
		var event mqttclient.Event
		var closed bool
		c.m.wait(L, c.s.fake != nil, -1, func() bool {
			var count int
			if event, count, closed = c.events(); count > h.seen || closed {
				h.seen = count
				return true
			}
			return false
		}, func(wake func()) func() { return c.onEvent(h.seen, wake) })
		if closed {
			return
		}
		if event.Connected == (h.event == "connect") {
			c.call(L, "mqtt: "+h.event, h.fn, eventTable(L, event), nil)
		}
	}
}

func eventTable(L *lua.LState, e mqttclient.Event) *lua.LTable {
	t := L.CreateTable(0, 2)
	if e.Connected {
		t.RawSetString("version", lua.LNumber(e.Version))
		t.RawSetString("resumed", lua.LBool(e.Resumed))
	} else if e.Failure != nil {
		t.RawSetString("reason", lua.LString(safetext.Line(e.Failure.Error())))
		t.RawSetString("code", lua.LString(e.Failure.Code))
	}
	return t
}
