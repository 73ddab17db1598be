// Package calendar is the Lua module "calendar", for calendars in the format iCalendar (.ics).
//
//	calendar.parse(ics [, options])    -> a list of events, sorted by time; or nil, reason, code
//	calendar.build(events [, options]) -> the text of a calendar
//
// Events that repeat are expanded. A calendar has at most 4 MiB. An event is expanded to at most
// 10,000 times, and parse returns at most 10,000 events.
package calendar

import (
	"context"
	_ "embed"
	"errors"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "calendar".
var Module = luastd.Module{Name: "calendar", Open: open, Doc: doc, Manual: manual}

const (
	maxFile      = 4 << 20 // bytes
	maxEvents    = 10000   // of a result
	defaultLimit = 1000
	defaultDays  = 30

	// parseTimeout is how long parse may take.
	parseTimeout = 5 * time.Second
)

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	t := L.CreateTable(0, 2)
	value.SetFunctions(L, t, map[string]lua.LGFunction{
		"parse": func(L *lua.LState) int { return parse(L, rt) },
		"build": func(L *lua.LState) int { return build(L, rt) },
	})
	return t
}

// parse is the Lua function calendar.parse.
func parse(L *lua.LState, rt luastd.Runtime) int {
	text := L.CheckString(1)
	o := value.CheckOptions(L, 2, "from", "to", "zone", "limit")
	q := query{zone: zoneOption(L, rt, o), limit: o.Int("limit", defaultLimit, 1, maxEvents)}
	q.from = timeOption(o, "from", rt.Now())
	q.to = timeOption(o, "to", q.from.AddDate(0, 0, defaultDays))
	if q.to.Before(q.from) {
		L.ArgError(2, "to must not be before from")
	}
	if len(text) > maxFile {
		return value.PushFailure(L, "too_large", "the calendar has %d bytes; the maximum is %d", len(text), maxFile)
	}
	type result struct {
		events []occurrence
		err    error
	}
	r := rt.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithTimeout(context.Background(), parseTimeout)
		go func() {
			defer cancel()
			events, err := q.run(ctx, text)
			done(result{events, err})
		}()
		return cancel
	}).(result)
	switch {
	case errors.Is(r.err, errTooLarge):
		return value.PushFailure(L, "too_large", "%s", r.err)
	case r.err != nil:
		return value.PushFailure(L, "invalid", "%s", r.err)
	}
	list := L.CreateTable(len(r.events), 0)
	list.Metatable = value.ArrayMetatable(L)
	progress := luastd.NewProgress(rt, L)
	for _, e := range r.events {
		list.Append(e.table(L))
		progress.Add(1 << 10)
	}
	L.Push(list)
	return 1
}

// zoneOption returns the time zone of the option zone, or the zone of the machine.
func zoneOption(L *lua.LState, rt luastd.Clock, o value.Options) *time.Location {
	name := o.String("zone", "")
	if name == "" {
		return rt.Zone()
	}
	zone, ok := rt.NamedZone(name)
	if !ok {
		L.ArgError(2, "there is no time zone "+value.Quote(name))
	}
	return zone
}

// The first and the last time that an option can have: the years 1900 and 2200.
const minTime, maxTime = -2208988800, 7258118400

// timeOption returns the time of an option, in seconds since 1970.
func timeOption(o value.Options, name string, fallback time.Time) time.Time {
	if o.Get(name) == lua.LNil {
		return fallback
	}
	return time.UnixMicro(int64(o.Number(name, 0, minTime, maxTime) * 1e6))
}

// table returns the Lua table of an event.
func (e occurrence) table(L *lua.LState) *lua.LTable {
	t := L.CreateTable(0, 12)
	text := func(name, s string) {
		if s != "" {
			t.RawSetString(name, lua.LString(s))
		}
	}
	text("uid", e.uid)
	t.RawSetString("title", lua.LString(e.title))
	text("location", e.location)
	text("description", e.description)
	text("url", e.url)
	t.RawSetString("status", lua.LString(e.status))
	t.RawSetString("start", lua.LNumber(e.begin.Unix()))
	t.RawSetString("finish", lua.LNumber(e.end.Unix()))
	t.RawSetString("all_day", lua.LBool(e.start.isDate))
	t.RawSetString("recurring", lua.LBool(e.recurring()))
	if e.incomplete {
		t.RawSetString("incomplete", lua.LTrue)
	}
	return t
}
