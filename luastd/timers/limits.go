package timers

import (
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

// debounce is the Lua function debounce. The function that it returns makes a timer when it is
// called first, and restarts the timer at each call.
func (m *module) debounce(L *lua.LState) int {
	delay, fn := value.CheckSeconds(L, 1, 0), L.CheckFunction(2)
	var timer luastd.Timer
	var args []lua.LValue // of the last call
	run := luastd.Run{Name: "debounce", Fn: fn, Args: func(time.Time) []lua.LValue {
		defer func() { args = nil }()
		return args
	}}
	L.Push(L.NewFunction(func(L *lua.LState) int {
		var err error
		if timer == nil {
			timer, err = m.After(delay, false, run)
		} else {
			err = timer.Restart()
		}
		value.Raise(L, err)
		args = arguments(L, 1)
		return 0
	}))
	return 1
}

// throttle is the Lua function throttle.
func (m *module) throttle(L *lua.LState) int {
	interval, fn := value.CheckSeconds(L, 1, 0), L.CheckFunction(2)
	var last time.Time // when the last call of fn began
	L.Push(L.NewFunction(func(L *lua.LState) int {
		now := m.Elapsed()
		if !last.IsZero() && now.Sub(last) < interval {
			return 0
		}
		last = now
		count := L.GetTop()
		L.Insert(fn, 1)
		L.Call(count, lua.MultRet)
		return L.GetTop()
	}))
	return 1
}
