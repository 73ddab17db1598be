package vm

import (
	"testing"
	"time"

	"moonlark/engine/testkit"
)

// After a failed call, the pcall of gopher-lua leaves upvalues that point into the stack.
func TestAClosureOutlivesTheCallThatFailed(t *testing.T) {
	f := newFixture(t, Options{}, nil, `
		function fail() local room = "hall" saved = function() return room end error("no", 0) end
		function fail_in_coroutine()
			coroutine.resume(coroutine.create(function() local room = "hall" saved = function() return room end error("no") end))
		end
		function other() local x, y, z = 1, 2, 3 sleep(0) return x + y + z end
		function read_saved() local p, q, r = "p", "q", "r" return saved(), p, q, r end
		function within()
			local f
			pcall(function() local a, b, c = 1, 2, 3 f = function() return a, b, c end error("x") end)
			local u, v, w = "u", "v", "w"
			local t = { u, v, w }
			return f()
		end
		function in_xpcall()
			local f
			local ok, err = xpcall(function() local a = "kept" f = function() return a end error("x", 0) end, function(e) return e .. "!" end)
			local u, v, w = "u", "v", "w"
			return f(), ok, err
		end
	`)
	for _, fail := range []string{"fail", "fail_in_coroutine"} {
		f.run(fail)
		f.want("other", "6")
		f.want("read_saved", "hall,p,q,r")
	}
	f.want("within", "1,2,3")
	f.want("in_xpcall", "kept,false,x!")
}

func TestProtectedCallsBehaveAsInLua51(t *testing.T) {
	f := newFixture(t, Options{}, nil, `
		function nested()
			local n, err = 0
			local function f() n = n + 1 local ok, why = pcall(f) if not ok and not err then err = why end end
			f()
			return err, n
		end
		function wait() return select(2, pcall(pcall, pcall, function() sleep(0.001) return "deep" end)) end
		function results() return pcall(function(...) return select("#", ...), ... end, 1, nil, 3) end
		function nothing() return select("#", pcall(function() end)) end
		function not_a_function() return pcall(5) end
		function trace() return select(2, xpcall(function() error("x") end, function() return (debug.traceback("in handler"):gsub("\n.*", "")) end)) end
		function handler_fails() return xpcall(error, error) end
		function overflow() local function f() return 1 + f() end local ok, err = pcall(f) return (tostring(err):gsub("^.-: ", "")) end
	`)
	for name, want := range map[string]string{
		"nested":         "protected calls are nested more than 100 deep,101",
		"wait":           "true,true,deep",
		"results":        "true,3,1,nil,3",
		"nothing":        "1",
		"not_a_function": "false,attempt to call a number value",
		"trace":          "in handler",
		"handler_fails":  "false,error in error handling",
		"overflow":       "stack overflow",
	} {
		f.want(name, want)
	}
}

func TestCallsMayBeNestedAsDeepAsOrdinaryProgramsNeed(t *testing.T) {
	testkit.SkipIfEmulated(t)
	f := newFixture(t, Options{Limits: Limits{Burst: time.Minute}}, nil, `
		function deep() local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end return f(15000) end
		function deep_in_pcall() return select(2, pcall(deep)) end
		function deep_in_coroutine() return select(2, coroutine.resume(coroutine.create(deep))) end
		function flood_fill()
			local seen, n = {}, 0
			local function fill(x, y)
				if x < 1 or x > 60 or y < 1 or y > 60 or seen[x * 100 + y] then return end
				seen[x * 100 + y] = true
				n = n + 1
				fill(x + 1, y) fill(x - 1, y) fill(x, y + 1) fill(x, y - 1)
			end
			fill(1, 1)
			return n
		end
		function quicksort()
			local t = {}
			for i = 1, 3000 do t[i] = i end
			local function sort(first, last)
				if first >= last then return end
				local pivot, j = t[last], first
				for i = first, last - 1 do if t[i] < pivot then t[i], t[j] = t[j], t[i] j = j + 1 end end
				t[j], t[last] = t[last], t[j]
				sort(first, j - 1)
				sort(j + 1, last)
			end
			sort(1, 3000)
			return t[3000]
		end
		function metamethods()
			local mt = {}
			mt.__index = function(t, k) if k == 0 then return 0 end return 1 + setmetatable({}, mt)[k - 1] end
			return setmetatable({}, mt)[5000]
		end
		function go_functions() local function f(n) return (("x"):gsub(".", function() if n > 0 then f(n - 1) end end)) end return f(150) end
		function closures()
			local kept = {}
			local function f(n) local v = n kept[n] = function() return v end if n < 3000 then f(n + 1) end v = -n end
			f(1)
			return kept[1](), kept[2999]()
		end
	`)
	for name, want := range map[string]string{
		"deep": "15000", "deep_in_pcall": "15000", "deep_in_coroutine": "15000", "flood_fill": "3600", "quicksort": "3000",
		"metamethods": "5000", "go_functions": "x", "closures": "-1,-2999",
	} {
		if testkit.Race && name == "quicksort" {
			continue // it takes most of a minute
		}
		f.want(name, want)
	}
}
