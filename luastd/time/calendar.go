package time

import (
	"math"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
	"moonlark/luastd/zone"
)

// maxField is the maximal absolute value of a field of a date.
const maxField = math.MaxInt32

func (m module) date(L *lua.LState) int {
	t := value.OptTime(L, 1, m.Now()).In(value.CheckZone(L, 2, m))
	_, offset := t.Zone()
	date := L.CreateTable(0, 11)
	for name, n := range map[string]int{
		"year": t.Year(), "month": int(t.Month()), "day": t.Day(),
		"hour": t.Hour(), "min": t.Minute(), "sec": t.Second(),
		"wday": int(t.Weekday()) + 1, "yday": t.YearDay(), "offset": offset,
	} {
		date.RawSetString(name, lua.LNumber(n))
	}
	date.RawSetString("isdst", lua.LBool(t.IsDST()))
	date.RawSetString("zone", lua.LString(t.Location().String()))
	L.Push(date)
	return 1
}

// of is the Lua function time.of. A field may be outside of its usual range: the 32nd of January is
// the 1st of February.
func (m module) of(L *lua.LState) int {
	L.CheckTable(1)
	date := value.CheckOptions(L, 1, "year", "month", "day", "hour", "min", "sec", "wday", "yday", "isdst", "zone", "offset")
	if date.Get("year") == lua.LNil {
		L.ArgError(1, "the field 'year' is missing")
	}
	field := func(name string, fallback int) int { return date.Int(name, fallback, -maxField, maxField) }
	sec, fraction := math.Modf(date.Number("sec", 0, -maxField, maxField))
	wall := time.Date(field("year", 0), time.Month(field("month", 1)), field("day", 1),
		field("hour", 0), field("min", 0), int(sec), int(fraction*1e9), time.UTC)
	local := value.CheckZone(L, 2, m)
	if name := date.String("zone", ""); name != "" && value.IsNone(L.Get(2)) {
		var ok bool
		if local, ok = m.NamedZone(name); !ok {
			L.ArgError(1, "zone is "+value.Quote(name)+", which is not a time zone")
		}
	}
	t := zone.InZone(wall, local)
	// The field offset says which time is meant if the clocks show the date twice.
	if offset := field("offset", math.MaxInt32); offset != math.MaxInt32 {
		at := wall.Add(-time.Duration(offset) * time.Second).In(local)
		if _, actual := at.Zone(); actual == offset {
			t = at
		}
	}
	return pushTime(L, t)
}

// pushTime pushes t. It raises an error if t is not a time that scripts can use.
func pushTime(L *lua.LState, t time.Time) int {
	seconds := value.TimeNumber(t)
	if _, ok := value.Time(float64(seconds)); !ok {
		L.RaiseError("the result is not from the year 1 to the year 9999")
	}
	L.Push(seconds)
	return 1
}

func (m module) add(L *lua.LState) int {
	t := value.OptTime(L, 1, m.Now())
	L.CheckTable(2)
	by := value.CheckOptions(L, 2, "years", "months", "weeks", "days", "hours", "minutes", "seconds")
	local := value.CheckZone(L, 3, m)
	whole := func(name string) int64 { return int64(by.Int(name, 0, -maxField, maxField)) } // int may have 32 bits
	elapsed := func(name string) float64 { return by.Number(name, 0, -maxField, maxField) }

	if months, days := whole("years")*12+whole("months"), whole("weeks")*7+whole("days"); months != 0 || days != 0 {
		if !inRange(months, days) {
			L.RaiseError("the result is not from the year 1 to the year 9999")
		}
		t = zone.InZone(addMonths(zone.Wall(t.In(local)), int(months)).AddDate(0, 0, int(days)), local)
	}
	seconds := elapsed("hours")*3600 + elapsed("minutes")*60 + elapsed("seconds")
	whole64, fraction := math.Modf(seconds)
	return pushTime(L, time.Unix(t.Unix()+int64(whole64), int64(t.Nanosecond())+int64(fraction*1e9)))
}

// inRange reports whether package time can add that many months and days to a time of a script.
func inRange(months, days int64) bool {
	const years = 20_000
	return max(months, -months) <= years*12 && max(days, -days) <= years*366
}

// addMonths returns wall, moved by that many months. If the month does not have that day, it
// returns the last day of the month.
func addMonths(wall time.Time, months int) time.Time {
	moved := wall.AddDate(0, months, 0)
	if moved.Day() != wall.Day() {
		return moved.AddDate(0, 0, -moved.Day())
	}
	return moved
}
