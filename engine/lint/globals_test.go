package lint

import (
	"slices"
	"strings"
	"testing"
)

func TestAGlobalThatNothingSetsIsWarnedOf(t *testing.T) {
	known := []string{"_G", "print", "pairs", "register_tool", "string", "rawset", "rawget", "setmetatable", "type", "loadstring", "setfenv", "getfenv"}
	for _, row := range []struct{ why, source, want string }{
		{"a misspelt local", "local address = 1\n\nprint(adress)", "a.lua:3: nothing sets 'adress' (did you mean 'address'?)"},
		{"a misspelt global", "address = 1\nprint(adress)", "a.lua:2: nothing sets 'adress' (did you mean 'address'?)"},
		{"a misspelt library function", "pritn('x')", "a.lua:1: nothing sets 'pritn' (did you mean 'print'?)"},
		{"nothing near", "print(zebra)", "a.lua:1: nothing sets 'zebra'"},
		{"once, at the first place", "print(x1)\nprint(x1)", "a.lua:1: nothing sets 'x1'"},
		{"several", "print(bb, aa)\nprint(cc)", "a.lua:1: nothing sets 'bb'; a.lua:1: nothing sets 'aa'; a.lua:2: nothing sets 'cc'"},
		{"a local is out of scope", "do local inner = 1 end print(inner)", "a.lua:1: nothing sets 'inner'"},
		{"a local is read before it begins", "local x = x", "a.lua:1: nothing sets 'x'"},
		{"an object that is no variable", "function config.load() end", "a.lua:1: nothing sets 'config'"},
		{"in a field and a key", "local t = {} t[kk].x = vv", "a.lua:1: nothing sets 'vv'; a.lua:1: nothing sets 'kk'"},
		{"the loop's variable is gone", "for i = 1, 2 do end print(i)", "a.lua:1: nothing sets 'i'"},
		{"a set field sets no global", "local t = {} t.x = 1 print(x)", "a.lua:1: nothing sets 'x'"},

		{"set before it is read", "count = count or 0", ""},
		{"set later, in a function", "register_tool('a', function() n = 1 end) print(n)", ""},
		{"a global function", "function f() return f() end", ""},
		{"locals of every kind", "local a, b = 1 local function f(c, ...) return a, b, c, f, arg end for i = 1, 2 do print(i) end for k, v in pairs({}) do print(k, v) end", ""},
		{"self", "local o = {} function o:m() return self end", ""},
		{"until sees the block", "repeat local done = true until done", ""},
		{"a field is no global", "print(string.nope, ({}).x)", ""},
		{"a parameter", "print(function(x) return function() return x end end)", ""},
		{"by way of _G", "_G.one = 1 _G['two'] = 2 rawset(_G, 'three', 3) print(one, two, three)", ""},
		{"read by way of _G", "print(_G.maybe, rawget(_G, 'other'), type(_G)) for k in pairs(_G) do print(k) end", ""},
		{"any name of _G", "for _, k in pairs({}) do _G[k] = 1 end print(x)", ""},
		{"any name by rawset", "rawset(_G, 'a' .. 'b', 1) print(ab)", ""},
		{"_G goes elsewhere", "local g = _G g.x = 1 print(x)", ""},
		{"a metatable of _G", "setmetatable(_G, {}) print(x)", ""},
		{"a strange environment", "setfenv(1, {x = 1}) print(x)", ""},
		{"source from elsewhere", "loadstring('x = 1')() print(x)", ""},
		{"a local _G is a table like any other", "local _G = {} _G[1] = 2 print(x)", "a.lua:1: nothing sets 'x'"},
	} {
		var got []string
		for _, w := range Globals(parsed(t, row.source), "a.lua", known) {
			got = append(got, w.Text)
		}
		if text := strings.Join(got, "; "); text != row.want {
			t.Errorf("%s: %s\ngot  %s\nwant %s", row.why, row.source, text, row.want)
		}
	}
}

func TestAssignedAreTheGlobalsOfAChunk(t *testing.T) {
	got := Assigned(parsed(t, "b = 1 local c = 2 c = 3 function a() d = 4 end _G.e = 5 function c.f() end"))
	if want := []string{"a", "b", "d", "e"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
