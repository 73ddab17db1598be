package source

import (
	"slices"
	"strings"
	"testing"
)

func TestGlobalsWarnsOfGlobalsThatNothingAssigns(t *testing.T) {
	known := []string{"_G", "print", "pairs", "register_tool", "string", "rawset", "rawget", "setmetatable", "type", "loadstring", "setfenv", "getfenv"}
	for _, row := range []struct{ why, source, want string }{
		{"a misspelt local", "local address = 1\n\nprint(adress)", "a.lua:3: nothing sets 'adress' (did you mean 'address'?)"},
		{"a misspelt global", "address = 1\nprint(adress)", "a.lua:2: nothing sets 'adress' (did you mean 'address'?)"},
		{"a misspelt library function", "pritn('x')", "a.lua:1: nothing sets 'pritn' (did you mean 'print'?)"},
		{"nothing near", "print(zebra)", "a.lua:1: nothing sets 'zebra'"},
		{"read twice", "print(x1)\nprint(x1)", "a.lua:1: nothing sets 'x1'"},
		{"several", "print(bb, aa)\nprint(cc)", "a.lua:1: nothing sets 'bb'; a.lua:1: nothing sets 'aa'; a.lua:2: nothing sets 'cc'"},
		{"a local is out of scope", "do local inner = 1 end print(inner)", "a.lua:1: nothing sets 'inner'"},
		{"a local is read before it begins", "local x = x", "a.lua:1: nothing sets 'x'"},
		{"an unknown table", "function config.load() end", "a.lua:1: nothing sets 'config'"},
		{"in a key and a value", "local t = {} t[kk].x = vv", "a.lua:1: nothing sets 'vv'; a.lua:1: nothing sets 'kk'"},
		{"a loop variable after the loop", "for i = 1, 2 do end print(i)", "a.lua:1: nothing sets 'i'"},
		{"a field of the same name", "local t = {} t.x = 1 print(x)", "a.lua:1: nothing sets 'x'"},

		{"assigned before the read", "count = count or 0", ""},
		{"assigned later, in a function", "register_tool('a', function() n = 1 end) print(n)", ""},
		{"a global function", "function f() return f() end", ""},
		{"locals of every kind", "local a, b = 1 local function f(c, ...) return a, b, c, f, arg end for i = 1, 2 do print(i) end for k, v in pairs({}) do print(k, v) end", ""},
		{"self", "local o = {} function o:m() return self end", ""},
		{"a local of the block in until", "repeat local done = true until done", ""},
		{"a field", "print(string.nope, ({}).x)", ""},
		{"a parameter", "print(function(x) return function() return x end end)", ""},
		{"by way of _G", "_G.one = 1 _G['two'] = 2 rawset(_G, 'three', 3) print(one, two, three)", ""},
		{"read by way of _G", "print(_G.maybe, rawget(_G, 'other'), type(_G)) for k in pairs(_G) do print(k) end", ""},
		{"any field of _G", "for _, k in pairs({}) do _G[k] = 1 end print(x)", ""},
		{"any name by rawset", "rawset(_G, 'a' .. 'b', 1) print(ab)", ""},
		{"_G is copied", "local g = _G g.x = 1 print(x)", ""},
		{"a metatable of _G", "setmetatable(_G, {}) print(x)", ""},
		{"another environment", "setfenv(1, {x = 1}) print(x)", ""},
		{"loadstring", "loadstring('x = 1')() print(x)", ""},
		{"a local _G", "local _G = {} _G[1] = 2 print(x)", "a.lua:1: nothing sets 'x'"},
	} {
		var got []string
		for _, w := range Globals(parsed(t, row.source), "a.lua", known, nil) {
			got = append(got, w.Text)
		}
		if text := strings.Join(got, "; "); text != row.want {
			t.Errorf("%s: %s\ngot  %s\nwant %s", row.why, row.source, text, row.want)
		}
	}
}

func TestAssignedReturnsTheGlobalsThatAChunkAssigns(t *testing.T) {
	got := Assigned(parsed(t, "b = 1 local c = 2 c = 3 function a() d = 4 end _G.e = 5 function c.f() end"))
	if want := []string{"a", "b", "d", "e"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAGlobalThatHidesAModuleCausesAWarning(t *testing.T) {
	const hides = "a.lua:1: the global 'url' of the script hides the module 'url': use a local or another name"
	for _, row := range []struct{ why, source, want string }{
		{"an assignment", "url = 'http://example.com'", hides},
		{"a function", "function url() end", hides},
		{"one of several variables", "x, url = 1, 2", hides},
		{"a variable without a value", "x, url = 1", hides},
		{"inside a function", "function f() url = 1 end", hides},
		{"assigned twice", "url = 1\nurl = 2", hides},
		{"a value that another global may replace", "url = default or 'x'", hides},
		{"a local variable", "local url = 1 url = 2", ""},
		{"a parameter", "function f(url) url = 2 end", ""},
		{"the module itself", "url = require 'url'", ""},
		{"the module or a value", "url = url or {}", ""},
		{"a field of the module", "url.mine = 1 function url.f() end", ""},
		{"no module", "uri = 1", ""},
	} {
		var got []string
		for _, w := range HiddenModules(parsed(t, row.source), "a.lua", []string{"base64", "url"}) {
			got = append(got, w.Text)
		}
		if text := strings.Join(got, "; "); text != row.want {
			t.Errorf("%s: got %q, want %q", row.why, text, row.want)
		}
	}
}
