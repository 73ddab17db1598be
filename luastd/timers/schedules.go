package timers

import (
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/cron"
	"moonlark/luastd/datetext"
	"moonlark/luastd/value"
)

// newCron returns the table cron, which can be called.
func (m *module) newCron(L *lua.LState) *lua.LTable {
	table := L.CreateTable(0, 2)
	value.SetFunctions(L, table, map[string]lua.LGFunction{"next": m.cronNext, "valid": cronValid})
	metatable := L.CreateTable(0, 2)
	metatable.RawSetString("__call", L.NewFunction(func(L *lua.LState) int {
		L.Remove(1) // the table
		return m.cron(L)
	}))
	metatable.RawSetString("__metatable", lua.LString("cron"))
	table.Metatable = metatable
	return table
}

func (m *module) cron(L *lua.LState) int {
	expression, fn := L.CheckString(1), L.CheckFunction(2)
	schedule := checkExpression(L, 1)
	options := value.CheckOptions(L, 3, "zone", "name", "missed")
	zone := m.zoneOption(options)
	if schedule.Never() {
		L.ArgError(1, never)
	}
	s, r := luastd.Schedule{
		Next:     func(t time.Time) time.Time { return schedule.Next(t.In(zone())) },
		Interval: schedule.Interval(),
	}, run("cron", fn, options)
	m.makeUp(L, "cron", options, &s, &r)
	timer, err := m.Schedule(s, r)
	return m.pushHandle(L, timer, err, "cron "+value.Quote(expression))
}

// never is the error for an expression without times.
const never = "there is no such day in any year"

func (m *module) cronNext(L *lua.LState) int {
	schedule := checkExpression(L, 1)
	from := value.OptTime(L, 2, m.Now())
	L.Push(lua.LNil)
	if next := schedule.Next(from.In(value.CheckZone(L, 3, m))); !next.IsZero() {
		L.Push(value.TimeNumber(next))
	}
	return 1
}

func cronValid(L *lua.LState) int {
	schedule, err := cron.Parse(L.CheckString(1))
	switch {
	case err != nil:
		return value.PushFailure(L, "invalid", "%v", err)
	case schedule.Never():
		return value.PushFailure(L, "invalid", never)
	}
	L.Push(lua.LTrue)
	return 1
}

// checkExpression returns the schedule of argument n, which must be a cron expression.
func checkExpression(L *lua.LState, n int) *cron.Schedule {
	schedule, err := cron.Parse(L.CheckString(n))
	if err != nil {
		L.ArgError(n, err.Error())
	}
	return schedule
}

func (m *module) at(L *lua.LState) int {
	fn := L.CheckFunction(2)
	options := value.CheckOptions(L, 3, "zone", "name")
	zone := m.zoneOption(options)
	var moment func() time.Time
	what := L.Get(1).String()
	switch v := L.Get(1).(type) {
	case lua.LNumber:
		t := value.CheckTime(L, 1)
		moment = func() time.Time { return t }
		what = datetext.FormatISO(t.UTC())
	case lua.LString:
		if _, err := datetext.ParseISO(string(v), zone()); err != nil {
			L.ArgError(1, value.Quote(string(v))+" is not a date and time such as 2026-12-24 18:00: "+err.Error())
		}
		moment = func() time.Time { // the zone of the machine may have been changed
			t, _ := datetext.ParseISO(string(v), zone())
			return t
		}
	default:
		L.ArgError(1, "a time in seconds since 1970, or a text such as 2026-12-24 18:00 expected, got "+v.Type().String())
	}
	timer, err := m.Schedule(luastd.Schedule{Once: true, Next: func(t time.Time) time.Time {
		if at := moment(); at.After(t) {
			return at
		}
		return time.Time{}
	}}, run("at", fn, options))
	return m.pushHandle(L, timer, err, "at "+what)
}

// run returns the luastd.Run of a timer that the Lua function makes. The option name is for the
// log. fn gets the time at which the run is due.
func run(function string, fn *lua.LFunction, options value.Options) luastd.Run {
	if name := options.String("name", ""); name != "" {
		function += " " + value.Quote(name)
	}
	return luastd.Run{Name: function, Fn: fn, Args: func(due time.Time) []lua.LValue {
		return []lua.LValue{value.TimeNumber(due)}
	}}
}

// zoneOption returns a function that returns the zone of the option zone. Without the option, that
// is the zone of the machine, which may be changed.
func (m *module) zoneOption(options value.Options) func() *time.Location {
	name := options.String("zone", "")
	if name == "" {
		return m.Zone
	}
	zone, ok := m.NamedZone(name)
	if !ok {
		options.L.ArgError(3, "zone is "+value.Quote(name)+", which is not a time zone")
	}
	return func() *time.Location { return zone }
}
