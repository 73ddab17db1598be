package task

import (
	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// An event lets tasks wait until another task sets it.
type event struct {
	value lua.LValue // nil (the Go value) while the event is not set
	waiters
}

func (e *event) String() string {
	if e.value == nil {
		return "event (not set)"
	}
	return "event (set)"
}

// newEvent is the Lua function event().
func (m *module) newEvent(L *lua.LState) int {
	L.Push(m.newHandle(&event{}, m.eventType))
	return 1
}

// eventSet is the method e:set([v]).
func (m *module) eventSet(L *lua.LState) int {
	e := value.CheckHandle[*event](L, "an event", "e:set(v)")
	if e.value = L.Get(2); e.value == lua.LNil {
		e.value = lua.LTrue
	}
	e.giveAll(e.value)
	return 0
}

// eventClear is the method e:clear().
func (m *module) eventClear(L *lua.LState) int {
	value.CheckHandle[*event](L, "an event", "e:clear()").value = nil
	return 0
}

// eventWait is the method e:wait([timeout]).
func (m *module) eventWait(L *lua.LState) int {
	e, timeout := value.CheckHandle[*event](L, "an event", "e:wait()"), m.optTimeout(L, 2)
	v := e.value
	if v == nil {
		w := &waiter{}
		if !e.wait(m, L, timeout, w, func() {}) {
			return pushTimeout(L, timeout, "the event is still not set")
		}
		v = w.value
	}
	L.Push(v)
	return 1
}
