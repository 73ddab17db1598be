package std

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// stringSamples are typical uses of the string library. Each source returns a function, which the
// benchmark runs.
var stringSamples = []struct{ name, source string }{
	{"find plain", `local s = ("lorem ipsum dolor "):rep(10) .. "needle" return function() return s:find("needle", 1, true) end`},
	{"find class", `local s = ("lorem ipsum dolor "):rep(10) .. "42" return function() return s:find("%d+") end`},
	{"match pair", `return function() return ("level = 75"):match("^(%w+)%s*=%s*(%d+)$") end`},
	{"match lazy", `local s = "<b>" .. ("x"):rep(200) .. "</b>" return function() return s:match("<b>(.-)</b>") end`},
	{"match long", `local s = "<title>" .. ("x"):rep(20000) .. "</title>" return function() return s:match("<title>(.*)</title>") end`},
	{"gmatch words", `local s = ("turn on the kitchen light "):rep(10) return function() local n = 0 for w in s:gmatch("%a+") do n = n + #w end return n end`},
	{"gsub trim", `return function() return (("   turn on the light   "):gsub("^%s*(.-)%s*$", "%1")) end`},
	{"gsub string", `local s = ("turn on the kitchen light "):rep(10) return function() return (s:gsub("%s+", " ")) end`},
	{"gsub captures", `local s = ("a=1, bb=22, "):rep(10) return function() return (s:gsub("(%w+)=(%w+)", "%2=%1")) end`},
	{"gsub function", `local s = ("turn on the kitchen light "):rep(10) return function() return (s:gsub("%a+", function(w) return w end)) end`},
	{"gsub 10 KB", `local s = ("ab,"):rep(3400) return function() return (s:gsub(",", ";")) end`},
	{"format", `return function() return string.format("%s is at %d%% (%5.1f)", "hall", 75, 3.25) end`},
	{"sub", `return function() return ("turn on the light"):sub(6, 7) end`},
}

// BenchmarkString compares the functions of this package with those of gopher-lua.
func BenchmarkString(b *testing.B) {
	for _, sample := range stringSamples {
		b.Run(sample.name, func(b *testing.B) {
			b.Run("ours", func(b *testing.B) { benchmarkString(b, newState(b, &fakeRuntime{}), sample.source) })
			b.Run("gopher-lua", func(b *testing.B) {
				L := lua.NewState()
				b.Cleanup(L.Close)
				benchmarkString(b, L, sample.source)
			})
		})
	}
}

func benchmarkString(b *testing.B, L *lua.LState, source string) {
	if err := L.DoString(source); err != nil {
		b.Fatal(err)
	}
	fn := L.Get(-1)
	L.SetTop(0)
	b.ReportAllocs()
	for b.Loop() {
		if err := L.CallByParam(lua.P{Fn: fn, Protect: true}); err != nil {
			b.Fatal(err)
		}
	}
}
