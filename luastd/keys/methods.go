package keys

import (
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// deviceMetatable returns the metatable of devices.
func (m *module) deviceMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable(L, "keys device", map[string]lua.LGFunction{
		"on": m.setOn, "on_code": m.setOnCode, "wait": m.wait, "close": closeDevice,
	}, func(c *consumer, name string) lua.LValue {
		d, ok := c.current()
		switch {
		case name == "connected":
			return lua.LBool(ok)
		case name == "name" && ok:
			return lua.LString(d.name)
		case name == "path" && ok:
			return lua.LString(d.path)
		}
		return lua.LNil
	})
}

// handleMetatable returns the metatable of the handles of keys.on.
func (m *module) handleMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable[*handler](L, "keys handle", map[string]lua.LGFunction{
		"close": func(L *lua.LState) int {
			value.CheckHandle[*handler](L, "a handle", "handle:close()").remove()
			L.Push(lua.LTrue)
			return 1
		},
	}, nil)
}

// current returns the open device, if there is one.
func (c *consumer) current() (d info, ok bool) {
	if c.source == nil {
		return info{}, false
	}
	c.source.mu.Lock()
	defer c.source.mu.Unlock()
	for _, d := range c.source.devices {
		return d.info, !c.closed
	}
	return info{}, false
}

// String returns the text of tostring.
func (c *consumer) String() string {
	d, ok := c.current()
	switch {
	case c.lease == nil:
		return "keys device (closed)"
	case !ok:
		return "keys device (not connected)"
	}
	return "keys device " + d.name + " (connected)"
}

// checkDevice returns argument 1, which must be a device.
func checkDevice(L *lua.LState, method string) *consumer {
	c := value.CheckHandle[*consumer](L, "a device", "device:"+method+"(...)")
	if c.lease == nil && method != "wait" {
		L.RaiseError("device:%s: the device has been closed", method)
	}
	return c
}

// setOn is the Lua method device:on.
func (m *module) setOn(L *lua.LState) int {
	c := checkDevice(L, "on")
	action, fn := value.CheckChoice(L, 2, "press", "release", "repeat", "hold"), L.CheckFunction(3)
	o := value.CheckOptions(L, 4, "key", "hold")
	key, err := parseCombination(o.String("key", "*"))
	if err != nil {
		L.ArgError(4, "key: "+err.Error())
	}
	hold := o.Timeout("hold", time.Second, time.Minute)
	if o.Get("hold") != lua.LNil && action != "hold" {
		L.ArgError(4, `hold is only for the action "hold"`)
	}
	h := c.add(L, &handler{action: action, combination: key, hold: hold, fn: fn})
	L.Push(&lua.LUserData{Value: h, Env: L.Env, Metatable: m.handles})
	return 1
}

// setOnCode is the Lua method device:on_code.
func (m *module) setOnCode(L *lua.LState) int {
	c, fn := checkDevice(L, "on_code"), L.CheckFunction(2)
	for _, h := range c.handlers {
		if h.action == "code" {
			L.RaiseError("device:on_code: the device has a function already")
		}
	}
	h := c.add(L, &handler{action: "code", fn: fn})
	L.Push(&lua.LUserData{Value: h, Env: L.Env, Metatable: m.handles})
	return 1
}

// wait is the Lua method device:wait.
func (m *module) wait(L *lua.LState) int {
	luastd.CheckLoaded(L, m.rt, "device:wait")
	c := checkDevice(L, "wait")
	key := combination{any: true}
	if !value.IsNone(L.Get(2)) {
		key = checkCombination(L, 2)
	}
	timeout := time.Duration(-1)
	if !value.IsNone(L.Get(3)) {
		timeout = value.CheckTimeout(L, 3, 0, maxTimeout)
	}
	if c.lease == nil || c.source == nil {
		return errClosed.Push(L)
	}
	timeout = c.waiter.Limit(timeout)
	h := c.add(L, &handler{action: "press", combination: key})
	defer h.remove()
	gone := false
	ok := c.waiter.Wait(L, timeout, &c.source.changed, func() bool {
		c.source.mu.Lock()
		defer c.source.mu.Unlock()
		gone = c.closed || c.replaced || c.source.stopped
		return h.got != nil || gone
	})
	switch {
	case h.got != nil:
		L.Push(h.got.table(L))
		return 1
	case gone:
		return errClosed.Push(L)
	case !ok:
		return value.PushFailure(L, "timeout", "no key has been pressed in %s", sockets.Seconds(timeout))
	}
	return 0
}

// errClosed is the failure of a wait for a device that has been closed.
var errClosed = sockets.Fail("closed", "the script has closed the device, or a new copy of the script has it")

// closeDevice is the Lua method device:close.
func closeDevice(L *lua.LState) int {
	value.CheckHandle[*consumer](L, "a device", "device:close()").close()
	L.Push(lua.LTrue)
	return 1
}

// table returns e as a Lua table.
func (e event) table(L *lua.LState) *lua.LTable {
	t := L.CreateTable(0, 5)
	t.RawSetString("key", lua.LString(keyName(e.code)))
	t.RawSetString("code", lua.LNumber(e.code))
	t.RawSetString("action", lua.LString(e.action))
	t.RawSetString("device", lua.LString(e.device))
	t.RawSetString("time", lua.LNumber(float64(e.time.UnixMicro())/1e6))
	return t
}

// String describes the handle for tostring.
func (h *handler) String() string {
	if h.removed {
		return "keys handle (closed)"
	}
	return fmt.Sprintf("keys handle (%s)", h.action)
}
