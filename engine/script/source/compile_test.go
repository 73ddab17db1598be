package source

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// programs are the smallest programs that gopher-lua's own compiler gets wrong, with the result
// that Lua 5.1 computes.
var programs = []struct{ name, source, want string }{
	{"break leaves a block whose variable a function has captured", `local function find(l, w) local get for i = 1, #l do if l[i].on then local it = l[i] get = function() return it.name end
		if it.name == w then break end end end local a,b,c,d,e,f,g,h = 1,2,3,4,5,6,7,8 return get() end return find({{on=true,name="lamp"}}, "lamp")`, "lamp"},
	{"break leaves a while loop", `local get while true do local x = 1 get = function() return x end if x then do local y = 2 break end end end local a, b, c = 7, 8, 9 return get()`, "1"},
	{"break leaves a repeat loop", `local get repeat local x = 1 get = function() return x end if x then break end until false local a, b, c = 7, 8, 9 return get()`, "1"},
	{"break leaves a for loop with an iterator", `local get for k, v in pairs{5} do get = function() return v end if k then break end end local a, b, c, d, e, f = 7, 8, 9, 7, 8, 9 return get()`, "5"},
	{"a goto leaves a block whose variable a function has captured", `local get do local x = 1 get = function() return x end goto out end ::out:: local a, b = 7, 8 return get()`, "1"},
	{"a goto backwards leaves variables that are captured later", `local t, n = {}, 0 do ::top:: n = n + 1 local x = n ::mid:: if #t > 0 and n < 3 then goto top end t[#t + 1] = function() return x end if n < 3 then goto mid end end local a, b = 7, 8 return t[1]() .. t[2]()`, "13"},
	{"and assigned to its operand", `local node = {} node = node.next and node.next.value return tostring(node)`, "nil"},
	{"or assigned to its operand", `local x = false x = x or 3 return x`, "3"},
	{"the value of an or is only tested", `local v, t = "keep", {a = 1} v = (t.a or t.b) and v return v`, "keep"},
	{"and and or read the variable that is assigned", `local x, f = 1, function(v) return v end x = f(false) or x + 1 return x`, "2"},
	{"comparisons in and and or", `local a, b = 1, 2 local x = a == b and "same" or a < b and "less" local y = not (a == b) and b > a return x .. tostring(y)`, "lesstrue"},
	{"constants in and and or", `local n = nil return tostring(nil and 1) .. tostring(false or nil) .. tostring(1 and n) .. tostring(n or false) .. tostring(true and 2 or 3)`, "nilnilnilfalse2"},
	{"a condition that is never true", `local a = 1 < 2 local b = (not (a or not nil)) == false return tostring(not (a or not nil)) .. tostring(b)`, "falsetrue"},
	{"the last item is a field that is a call", `return #{"kitchen", "hall", default = tostring(1)}`, "2"},
	{"the last item is a field that is ...", `return (function(...) return #{"kitchen", "hall", default = ...} end)(1, 2)`, "2"},
	{"one value of a call at the end of a list", `local function f() return 1, 2 end return #{f(), (f())} .. #{f(), f()} .. #{[1] = 5, f()}`, "232"},
	{"a parameter gets the first value of a call", `local function trim(s) s = (s:gsub("^%s+", "")) return s end return trim("  works")`, "works"},
	{"a variable gets the first value of ...", `local function opt(...) local name, size = "a", 5 name = (...) return name .. size end return opt("b")`, "b5"},
	{"a condition that is false", `local n = 0 for _, v in ipairs{1,2,3} do if false then n = 100 end n = n + v end return n`, "6"},
	{"conditions that are constant", `local n = "" if nil then n = "a" elseif not true then n = "b" elseif 0 then n = "c" end while not 1 do n = n .. "x" end repeat n = n .. "d" until true if not nil and "" then n = n .. "e" end return n`, "cde"},
	{"a condition of constants with and and or", `local t = "" for i = 1, 2 do if false and print or i == 1 then t = t .. i end if true and i == 2 or false then t = t .. "b" end end return t`, "1b"},
	{"50 list items and a field", `local t = {` + strings.Repeat("1,", 50) + `x = tostring(2)} return t[1] .. t[50] .. #t .. t.x`, "11502"},
	{"100 list items and a field that is ...", `return (function(...) local t = {` + strings.Repeat("1,", 100) + `x = ...} return t[51] .. #t .. t.x end)(7)`, "11007"},
	{"50 list items and a call", `local function f() return 8, 9 end local t = {` + strings.Repeat("1,", 50) + `f()} return t[50] .. t[51] .. t[52]`, "189"},
	{"49 list items and a call", `local function f() return 8, 9 end local t = {` + strings.Repeat("1,", 49) + `f()} return t[49] .. t[50] .. t[51]`, "189"},
	{"more list items than one instruction can count", `local t = {` + strings.Repeat("1,", 25_600) + `7, tostring(8)} return #t .. t[25550] .. t[25551] .. t[25601] .. t[25602]`, "256021178"},
	{"the same variable twice", `local a a, a = 1, 2 return a`, "1"},
	{"more values than variables", `local x, v = 1, 5 local function f() return x end local seen x = v, (function() seen = x end)() return x .. seen`, "51"},
	{"an exchange", `local a, b = 1, 2 a, b = b, a return a .. b`, "21"},
	{"a table and its field", `local t = {} local u = t t, t.x = nil, 5 return u.x`, "5"},
	{"a key and its element", `local i, t = 1, {} i, t[i] = i + 1, 20 return i .. t[1]`, "220"},
	{"a function reads a variable before it is assigned", `local a, b = 0, 0 local function f() return a end a, b = 5, f() return a .. b`, "50"},
	{"an iterator without a state", `do local a, b, c, d = 9, 9, 9, 9 end for k, v in next, {x = "y"} do return k .. v end`, "xy"},
	{"a function and a local function of the same name in one line", `local function log(x) return x end local log = function(x) return log(x) .. "!" end return log("a")`, "a!"},
	{"a local that is a function does not see itself", `local f = "outer" local f = function() return tostring(f) end return f()`, "outer"},
	{"a local function sees itself", `local f = "outer" local function f() return type(f) end return f()`, "function"},
	{"a function uses two variables of the same name", `local x = 1 local function f() local a = x do local x = 2 a = a .. (function() return x end)() end return a .. x end local y = f() local x = 3 return y .. f() .. (function() return x end)()`, "1211213"},
	{"shadowed variables in one function", `local x = 1 local g do local y = x local x = 2 g = function() return y .. x end end return g() .. x`, "121"},
	{"zero and minus zero", `local a, b = 0, -0 return (1 / a > 0 and "+" or "-") .. (1 / b > 0 and "+" or "-")`, "+-"},
	{"minus zero in a list of constants", `local t = {-0, 0} return (1 / t[1] > 0 and "+" or "-") .. (1 / t[2] > 0 and "+" or "-")`, "-+"},
	{"modulo infinity", `local h = 1 / 0 local function nan(x) return x ~= x end return tostring(nan(5 % h)) .. tostring(nan(-5 % -h)) .. tostring(nan(5 % (1 / 0))) .. 7 % 4 .. -7 % 4`, "truetruetrue31"},
	{"modulo infinity after more than 256 constants", `local t, h = {}, 1 / 0 ` + manyFields(300) + ` local x, y = 5 % h, 7 % t.f4 return tostring(x ~= x) .. y`, "true3"},
	{"a number with zeros in front", `return 0010 + 0x10 + 08`, "34"},
	{"a hexadecimal number that is larger than an integer", `return 0xffffffffffffffff == 2^64 and 0x10000000000000000 == 2^64 and "equal"`, "equal"},
	{"more than 256 constants", `local t = {} ` + manyFields(300) + ` t.last = "x" return t.f300 .. t.last .. #("y"):rep(3)`, "300x3"},
	{"a concatenation of many", `local t = setmetatable({}, {__concat = function(a, b) return (type(a) == "table" and "t" or a) .. "|" .. (type(b) == "table" and "t" or b) end}) return 1 .. 2 .. t .. 3 .. 4 .. 5 .. 6 .. 7 .. 8 .. 9 .. t .. 1`, "12t|3456789t|1"},
	{"190 local variables", `local a0 = 1 ` + manyLocals(190) + ` local function f(...) return ... end return a190 + f(a1, a2)`, "191"},
	{"a call with 200 arguments", `return select("#", ` + strings.Repeat("1, ", 200) + `2) .. select(201, ` + strings.Repeat("1, ", 200) + `2)`, "2012"},
	{"a concatenation of 180 strings", `local s = "a" return #(s` + strings.Repeat(` .. s`, 179) + `) .. s`, "180a"},
	{"an assignment to 60 variables", `local t = {} ` + strings.Repeat("t.a, ", 60) + `t.b = 1, 2, 3 ` + `return tostring(t.a) .. tostring(t.b)`, "1nil"},
	{"functions nested 50 deep", strings.Repeat("local x = 1 return (function() ", 50) + `return x` + strings.Repeat(" end)()", 50), "1"},
	{"a variable that is used 50 functions further in", `local x = 7 return ` + strings.Repeat("(function() return ", 50) + `x` + strings.Repeat(" end)()", 50), "7"},
	{"arg", `local function f(...) return arg.n .. #arg end local function g(a, ...) local n = select("#", ...) return tostring(arg) .. n .. a end return f(1, nil, 3) .. g(4, 5)`, "33nil14"},
	{"a method of a string", `return ("x"):rep(3) .. #"abc" .. -"2"`, "xxx3-2"},
}

func manyFields(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "t.f%d = %d ", i, i)
	}
	return b.String()
}

func manyLocals(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "local a%d = %d ", i, i)
	}
	return b.String()
}

func TestProgramsComputeWhatLua51Computes(t *testing.T) {
	for _, p := range programs {
		if got := run(t, p.source); got != p.want {
			t.Errorf("%s: got %s, want %s", p.name, got, p.want)
		}
	}
}

// The expected results above are those of Lua 5.1. goto is not in Lua 5.1, which also takes 0 and -0
// of one function for the same constant.
func TestExpectedResultsAreThoseOfLua51(t *testing.T) {
	interpreter, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Skip("lua5.1 is not installed")
	}
	for _, p := range programs {
		if strings.Contains(p.source, "goto") || strings.Contains(p.source, "-0") {
			continue
		}
		command := exec.Command(interpreter, "-")
		command.Stdin = strings.NewReader("io.write((function() " + p.source + " end)())")
		got, err := command.CombinedOutput()
		if err != nil || string(got) != p.want {
			t.Errorf("%s: lua5.1 says %.200s (%v), want %s", p.name, got, err, p.want)
		}
	}
}

// run compiles and runs a source and returns its result, or the error.
func run(t *testing.T, source string) string {
	t.Helper()
	proto, err := Compile([]byte(source), "a.lua")
	if err != nil {
		return err.Error()
	}
	L := lua.NewState(lua.Options{RegistryMaxSize: 1 << 18, RegistrySize: 256})
	defer L.Close()
	if err := L.CallByParam(lua.P{Fn: L.NewFunctionFromProto(proto), NRet: 1, Protect: true}); err != nil {
		return err.Error()
	}
	return L.Get(-1).String()
}

// Lua 5.1 allows 60.
func TestAFunctionMayUseManyUpvalues(t *testing.T) {
	var sum strings.Builder
	for i := range 190 {
		fmt.Fprintf(&sum, "a%d + ", i+1)
	}
	if got := run(t, manyLocals(190)+"return (function() return "+sum.String()+"0 end)()"); got != "18145" {
		t.Errorf("got %s, want 18145", got)
	}
}

func TestErrorsOfTheCompilerNameTheLine(t *testing.T) {
	many := func(n int) string { return "\n\nlocal function f()\n" + manyLocals(n) + "\nend" }
	for source, want := range map[string]string{
		many(200):              "<nil>",
		many(201):              "4: function at line 3 has more than 200 local variables",
		"\n" + manyLocals(201): "2: main function has more than 200 local variables",
		"\n\nreturn f(\n" + strings.Repeat("1,", 260) + "1)": "4: function or expression too complex: it needs more than 250 registers",
		"\nlocal x = 1\nbreak":                               "3: no loop to break",
		"function f()\nreturn ... end":                       "2: cannot use '...' outside a vararg function",
		"\ngoto a\n":                                         "2: no visible label 'a' for <goto>",
		"::a::\n::a::":                                       "2: label 'a' already defined on line 1",
		"goto a local x = 1\n::a:: print(x)":                 "2: <goto a> at line 1 jumps into the scope of local 'x'",
		"x = 1\ny = 3e":                                      "2: malformed number near '3e'",
	} {
		if _, err := Compile([]byte(source), "a.lua"); fmt.Sprint(err) != want {
			t.Errorf("%.60q: got %v, want %s", source, err, want)
		}
	}
}
