package serial

import (
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

// portMetatable returns the metatable of ports.
func (m *module) portMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable(L, "serial port", map[string]lua.LGFunction{
		"write": m.write, "read_line": m.readLine, "read": m.read, "lines": m.lines, "request": m.request,
		"on_line": m.setOnLine, "on": m.setOn, "discard": m.discard, "send_break": m.sendBreak, "close": m.close,
		"dtr": m.setLine("dtr", wire.SetDTR), "rts": m.setLine("rts", wire.SetRTS),
	}, func(h *handle, name string) lua.LValue {
		switch name {
		case "connected":
			return lua.LBool(h.connected())
		case "path":
			return h.path()
		case "dropped":
			return h.dropped()
		}
		return lua.LNil
	})
}

// path returns the path of the device that was opened last, or nil if there was none.
func (h *handle) path() lua.LValue {
	if h.port == nil {
		return lua.LNil
	}
	h.port.mu.Lock()
	defer h.port.mu.Unlock()
	if h.port.path == "" {
		return lua.LNil
	}
	return lua.LString(h.port.path)
}

// dropped returns how many received bytes were dropped.
func (h *handle) dropped() lua.LValue {
	if h.port == nil {
		return lua.LNumber(0)
	}
	h.port.mu.Lock()
	defer h.port.mu.Unlock()
	return lua.LNumber(h.port.received.dropped)
}

// checkPort returns argument 1, which must be a port.
func checkPort(L *lua.LState, method string) *handle {
	return value.CheckHandle[*handle](L, "a port", "port:"+method+"()")
}

// checkUsable returns argument 1, which must be a port. It raises an error while the script loads.
func (m *module) checkUsable(L *lua.LState, method string) *handle {
	h := checkPort(L, method)
	luastd.CheckLoaded(L, m.rt, "port:"+method)
	if h.port == nil {
		L.RaiseError("port:%s: the script is being closed", method)
	}
	return h
}

// checkOpen returns argument 1, which must be a port that the script has not closed.
func checkOpen(L *lua.LState, method string) *handle {
	h := checkPort(L, method)
	if h.lease == nil {
		L.RaiseError("port:%s: the port has been closed", method)
	}
	return h
}

// close is the Lua method port:close.
func (m *module) close(L *lua.LState) int {
	checkPort(L, "close").close()
	L.Push(lua.LTrue)
	return 1
}

// setOnLine is the Lua method port:on_line.
func (m *module) setOnLine(L *lua.LState) int {
	h := checkOpen(L, "on_line")
	h.onLine = L.CheckFunction(2)
	h.startDelivery(L)
	return 0
}

// setOn is the Lua method port:on.
func (m *module) setOn(L *lua.LState) int {
	h, event, fn := checkOpen(L, "on"), value.CheckChoice(L, 2, "connect", "disconnect"), L.CheckFunction(3)
	if h.onEvent == nil {
		h.onEvent = make(map[string]*lua.LFunction)
	}
	h.onEvent[event] = fn
	h.startDelivery(L)
	return 0
}

// startDelivery starts the task that calls the functions of the script, unless it runs already.
func (h *handle) startDelivery(L *lua.LState) {
	if h.delivering {
		if h.port != nil {
			h.port.changed.Send()
		}
		return
	}
	if _, err := h.m.rt.Start(luastd.TaskSpec{Name: "serial " + h.settings.device, Fn: L.NewFunction(h.deliver)}); err != nil {
		L.RaiseError("serial: %s", err)
	}
	h.delivering = true
}

// deliver is the Lua function of the task that calls the functions of the script, one after the
// other.
func (h *handle) deliver(L *lua.LState) int {
	if h.port == nil {
		return 0 // the script is being closed
	}
	h.waiter.Deliver(L, "serial "+h.settings.device, &h.port.changed, h.deliveryState, h.nextCall)
	return 0
}

// deliveryState reports whether a function of the script must be called, and whether none ever will
// be.
func (h *handle) deliveryState() (ready, gone bool) {
	p := h.port
	p.mu.Lock()
	defer p.mu.Unlock()
	if h.ending() != nil {
		return false, true
	}
	hasLine := h.onLine != nil && (p.received.find(h.settings.ending) >= 0 || len(p.received.bytes) > maxLine)
	hasEvent := slices.ContainsFunc(p.events, func(event string) bool { return h.onEvent[event] != nil })
	lostForEver := p.wire == nil && p.failure != nil && !h.settings.reconnect
	return hasLine || hasEvent, lostForEver && !hasLine && !hasEvent
}

// nextCall takes a line or an event, and returns the function of the script for it.
func (h *handle) nextCall() (*lua.LFunction, []lua.LValue) {
	p := h.port
	p.mu.Lock()
	defer p.mu.Unlock()
	if h.ending() != nil {
		return nil, nil
	}
	for h.onLine != nil {
		line, result := p.received.takeLine(h.settings.ending)
		if result == oneLine {
			return h.onLine, []lua.LValue{lua.LString(line)}
		}
		if result == noLine {
			break
		}
		h.m.rt.CountDropped("serial", "lines that are too long", 1)
	}
	for len(p.events) > 0 {
		event := p.events[0]
		p.events = p.events[1:]
		if fn := h.onEvent[event]; fn != nil {
			return fn, nil
		}
	}
	return nil, nil
}
