package script

import (
	"fmt"
	"slices"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// costSamples are typical Lua programs. Each source returns a function, which the benchmark runs.
var costSamples = []struct{ name, source string }{
	{"fib", `local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end return function() return fib(20) end`},
	{"loop", `return function() local n = 0 for i = 1, 20000 do n = n + i % 7 end return n end`},
	{"methods", `local Point = {} Point.__index = Point
		function Point:move(dx) self.x = self.x + dx return self end
		return function() local p = setmetatable({ x = 0 }, Point) for i = 1, 3000 do p:move(i) end return p.x end`},
	{"closures", `return function() local n = 0 for i = 1, 2000 do local f = function(a) return a + i end n = n + f(1) end return n end`},
	{"table.insert", `return function() local t = {} for i = 1, 3000 do table.insert(t, i) end return #t end`},
	{"t[#t+1]", `return function() local t = {} for i = 1, 3000 do t[#t + 1] = i end return #t end`},
	{"fields", `return function() local t = {} for i = 1, 500 do t[i] = { id = i, name = "x", on = true } end return #t end`},
	{"pairs", `local t = {} for i = 1, 500 do t["k" .. i] = i end return function() local n = 0 for k, v in pairs(t) do n = n + v end return n end`},
	{"ipairs", `local t = {} for i = 1, 1000 do t[i] = i end return function() local n = 0 for i, v in ipairs(t) do n = n + v end return n end`},
	{"sort", `return function() local t = {} for i = 1, 300 do t[i] = (i * 7919) % 301 end table.sort(t, function(a, b) return a < b end) return t[1] end`},
	{"..", `return function() local s = "" for i = 1, 300 do s = s .. "ab" end return #s end`},
	{"table.concat", `return function() local t = {} for i = 1, 1000 do t[i] = "ab" end return #table.concat(t, ",") end`},
	{"tostring", `return function() local n = 0 for i = 1, 500 do n = n + #tostring(i) end return n end`},
	{"string.format", `return function() local n = 0 for i = 1, 300 do n = n + #string.format("%s is at %d%%", "hall", i) end return n end`},
	{"gsub", `local s = ("turn on the kitchen light "):rep(40) return function() return (s:gsub("%s+", " ")) end`},
	{"gsub captures", `local s = ("a=1, bb=22, "):rep(40) return function() return (s:gsub("(%w+)=(%w+)", "%2=%1")) end`},
	{"match", `return function() local n = 0 for i = 1, 200 do local a, b = ("level = 75"):match("^(%w+)%s*=%s*(%d+)$") n = n + b end return n end`},
	{"gmatch", `local s = ("turn on the kitchen light "):rep(10) return function() local n = 0 for w in s:gmatch("%a+") do n = n + #w end return n end`},
	{"pcall", `return function() local n = 0 for i = 1, 500 do local ok, v = pcall(math.max, i, 3) n = n + v end return n end`},
	{"pcall Lua", `local function f(a) return a end return function() local n = 0 for i = 1, 500 do local ok, v = pcall(f, i) n = n + v end return n end`},
	{"pcall error", `return function() local n = 0 for i = 1, 100 do if not pcall(error, "no") then n = n + 1 end end return n end`},
	{"xpcall error", `local function f() error("no") end local function h(e) return e end return function() local n = 0 for i = 1, 100 do if not xpcall(f, h) then n = n + 1 end end return n end`},
	{"coroutine switches", `local co = coroutine.wrap(function() while true do coroutine.yield(1) end end) return function() local n = 0 for i = 1, 300 do n = n + co() end return n end`},
	{"coroutines made", `return function() local n = 0 for i = 1, 50 do n = n + coroutine.wrap(function() return 1 end)() end return n end`},
}

// BenchmarkCost measures how much slower Lua code is in a tool call than in plain gopher-lua. A
// tool call has the instruction hook, the run slots, the memory limit and package luastd. The plain
// state has gopher-lua's own libraries and no context. The benchmark measures the two in turn and
// reports the median of the ratios of successive measurements, because the load of the machine
// changes over time.
func BenchmarkCost(b *testing.B) {
	for _, sample := range costSamples {
		b.Run(sample.name, func(b *testing.B) {
			ours, theirs := runInToolCall(b, sample.source), runInPlainState(b, sample.source)
			measure := func(run func(n int), n int) time.Duration {
				began := time.Now()
				run(n)
				return time.Since(began)
			}
			measure(ours, 1)
			measure(theirs, 1)
			n := int(5*time.Millisecond/max(measure(theirs, 1), time.Microsecond)) + 1
			var oursNS, plainNS, ratios []float64
			for b.Loop() {
				our, plain := float64(measure(ours, n))/float64(n), float64(measure(theirs, n))/float64(n)
				oursNS, plainNS, ratios = append(oursNS, our), append(plainNS, plain), append(ratios, our/plain)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(ratios), "ratio")
			b.ReportMetric(median(oursNS), "ours-ns")
			b.ReportMetric(median(plainNS), "plain-ns")
		})
	}
}

// runInToolCall returns a function that runs the sample with the given source n times in one tool
// call.
func runInToolCall(b *testing.B, source string) (run func(n int)) {
	f := newFixture(b, Options{Limits: Limits{BurstWarning: time.Hour, Burst: time.Hour}})
	f.write("a.lua", `local run = (function() `+source+` end)()
		register_tool("run", function(args) for i = 1, args.n do run() end return "done" end)`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		b.Fatal(err)
	}
	return func(n int) {
		if r := f.call("run", fmt.Sprintf(`{"n":%d}`, n)); r.Text != "done" {
			b.Fatal(r.Text)
		}
	}
}

// runInPlainState returns a function that runs the sample with the given source n times in a plain
// gopher-lua state.
func runInPlainState(b *testing.B, source string) (run func(n int)) {
	L := lua.NewState()
	b.Cleanup(L.Close)
	if err := L.DoString(`local run = (function() ` + source + ` end)() return function(n) for i = 1, n do run() end end`); err != nil {
		b.Fatal(err)
	}
	fn := L.Get(-1)
	return func(n int) {
		if err := L.CallByParam(lua.P{Fn: fn, Protect: true}, lua.LNumber(n)); err != nil {
			b.Fatal(err)
		}
	}
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
