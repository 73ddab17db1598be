package std

import (
	"slices"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/zone"
)

// A fakeRuntime is a luastd.Runtime for tests of functions that do not wait. It calls Lua functions
// with gopher-lua's own pcall, which is sufficient for these tests. The tests in examples_test.go
// use a real executor.
type fakeRuntime struct {
	luastd.Runtime
	L          *lua.LState
	printed    *[]string
	checkpoint func(*lua.LState)
}

func (rt *fakeRuntime) Checkpoint(L *lua.LState) {
	if rt.checkpoint != nil {
		rt.checkpoint(L)
	}
}

func (rt *fakeRuntime) Now() time.Time { return time.Now() }

func (rt *fakeRuntime) Elapsed() time.Time { return time.Now() }

func (rt *fakeRuntime) Zone() *time.Location { return zone.New(func(string) {}).Machine() }

func (rt *fakeRuntime) ErrorTrace() string { return "" }

func (rt *fakeRuntime) Print(text string) { *rt.printed = append(*rt.printed, text) }

func (rt *fakeRuntime) NewFunction(proto *lua.FunctionProto) *lua.LFunction {
	return rt.L.NewFunctionFromProto(proto)
}

func (rt *fakeRuntime) Try(call []lua.LValue) ([]lua.LValue, error) {
	top := rt.L.GetTop()
	defer rt.L.SetTop(top)
	if err := rt.L.CallByParam(lua.P{Fn: call[0], NRet: 1, Protect: true}, call[1:]...); err != nil {
		return nil, err
	}
	return []lua.LValue{rt.L.Get(-1)}, nil
}

// newState returns a Lua state with the library of this package and gopher-lua's pcall.
func newState(t testing.TB, rt *fakeRuntime) *lua.LState {
	L := lua.NewState(lua.Options{SkipOpenLibs: true, CallStackSize: 2048, RegistrySize: 256, RegistryMaxSize: 1 << 18, RegistryGrowStep: 4096})
	t.Cleanup(L.Close)
	L.Push(L.NewFunction(lua.OpenBase))
	L.Call(0, 0)
	rt.L = L
	for _, m := range Modules() {
		v := m.Open(L, rt)
		if m.Globals == nil {
			L.SetGlobal(m.Name, v)
		}
		for _, name := range m.Globals {
			L.SetGlobal(name, L.GetField(v, name))
		}
	}
	return L
}

// returned runs the Lua code source and returns its results as text, or the error.
func returned(t *testing.T, L *lua.LState, source string) string {
	t.Helper()
	proto, err := compileText(source, "a.lua")
	if err != nil {
		return err.Error()
	}
	top := L.GetTop()
	defer L.SetTop(top)
	if err := L.CallByParam(lua.P{Fn: L.NewFunctionFromProto(proto), NRet: lua.MultRet, Protect: true}); err != nil {
		return errorValue(err).String()
	}
	var words []string
	for i := top + 1; i <= L.GetTop(); i++ {
		words = append(words, toString(L, L.Get(i)).String())
	}
	return strings.Join(words, ", ")
}

func TestTheCostOfOneOperationIsLimited(t *testing.T) {
	for _, row := range []struct{ why, source, want string }{
		{"a million values are joined", "local t = {} for i = 1, 1000000 do t[i] = i end return #table.concat(t, ',')", "6888895"},
		{"a result of 64 MiB", "local s = ('x'):rep(2^20) local t = {} for i = 1, 64 do t[i] = s end return #table.concat(t)", "67108864"},
		{"a result of more", "local s = ('x'):rep(2^20) local t = {} for i = 1, 65 do t[i] = s end return #table.concat(t)", "a.lua:1: resulting string too large"},
		{"separators count", "local t = {} for i = 1, 100 do t[i] = '' end return #table.concat(t, ('x'):rep(2^20))", "a.lua:1: resulting string too large"},
		{"the highest index", "local t = {} t[60000000] = 1 t[2^40] = 2 return t[60000000], t[2^40], #t", "1, 2, 0"},
		{"inserting at a high index", "local t = {} table.insert(t, 6e7, 1) return #t, t[6e7]", "0, 1"},
		{"inserting after the last index that counts", "local t = {} for i = 1, 1048575 do t[i] = 1 end table.insert(t, 2)", "a.lua:1: table overflow: its length does not count past 1048575"},
		{"a long source", "return loadstring(('x = 1 '):rep(20000))", `nil, [string "x = 1 x = 1 x = 1 x = 1 x = 1 x = 1 x = 1 x..."]: source too long`},
		{"an endless source", "return load(function() return ' ' end, '=n')", "nil, n: source too long (the maximum is 65536 bytes)"},
		{"a compiled function", "return loadstring('\\27Lua', '=n')", "nil, n: a compiled function cannot be loaded"},
		{"pack", "local t = table.pack(1, nil, 3, nil) return t.n, t[1], t[2], t[3], table.pack().n", "4, 1, nil, 3, 0"},
		{"unpack", "return table.unpack({1, 2, 3}, 2), table.unpack(table.pack(1, nil, 3), 1, 3)", "2, 1, nil, 3"},
		{"too many results", "return unpack({}, 1, 1e8)", "a.lua:1: too many results to unpack"},
		{"an endless range", "return unpack({}, -1e300, 1e300)", "a.lua:1: too many results to unpack"},
		{"a long date format", "return os.date(('%c'):rep(40000))", "a.lua:1: date format too long (80000 bytes; the maximum is 65536)"},
		{"any random interval", "math.random(-1e300, 1e300) math.random(2^53) math.random(math.huge) return 'ok'", "ok"},
		{"any shift", "return math.ldexp(1, 1e300), math.ldexp(1, -1e300), math.ldexp(1, 0 / 0)", "inf, 0, 1"},
		{"an order function that is always true", "local t = {} for i = 1, 1000 do t[i] = i end return pcall(table.sort, t, function() return true end)", "false, a.lua:1: invalid order function for sorting"},
		{"a random order", "for n = 1, 50 do local t = {} for i = 1, n do t[i] = i end pcall(table.sort, t, function() return math.random() < 0.5 end) end return 'ok'", "ok"},
		{"a table that changes while it is sorted", "local t = {5, 3, 4, 1, 2} table.sort(t, function(a, b) t[#t] = nil return a < b end) return unpack(t)", "1, 2, 3, 4, 5"},
		{"a recursive gsub", "local function f(s) return (s:gsub('.', f)) end local ok, err = pcall(f, 'x') return ok, err:find('stack overflow') ~= nil", "false, true"},
	} {
		L := newState(t, &fakeRuntime{})
		begun := time.Now()
		if got := returned(t, L, row.source); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: %.200s, want %s", row.why, got, row.want)
		}
		if took := time.Since(begun); took > time.Minute {
			t.Errorf("%s took %v", row.why, took)
		}
	}
}

func TestLongFunctionsCanBeInterrupted(t *testing.T) {
	kill := func(L *lua.LState) { L.RaiseError("killed") }
	for _, source := range []string{
		"table.sort(t)", "table.concat(t)", "table.maxn(t)", "table.insert({}, -1e15, 1)",
		"x:find('a*[bc]')", "x:match('a*[bc]')", "x:gmatch('a*[bc]')()", "x:gsub('a*[bc]', '')", "x:gsub('a', x)",
	} {
		L := newState(t, &fakeRuntime{checkpoint: kill})
		want := "a.lua:1: killed"
		if got := returned(t, L, "x = ('a'):rep(1e5) t = {} for i = 1, 1e5 do t[i] = -i end "+source+" return 'not interrupted'"); got != want {
			t.Errorf("%s: %s, want %s", source, got, want)
		}
	}
}

func TestPrintShowsWhatTostringReturns(t *testing.T) {
	var lines []string
	L := newState(t, &fakeRuntime{printed: &lines})
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

func TestATracebackShowsOnlyFunctionsOfTheScript(t *testing.T) {
	L := newState(t, &fakeRuntime{})
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
	t.Setenv("TZ", "Europe/Berlin")
	L := newState(t, &fakeRuntime{})
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

// A script may call other functions of the library while gsub calls a function of the script.
func TestGsubCanBeCalledInsideGsub(t *testing.T) {
	L := newState(t, &fakeRuntime{})
	got := returned(t, L, `
		local function twice(s, depth)
			return (s:gsub("(%w)(%s*)", function(a, b)
				local inner = depth > 0 and twice(a .. b, depth - 1) or a .. b
				assert(("k=v"):match("(%w)=(%w)") == "k")
				return string.format("%s%s", a, inner)
			end))
		end
		return twice("a b", 2)`)
	if got != "aaaa bbbb" {
		t.Error(got)
	}
}

func TestTheMetatableOfStringsCannotBeChanged(t *testing.T) {
	L := newState(t, &fakeRuntime{})
	got := returned(t, L, `return getmetatable(""), pcall(function() getmetatable("").__index = nil end), pcall(setmetatable, "", {}), ("x"):rep(2)`)
	if want := `string, false, false, xx`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestModulesDeclareTheirGlobals(t *testing.T) {
	L := newState(t, &fakeRuntime{})
	for _, m := range Modules() {
		v := m.Open(L, &fakeRuntime{L: L}).(*lua.LTable)
		if m.Globals == nil {
			continue
		}
		v.ForEach(func(k, _ lua.LValue) {
			if !slices.Contains(m.Globals, k.String()) {
				t.Errorf("module %s does not declare %s", m.Name, k)
			}
		})
	}
}
