// Package time is the Lua module "time": the time of day, time zones, calendars, and the sun.
//
//	time.now()                        -> seconds since 1970, with fractions
//	time.monotonic()                  -> seconds of a clock that is never set, with fractions
//	time.format(t, format [, zone])   -> t as text; format is as for os.date, or "iso" or "http"
//	time.parse(text [, format [, zone]])
//	                                  -> the time; or nil, reason, "invalid". Without a format: ISO 8601
//	time.iso([t])                     -> t as text in ISO 8601
//	time.date([t [, zone]])           -> {year, month, day, hour, min, sec, wday, yday, isdst, zone, offset}
//	time.of(date [, zone])            -> the time of {year, month, day, hour, min, sec}
//	time.add(t, {years, months, weeks, days, hours, minutes, seconds} [, zone])
//	                                  -> t, moved by that much
//	time.zone()                       -> the name of the time zone of the machine
//	time.sun(lat, lon [, t])          -> {rise, set, noon, dawn, dusk, up}
//	time.human(seconds)               -> a duration for people, such as "2 h 5 min"
//	time.synced()                     -> whether the clock of the machine has been set
//
// A time t is in seconds since the start of 1970 in UTC, from the year 1 to the year 9999. It is
// now if it is nil. A zone is a name such as "Europe/Berlin" or "UTC". Without a zone, the zone of
// the machine is meant, also after it has been changed.
//
// If the clocks are put forward past a date and time, time.of and time.parse return the time that
// the clocks would show then if they had not been put forward. If a date and time comes twice, they
// return the first.
//
// A format has at most 1,024 bytes, and a text for time.parse at most 256.
package time

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

// Module is the Lua module "time".
var Module = luastd.Module{Name: "time", Open: open, Doc: doc, Manual: manual}

// started is when the process started. time.monotonic counts from then.
var started = time.Now()

// MonotonicStart returns the time on the clock rt.Elapsed at which time.monotonic is 0. It is called when
// a module is opened.
func MonotonicStart(rt luastd.Runtime) time.Time {
	if rt.Fakes() != nil {
		return rt.Elapsed() // the clock of the test shows another time than the machine
	}
	return started
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := module{rt, MonotonicStart(rt)}
	t := L.CreateTable(0, 12)
	value.SetFunctions(L, t, map[string]lua.LGFunction{
		"now":       m.now,
		"monotonic": m.monotonic,
		"format":    m.format,
		"parse":     m.parse,
		"iso":       m.iso,
		"date":      m.date,
		"of":        m.of,
		"add":       m.add,
		"zone":      m.zone,
		"sun":       m.sun,
		"human":     human,
		"synced":    m.synced,
	})
	return t
}

type module struct {
	luastd.Clock
	started time.Time // when time.monotonic was 0
}

func (m module) now(L *lua.LState) int {
	L.Push(value.TimeNumber(m.Now()))
	return 1
}

func (m module) monotonic(L *lua.LState) int {
	L.Push(lua.LNumber(m.Elapsed().Sub(m.started).Seconds()))
	return 1
}

func (m module) zone(L *lua.LState) int {
	L.Push(lua.LString(m.Zone().String()))
	return 1
}

func (m module) synced(L *lua.LState) int {
	L.Push(lua.LBool(m.Now().Year() >= luastd.FirstYear && synchronized()))
	return 1
}
