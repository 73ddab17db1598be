package std

import (
	"math"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/datetext"
	"moonlark/luastd/value"
)

// openOS returns a table with the functions of the os library. Those that use files are in osFiles.
//
//	os.clock()               -> seconds since the script was loaded, including the time it waited
//	os.date([format [, t]])  -> the time t, or now, as text, or as a table for "*t"; in UTC for "!..."
//	os.difftime(a [, b])     -> a - b
//	os.execute(), os.exit()     raise an error that says what to use instead
//	os.getenv(name)          -> the environment variable, or nil if it is not set or the script may not read it
//	os.time([table])         -> now, or the time in the table, in seconds since 1970
func openOS(L *lua.LState, rt luastd.Runtime) lua.LValue {
	loaded := rt.Elapsed()
	t := newTable(L, map[string]lua.LGFunction{
		"clock": func(L *lua.LState) int {
			L.Push(lua.LNumber(rt.Elapsed().Sub(loaded).Seconds()))
			return 1
		},
		"date": func(L *lua.LState) int { return osDate(L, rt) },
		"difftime": func(L *lua.LState) int {
			a, b := checkNumber(L, 1), 0.0
			if L.Get(2) != lua.LNil {
				b = checkNumber(L, 2)
			}
			L.Push(lua.LNumber(truncate(a) - truncate(b)))
			return 1
		},
		"execute": func(L *lua.LState) int {
			L.RaiseError(`os.execute: scripts have no shell: use exec.run{"ls", "-l"}, which runs a program`)
			return 0
		},
		"exit": func(L *lua.LState) int {
			L.RaiseError("os.exit: a script cannot end the program: use return, or session.stop() to end the conversation")
			return 0
		},
		"getenv": func(L *lua.LState) int {
			v, ok := rt.Permit().Getenv(checkString(L, 1))
			L.Push(lua.LNil)
			if ok {
				L.Push(lua.LString(v))
			}
			return 1
		},
		"time": func(L *lua.LState) int { return osTime(L, rt) },
	})
	value.SetFunctions(L, t, osFiles(L, rt))
	return t
}

// latestTime is the last second of the year 2^31-1, in seconds since 1970. C cannot represent later
// years.
const latestTime = 67768036191694800

func osDate(L *lua.LState, clock luastd.Clock) int {
	format, t := "%c", clock.Now()
	if L.Get(1) != lua.LNil {
		format = checkString(L, 1)
	}
	if L.Get(2) != lua.LNil {
		seconds := truncate(checkNumber(L, 2))
		if seconds > latestTime || seconds < -latestTime {
			L.Push(lua.LNil)
			return 1
		}
		t = time.Unix(seconds, 0)
	}
	if len(format) > 0 && format[0] == '!' {
		format, t = format[1:], t.UTC()
	} else {
		t = t.In(clock.Zone())
	}
	if format == "*t" {
		L.Push(calendar(L, t))
		return 1
	}
	if len(format) > datetext.MaxFormat {
		L.RaiseError("date format too long (%d bytes; the maximum is %d)", len(format), datetext.MaxFormat)
	}
	L.Push(lua.LString(datetext.Format(t, format)))
	return 1
}

// calendar returns the table that os.date("*t") returns for t.
func calendar(L *lua.LState, t time.Time) *lua.LTable {
	fields := L.CreateTable(0, 9)
	for name, value := range map[string]int{
		"year": t.Year(), "month": int(t.Month()), "day": t.Day(),
		"hour": t.Hour(), "min": t.Minute(), "sec": t.Second(),
		"wday": int(t.Weekday()) + 1, "yday": t.YearDay(),
	} {
		fields.RawSetString(name, lua.LNumber(value))
	}
	fields.RawSetString("isdst", lua.LBool(t.IsDST()))
	return fields
}

// osTime is the Lua function os.time. A field may be outside of its usual range: the 32nd of
// January is the 1st of February.
func osTime(L *lua.LState, clock luastd.Clock) int {
	if L.Get(1) == lua.LNil {
		L.Push(lua.LNumber(clock.Now().Unix()))
		return 1
	}
	fields := checkTable(L, 1)
	noon := 12
	sec, minute, hour := dateField(L, fields, "sec", new(int)), dateField(L, fields, "min", new(int)), dateField(L, fields, "hour", &noon)
	day, month, year := dateField(L, fields, "day", nil), dateField(L, fields, "month", nil), dateField(L, fields, "year", nil)
	t := time.Date(year, time.Month(month), day, hour, minute, sec, 0, clock.Zone())
	if summer := fields.RawGetString("isdst"); summer != lua.LNil {
		switch { // the field isdst says whether the time is summer time
		case lua.LVAsBool(summer) && !t.IsDST():
			t = t.Add(-time.Hour)
		case !lua.LVAsBool(summer) && t.IsDST():
			t = t.Add(time.Hour)
		}
	}
	L.Push(lua.LNumber(t.Unix()))
	return 1
}

// dateField returns the field name of a date table. The field must be a whole number in the range
// of a C int. If the field is missing, dateField returns *fallback, or raises an error if fallback
// is nil.
func dateField(L *lua.LState, fields *lua.LTable, name string, fallback *int) int {
	var n float64
	ok := false
	switch v := fields.RawGetString(name).(type) {
	case lua.LNumber:
		n, ok = float64(v), true
	case lua.LString:
		n, ok = parseNumber(string(v))
	}
	if !ok && fallback == nil {
		L.RaiseError("field '%s' missing in date table", name)
	}
	if !ok {
		return *fallback
	}
	if math.Abs(n) > math.MaxInt32 {
		L.RaiseError("field '%s' is out of range in date table", name)
	}
	return int(truncate(n))
}
