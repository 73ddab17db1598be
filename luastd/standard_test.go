package luastd

import (
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// returned is what a chunk returns as text, or its error.
func returned(t *testing.T, L *lua.LState, source string) string {
	t.Helper()
	proto, err := compileText(source, "a.lua")
	if err != nil {
		return err.Error()
	}
	top := L.GetTop()
	defer L.SetTop(top)
	if err := L.CallByParam(lua.P{Fn: L.NewFunctionFromProto(proto), NRet: lua.MultRet, Protect: true}); err != nil {
		return errorOf(err).String()
	}
	var words []string
	for i := top + 1; i <= L.GetTop(); i++ {
		words = append(words, toString(L, L.Get(i)).String())
	}
	return strings.Join(words, ", ")
}

func TestOneOperationTakesNoMoreThanItsBound(t *testing.T) {
	for _, row := range []struct{ why, source, want string }{
		{"a million values are joined", "local t = {} for i = 1, 1000000 do t[i] = i end return #table.concat(t, ',')", "6888895"},
		{"a result of 64 MiB", "local s = ('x'):rep(2^20) local t = {} for i = 1, 64 do t[i] = s end return #table.concat(t)", "67108864"},
		{"a result of more", "local s = ('x'):rep(2^20) local t = {} for i = 1, 65 do t[i] = s end return #table.concat(t)", "a.lua:1: resulting string too large (the most is 67108864 bytes)"},
		{"separators count", "local t = {} for i = 1, 100 do t[i] = '' end return #table.concat(t, ('x'):rep(2^20))", "a.lua:1: resulting string too large (the most is 67108864 bytes)"},
		{"the highest index", "local t = {} t[60000000] = 1 t[2^40] = 2 return t[60000000], t[2^40], #t", "1, 2, 0"},
		{"inserting at a high index", "local t = {} table.insert(t, 6e7, 1) return #t, t[6e7]", "0, 1"},
		{"inserting behind the last that counts", "local t = {} for i = 1, 1048575 do t[i] = 1 end table.insert(t, 2)", "a.lua:1: table overflow: its length does not count past 1048575"},
		{"a long source", "return loadstring(('x = 1 '):rep(20000))", `nil, [string "x = 1 x = 1 x = 1 x = 1 x = 1 x = 1 x = 1 x..."]: source too long`},
		{"an endless source", "return load(function() return ' ' end, '=n')", "nil, n: source too long (the most is 65536 bytes)"},
		{"a compiled function", "return loadstring('\\27Lua', '=n')", "nil, n: a compiled function cannot be loaded"},
		{"too many results", "return unpack({}, 1, 1e8)", "a.lua:1: too many results to unpack"},
		{"an endless range", "return unpack({}, -1e300, 1e300)", "a.lua:1: too many results to unpack"},
		{"a long date format", "return os.date(('%c'):rep(40000))", "a.lua:1: date format too long (80000 bytes; the most is 65536)"},
		{"any random interval", "math.random(-1e300, 1e300) math.random(2^53) math.random(math.huge) return 'ok'", "ok"},
		{"any shift", "return math.ldexp(1, 1e300), math.ldexp(1, -1e300), math.ldexp(1, 0 / 0)", "inf, 0, 1"},
		{"an order that is none", "local t = {} for i = 1, 1000 do t[i] = i end return pcall(table.sort, t, function() return true end)", "false, a.lua:1: invalid order function for sorting"},
		{"a random order", "for n = 1, 50 do local t = {} for i = 1, n do t[i] = i end pcall(table.sort, t, function() return math.random() < 0.5 end) end return 'ok'", "ok"},
		{"a table that changes while it is sorted", "local t = {5, 3, 4, 1, 2} table.sort(t, function(a, b) t[#t] = nil return a < b end) return unpack(t)", "1, 2, 3, 4, 5"},
	} {
		L := newStandardState(t, lua51Host{})
		begun := time.Now()
		if got := returned(t, L, row.source); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %.200s, want %s", row.why, got, row.want)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s took %v", row.why, took)
		}
	}
}

// An impatientHost kills the task the first time that it is let breathe.
type impatientHost struct{ lua51Host }

func (impatientHost) Breathe(L *lua.LState) { L.RaiseError("killed") }

func TestLongFunctionsCanBeInterrupted(t *testing.T) {
	for _, source := range []string{
		"table.sort(t)", "table.concat(t)", "table.maxn(t)", "table.insert({}, -1e15, 1)",
	} {
		L := lua.NewState(lua.Options{SkipOpenLibs: true})
		defer L.Close()
		openBase(L, impatientHost{})
		want := "a.lua:1: killed"
		if got := returned(t, L, "t = {} for i = 1, 1e5 do t[i] = -i end "+source+" return 'not interrupted'"); got != want {
			t.Errorf("%s: %s, want %s", source, got, want)
		}
	}
}

func TestGetenvAsksTheHost(t *testing.T) {
	L := newStandardState(t, lua51Host{env: map[string]string{"ALLOWED": "yes", "EMPTY": ""}})
	t.Setenv("FORBIDDEN", "secret")
	if got := returned(t, L, "return os.getenv('ALLOWED'), os.getenv('EMPTY'), os.getenv('FORBIDDEN')"); got != "yes, , nil" {
		t.Errorf("got %s, want yes, , nil", got)
	}
}

func TestPrintShowsWhatTostringSays(t *testing.T) {
	var lines []string
	L := newStandardState(t, lua51Host{printed: &lines})
	returned(t, L, `print() print(1, "a", nil, 1e15, 1 / 0) print(setmetatable({}, {__tostring = function() return "me" end}))
		local real = tostring
		tostring = function(v) return "<" .. real(v) .. ">" end
		print(1, 2)`)
	if got, want := strings.Join(lines, "|"), "|1\ta\tnil\t1e+15\tinf|me|<1>\t<2>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := returned(t, L, "tostring = function() return {} end print(1)"), "a.lua:1: 'tostring' must return a string to 'print'"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestATracebackShowsTheScriptsFramesOnly(t *testing.T) {
	L := newStandardState(t, lua51Host{})
	got := returned(t, L, `local function inner() return (debug.traceback("why")) end
local function outer() local ok, text = pcall(inner) return text end
local text
table.sort({ 2, 1 }, function() text = outer() return false end)
return text`)
	want := `why
stack traceback:
	a.lua:1: in function <a.lua:1>
	a.lua:2: in function 'outer'
	a.lua:4: in function <a.lua:4>
	a.lua:4: in main chunk`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	deep := returned(t, L, "local function f(n) if n == 0 then return debug.traceback() end local t = f(n - 1) return t end return (f(100))")
	if n := strings.Count(deep, "\n"); n != 23 || !strings.Contains(deep, "\n\t...\n") {
		t.Errorf("a deep traceback has %d lines:\n%s", n, deep)
	}
	if got := returned(t, L, "return os.getinfo, debug.getinfo(1, 'l').currentline, debug.getinfo(1).short_src"); got != "nil, 1, a.lua" {
		t.Errorf("getinfo: %s", got)
	}
}

func TestDatesHaveSummerTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	inZone(t, berlin)
	L := newStandardState(t, lua51Host{})
	for source, want := range map[string]string{
		"return os.date('%Y-%m-%d %H:%M %Z %z', 1720000000)":                                            "2024-07-03 11:46 CEST +0200",
		"return os.date('!%H:%M %Z', 1720000000)":                                                       "09:46 GMT",
		"return os.date('*t', 1720000000).isdst, os.date('*t', 1700000000).isdst":                       "true, false",
		"return os.time(os.date('*t', 1720000000)), os.time(os.date('*t', 1700000000))":                 "1720000000, 1700000000",
		"return os.time{year = 2024, month = 7, day = 3, hour = 11, min = 46, sec = 40}":                "1720000000",
		"return os.time{year = 2024, month = 7, day = 3, hour = 11, min = 46, sec = 40, isdst = false}": "1720003600",
		"return os.time{year = 2024, month = 1, day = 1, isdst = true}":                                 "1704103200",
	} {
		if got := returned(t, L, source); got != want {
			t.Errorf("%s: %s, want %s", source, got, want)
		}
	}
}
