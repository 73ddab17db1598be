package timers

import (
	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

// A timerHandle is in the userdata that the Lua functions that make timers return.
type timerHandle struct {
	luastd.Timer
	what string // such as "every 60 s"
}

// newHandleMetatable returns the metatable of timers.
func newHandleMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable[timerHandle](L, "timer", map[string]lua.LGFunction{"cancel": cancel, "next": next, "restart": restart}, nil)
}

// String returns the text of tostring.
func (h timerHandle) String() string { return "timer (" + h.what + ")" }

// pushHandle pushes a timer. what describes it. If err is not nil, pushHandle raises err.
func (m *module) pushHandle(L *lua.LState, timer luastd.Timer, err error, what string) int {
	value.Raise(L, err)
	L.Push(&lua.LUserData{Value: timerHandle{timer, what}, Env: L.Env, Metatable: m.handle})
	return 1
}

// checkHandle returns argument 1 of a method, which must be a timer. usage is a correct call of the
// method.
func checkHandle(L *lua.LState, usage string) timerHandle {
	return value.CheckHandle[timerHandle](L, "a timer", usage)
}

func cancel(L *lua.LState) int {
	checkHandle(L, "timer:cancel()").Cancel()
	return 0
}

func restart(L *lua.LState) int {
	value.Raise(L, checkHandle(L, "timer:restart()").Restart())
	return 0
}

func next(L *lua.LState) int {
	t, ok := checkHandle(L, "timer:next()").Next()
	L.Push(lua.LNil)
	if ok {
		L.Push(value.TimeNumber(t))
	}
	return 1
}
