// Package timers has the global Lua functions that wait and start functions.
//
//	sleep(seconds)      waits; other tasks of the script run meanwhile
//	spawn(fn, ...)      runs fn(...) as a task of its own
//	after(seconds, fn)  -> timer; runs fn() once, after that time
//	every(seconds, fn)  -> timer; runs fn() each time that time has passed; a run that would begin
//	                       while the previous run has not ended is left out
//	cron(expression, fn [, {zone, name, missed}])
//	                    -> timer; runs fn(t) at the times of a cron expression
//	cron.next(expression [, from [, zone]])
//	                    -> the first time of the expression after from; nil if there is none
//	cron.valid(expression)
//	                    -> true; or nil, reason, "invalid"
//	daily(time, fn [, {zone, days, lat, lon, name, missed}])
//	                    -> timer; runs fn(t) each day at "07:00", or at "sunrise", "sunset", "dawn" or
//	                       "dusk", possibly with an offset such as "sunset-00:30"
//	at(time, fn [, {zone, name}])
//	                    -> timer; runs fn(t) once, at a time in seconds since 1970, or a text in ISO 8601
//	debounce(seconds, fn)
//	                    -> function; fn runs that long after its last call, with the arguments of it
//	throttle(seconds, fn)
//	                    -> function; calls fn, unless its last call of fn began less than seconds ago
//	timer:cancel()      prevents further runs; a run that has begun continues
//	timer:restart()     starts the timer anew
//	timer:next()        -> the time of the next run in seconds since 1970; nil if there is none
//
// missed = "run" lets a timer of cron or daily run at the start of the script if it has missed a
// run. Timers that a script makes at its top level start when the script has been loaded and is in
// use. A script has at most 1,024 timers. An expression has at most 256 bytes.
package timers

import (
	_ "embed"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module that defines the functions that wait and start functions.
var Module = luastd.Module{
	Name:    "timers",
	Globals: []string{"after", "at", "cron", "daily", "debounce", "every", "sleep", "spawn", "throttle"},
	Open:    open,
	Doc:     doc,
	Manual:  manual,
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{Runtime: rt, handle: newHandleMetatable(L)}
	module := L.CreateTable(0, 9)
	value.SetFunctions(L, module, map[string]lua.LGFunction{
		"after":    m.after,
		"at":       m.at,
		"daily":    m.daily,
		"debounce": m.debounce,
		"every":    m.every,
		"sleep":    m.sleep,
		"spawn":    m.spawn,
		"throttle": m.throttle,
	})
	module.RawSetString("cron", m.newCron(L))
	return module
}

type module struct {
	luastd.Runtime
	handle *lua.LTable // the metatable of timers
	last   *lastRuns   // nil until a timer needs it
}

func (m *module) after(L *lua.LState) int {
	delay, fn := value.CheckSeconds(L, 1, 0), L.CheckFunction(2)
	timer, err := m.After(delay, false, luastd.Run{Name: "after", Fn: fn})
	return m.pushHandle(L, timer, err, "after "+seconds(delay))
}

func (m *module) every(L *lua.LState) int {
	delay, fn := value.CheckSeconds(L, 1, time.Millisecond), L.CheckFunction(2)
	timer, err := m.After(delay, true, luastd.Run{Name: "every", Fn: fn})
	return m.pushHandle(L, timer, err, "every "+seconds(delay))
}

func seconds(d time.Duration) string { return lua.LNumber(d.Seconds()).String() + " s" }

func (m *module) sleep(L *lua.LState) int {
	delay := value.CheckSeconds(L, 1, 0)
	m.Rest(L, func(done func(any)) func() {
		t := m.AfterFunc(delay, func() { done(nil) })
		return func() { t.Stop() }
	})
	return 0
}

func (m *module) spawn(L *lua.LState) int {
	fn := L.CheckFunction(1)
	value.Raise(L, m.Spawn(fn, arguments(L, 2)))
	return 0
}

// arguments returns the arguments of the running function, from argument number first on.
func arguments(L *lua.LState, first int) []lua.LValue {
	args := make([]lua.LValue, 0, max(L.GetTop()-first+1, 0))
	for i := first; i <= L.GetTop(); i++ {
		args = append(args, L.Get(i))
	}
	return args
}
