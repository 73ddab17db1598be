package script

import (
	"fmt"
	"slices"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// costSamples are ordinary scripts: each a chunk that returns a function to run.
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
	{"coroutine switches", `local co = coroutine.wrap(function() while true do coroutine.yield(1) end end) return function() local n = 0 for i = 1, 300 do n = n + co() end return n end`},
	{"coroutines made", `return function() local n = 0 for i = 1, 50 do n = n + coroutine.wrap(function() return 1 end)() end return n end`},
}

// What an ordinary script pays for being contained: with the hook, the slots,
// the watch over the heap and our library, beside plain gopher-lua with its own
// and no context. Each run measures both in turns and reports the middle of the
// ratios of neighbours, since what else the machine does comes and goes.
func BenchmarkCost(b *testing.B) {
	for _, sample := range costSamples {
		b.Run(sample.name, func(b *testing.B) {
			ours, theirs := contained(b, sample.source), plain(b, sample.source)
			one := func(run func(n int), n int) time.Duration {
				began := time.Now()
				run(n)
				return time.Since(began)
			}
			one(ours, 1)
			one(theirs, 1)
			n := int(5*time.Millisecond/max(one(theirs, 1), time.Microsecond)) + 1
			var contained, plain, ratios []float64
			for b.Loop() {
				mine, other := float64(one(ours, n))/float64(n), float64(one(theirs, n))/float64(n)
				contained, plain, ratios = append(contained, mine), append(plain, other), append(ratios, mine/other)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(middle(ratios), "ratio")
			b.ReportMetric(middle(contained), "ours-ns")
			b.ReportMetric(middle(plain), "plain-ns")
		})
	}
}

// contained gives a function that runs the sample n times in one tool call.
func contained(b *testing.B, source string) (run func(n int)) {
	s := newBench(b, Options{Limits: Limits{BurstWarning: time.Hour, Burst: time.Hour}})
	s.write("a.lua", `local run = (function() `+source+` end)()
		register_tool("run", function(args) for i = 1, args.n do run() end return "done" end)`)
	if _, err := s.Load(s.path("a.lua")); err != nil {
		b.Fatal(err)
	}
	return func(n int) {
		if r := s.call("run", fmt.Sprintf(`{"n":%d}`, n)); r.Text != "done" {
			b.Fatal(r.Text)
		}
	}
}

// plain is the same for gopher-lua as it comes.
func plain(b *testing.B, source string) (run func(n int)) {
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

func middle(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}
