package luastd

import (
	"math"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// An Environment has the environment variables that a script may read.
type Environment interface {
	Getenv(name string) (string, bool)
}

// openOS opens what of the os library stays within the program.
//
//	os.clock()               -> seconds since the script was loaded; sleeping counts
//	os.date([format [, t]])  -> the time t, or now, as text; as a table for "*t"; a ! before either: in UTC
//	os.difftime(a [, b])     -> a - b
//	os.getenv(name)          -> the environment variable, or nil if it is not set or not for scripts
//	os.time([table])         -> now, or the time that the table names, in seconds since 1970
func openOS(L *lua.LState, host Environment) {
	loaded := time.Now()
	all := L.CreateTable(0, 5)
	set(L, all, map[string]lua.LGFunction{
		"clock": func(L *lua.LState) int {
			L.Push(lua.LNumber(time.Since(loaded).Seconds()))
			return 1
		},
		"date": osDate,
		"difftime": func(L *lua.LState) int {
			a, b := checkNumber(L, 1), 0.0
			if L.Get(2) != lua.LNil {
				b = checkNumber(L, 2)
			}
			L.Push(lua.LNumber(whole(a) - whole(b)))
			return 1
		},
		"getenv": func(L *lua.LState) int {
			value, ok := host.Getenv(checkString(L, 1))
			L.Push(lua.LNil)
			if ok {
				L.Push(lua.LString(value))
			}
			return 1
		},
		"time": osTime,
	})
	L.SetGlobal("os", all)
}

// latestTime is the last second of the year 2^31-1, where C's calendar ends.
const latestTime = 67768036191694800

func osDate(L *lua.LState) int {
	format, t := "%c", time.Now()
	if L.Get(1) != lua.LNil {
		format = checkString(L, 1)
	}
	if L.Get(2) != lua.LNil {
		seconds := whole(checkNumber(L, 2))
		if seconds > latestTime || seconds < -latestTime {
			L.Push(lua.LNil)
			return 1
		}
		t = time.Unix(seconds, 0)
	}
	if len(format) > 0 && format[0] == '!' {
		format, t = format[1:], t.UTC()
	}
	if format == "*t" {
		L.Push(calendar(L, t))
		return 1
	}
	text, ok := formatDate(t, format)
	if !ok {
		L.RaiseError("date format too long (%d bytes; the most is %d)", len(format), mostDateFormat)
	}
	L.Push(lua.LString(text))
	return 1
}

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

// osTime takes any numbers for the fields: the 32nd of January is the 1st of
// February.
func osTime(L *lua.LState) int {
	if L.Get(1) == lua.LNil {
		L.Push(lua.LNumber(time.Now().Unix()))
		return 1
	}
	fields := checkTable(L, 1)
	noon := 12
	sec, minute, hour := dateField(L, fields, "sec", new(int)), dateField(L, fields, "min", new(int)), dateField(L, fields, "hour", &noon)
	day, month, year := dateField(L, fields, "day", nil), dateField(L, fields, "month", nil), dateField(L, fields, "year", nil)
	t := time.Date(year, time.Month(month), day, hour, minute, sec, 0, time.Local)
	if summer := fields.RawGetString("isdst"); summer != lua.LNil {
		switch { // the clock it was read from was put forward, or not
		case lua.LVAsBool(summer) && !t.IsDST():
			t = t.Add(-time.Hour)
		case !lua.LVAsBool(summer) && t.IsDST():
			t = t.Add(time.Hour)
		}
	}
	L.Push(lua.LNumber(t.Unix()))
	return 1
}

// dateField is a whole number, as large as C's fields can be. otherwise is
// what it is when it is missing; nil if it must not be.
func dateField(L *lua.LState, fields *lua.LTable, name string, otherwise *int) int {
	var n float64
	ok := false
	switch v := fields.RawGetString(name).(type) {
	case lua.LNumber:
		n, ok = float64(v), true
	case lua.LString:
		n, ok = spelled(string(v))
	}
	if !ok && otherwise == nil {
		L.RaiseError("field '%s' missing in date table", name)
	}
	if !ok {
		return *otherwise
	}
	if math.Abs(n) > math.MaxInt32 {
		L.RaiseError("field '%s' is out of range in date table", name)
	}
	return int(whole(n))
}
