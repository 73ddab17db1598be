package vm

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestCoroutinesBehaveAsInLua51(t *testing.T) {
	f := newFixture(t, Options{}, nil, `
		function generator()
			local out = {}
			for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i * i) end end) do out[#out + 1] = v end
			return out
		end
		function passes()
			local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b) local d, e = coroutine.yield(c * 2) return d, e end)
			local _, sum = coroutine.resume(co, 1, 2)
			local _, twice = coroutine.resume(co, 10)
			local _, d, e = coroutine.resume(co, "x", "y")
			return sum, twice, d, e, coroutine.status(co)
		end
		function err()
			local co = coroutine.create(function() error({ code = 7 }) end)
			local ok, err = coroutine.resume(co)
			return ok, err.code, coroutine.status(co), (select(2, coroutine.resume(co)))
		end
		function wrap_error() local ok, err = pcall(coroutine.wrap(function() error("bad", 0) end)) return err end
		function status()
			local outer
			outer = coroutine.create(function()
				local inner = coroutine.create(function() return coroutine.status(outer) end)
				local _, seen = coroutine.resume(inner)
				return seen, coroutine.status(inner)
			end)
			local before = coroutine.status(outer)
			local _, seen, inner = coroutine.resume(outer)
			return before, seen, inner, coroutine.status(outer)
		end
		function normal() -- three lines that kill a stock gopher-lua
			local a
			a = coroutine.create(function()
				local b = coroutine.create(function() return coroutine.resume(a) end)
				return coroutine.resume(b)
			end)
			return coroutine.resume(a)
		end
		function self() return coroutine.wrap(function() return coroutine.resume(coroutine.running()) end)() end
		function deep()
			local function f(n) return coroutine.wrap(function() return f(n + 1) end)() end
			local ok, err = pcall(f, 0)
			return tostring(err):match("resume each other more than %d+ deep")
		end
		function outside() local ok, err = pcall(coroutine.yield, 1) return err end
		function running() return tostring(coroutine.running()), type(coroutine.wrap(function() return coroutine.running() end)()) end
		function base_tail_yield()
			local co = coroutine.create(function(x) return coroutine.yield(x) end)
			coroutine.resume(co, 1)
			return coroutine.resume(co, 2)
		end
		function yield_in_metamethod()
			local m = setmetatable({}, { __index = function(_, k) return coroutine.yield(k) end })
			local co = coroutine.wrap(function() return "got " .. m.key end)
			return co() .. " " .. co("it")
		end
	`)
	for name, want := range map[string]string{
		"generator":           "[1,4,9]",
		"passes":              "3,20,x,y,dead",
		"err":                 "false,7,dead,cannot resume dead coroutine",
		"wrap_error":          "bad",
		"status":              "suspended,normal,dead,dead",
		"normal":              "true,true,false,cannot resume non-suspended coroutine",
		"self":                "false,cannot resume non-suspended coroutine",
		"deep":                "resume each other more than 200 deep",
		"outside":             "attempt to yield from outside a coroutine",
		"running":             "nil,thread",
		"base_tail_yield":     "true,2",
		"yield_in_metamethod": "key got it",
	} {
		f.want(name, want)
	}
}

func TestATaskCannotResumeTheCoroutineOfATaskThatWaits(t *testing.T) {
	f := newFixture(t, Options{}, nil, `
		local co
		function first() co = coroutine.create(function() sleep(0.02) return "slept" end) return select(2, coroutine.resume(co)) end
		function second() local ok, err = coroutine.resume(co) return coroutine.status(co) .. ": " .. err end
	`)
	first := f.start("first")
	f.want("second", "normal: cannot resume non-suspended coroutine")
	if got := f.await(first); got.text != "slept" {
		t.Errorf("first returned %+v, want slept", got)
	}
}

func TestForgottenCoroutinesAreCollected(t *testing.T) {
	f := newFixture(t, Options{}, nil, `
		function forget() for i = 1, 1000 do coroutine.wrap(function() coroutine.yield() end)() end end
	`)
	before := runtime.NumGoroutine()
	for range maxCoroutines/1000 + 1 {
		f.want("forget", "")
		for range 100 {
			runtime.GC()
			time.Sleep(time.Millisecond)
			if runtime.NumGoroutine() < before+200 {
				break
			}
		}
	}
	if n := runtime.NumGoroutine(); n > before+200 {
		t.Errorf("%d goroutines of forgotten coroutines are left", n-before)
	}
}

// The cleanups of collected coroutines run only between tasks. So when one task makes too many
// coroutines, the executor must find the collected ones itself.
func TestForgottenCoroutinesMakeRoomWithinOneTask(t *testing.T) {
	if testing.Short() {
		t.Skip("makes thousands of coroutines")
	}
	f := newFixture(t, Options{Limits: Limits{BurstWarning: time.Minute, Burst: time.Minute}}, nil, fmt.Sprintf(`
		function forgotten()
			local n = 0
			for i = 1, %[1]d do
				local next = coroutine.wrap(function() n = n + 1 coroutine.yield() end)
				next()
			end
			return n
		end
		function kept()
			local kept = {}
			for i = 1, %[1]d do
				local co = coroutine.create(coroutine.yield)
				local ok, err = coroutine.resume(co)
				if not ok then return #kept .. ": " .. err end
				kept[i] = co
			end
		end
	`, maxCoroutines+1000))
	f.want("forgotten", fmt.Sprint(maxCoroutines+1000))
	if got := f.run("kept"); !strings.Contains(got.text, fmt.Sprintf("more than %d coroutines at once", maxCoroutines)) {
		t.Errorf("kept returned %+v, want an error about too many coroutines", got)
	}
	for end := time.Now().Add(10 * time.Second); f.run("forgotten").err != nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the coroutines of kept have not been collected")
		}
	}
}
