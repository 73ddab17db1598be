package luastd

import (
	"math"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// longest is the longest time a script may name: a year.
const longest = 366 * 24 * time.Hour

// openTimers opens the functions that deal in time.
//
//	sleep(seconds)      waits; other tasks of the script run meanwhile
//	spawn(fn, ...)      runs fn(...) as a task of its own, soon
//	after(seconds, fn)  -> handle; runs fn() once, that much later
//	every(seconds, fn)  -> handle; runs fn() again and again; a turn that comes
//	                       while the last one still runs is left out
//	handle:cancel()     no more runs; one that has begun goes on
//
// Timers asked for while a script loads start once it has loaded.
func openTimers(L *lua.LState, host interface {
	Waiter
	Starter
}) {
	handle := L.NewTypeMetatable("timer")
	methods := L.NewTable()
	set(L, methods, map[string]lua.LGFunction{"cancel": func(L *lua.LState) int {
		if cancel, ok := L.CheckUserData(1).Value.(func()); ok {
			cancel()
			return 0
		}
		L.ArgError(1, "a timer expected")
		return 0
	}})
	handle.RawSetString("__index", methods)
	handle.RawSetString("__metatable", lua.LString("timer"))

	timer := func(repeat bool, least time.Duration) lua.LGFunction {
		return func(L *lua.LState) int {
			delay, fn := seconds(L, 1, least), L.CheckFunction(2)
			cancel, err := host.After(delay, repeat, fn)
			if err != nil {
				L.RaiseError("%s", err.Error())
			}
			L.Push(&lua.LUserData{Value: cancel, Env: L.Env, Metatable: handle})
			return 1
		}
	}
	set(L, L.G.Global, map[string]lua.LGFunction{
		"after": timer(false, 0),
		"every": timer(true, time.Millisecond),
		"sleep": func(L *lua.LState) int {
			delay := seconds(L, 1, 0)
			host.Await(L, func(done func(any)) func() {
				t := time.AfterFunc(delay, func() { done(nil) })
				return func() { t.Stop() }
			})
			return 0
		},
		"spawn": func(L *lua.LState) int {
			fn := L.CheckFunction(1)
			args := make([]lua.LValue, 0, L.GetTop()-1)
			for i := 2; i <= L.GetTop(); i++ {
				args = append(args, L.Get(i))
			}
			if err := host.Spawn(fn, args); err != nil {
				L.RaiseError("%s", err.Error())
			}
			return 0
		},
	})
}

// seconds is argument n as a time: a number of seconds, least at the least.
func seconds(L *lua.LState, n int, least time.Duration) time.Duration {
	s := float64(L.CheckNumber(n))
	if math.IsNaN(s) || s < least.Seconds() || s > longest.Seconds() {
		L.ArgError(n, "seconds must be from "+time.Duration(least).String()+" to a year")
	}
	return time.Duration(s * float64(time.Second))
}
