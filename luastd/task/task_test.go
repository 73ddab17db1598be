package task_test

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"moonlark/engine/script"
	"moonlark/engine/tool"
	"moonlark/luastd/luastdtest"
)

func TestTaskExamples(t *testing.T) {
	luastdtest.ExamplesInUse(t, "testdata/*.lua", luastdtest.Options{})
}

// stop calls a tool of the script, and lets the call time out when the Lua condition is true. It
// fails the test if the call ends in another way.
func stop(t *testing.T, s *luastdtest.Script, name, condition string) {
	t.Helper()
	done := make(chan tool.Result, 1)
	call := &script.Call{Name: name, Reply: func(_ *script.Call, r tool.Result) { done <- r }}
	s.Scripts.Call(call)
	s.Want("while not ("+condition+") do sleep(0.001) end", "")
	s.Scripts.ShortenTimeout(call, time.Millisecond)
	if r := <-done; !strings.Contains(r.Text, "took longer than 1ms") {
		t.Errorf("%s: %s", name, r.Text)
	}
}

func TestWaitsRaiseAnErrorWhileTheScriptLoads(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		early = task.spawn(function(v) return v end, "early")
		cancelled = task.spawn(print, "never")
		cancelled:cancel()
		q, m, e, s = task.queue(1), task.mutex(), task.event(), task.semaphore(1)
		q:put("full")
		m:lock()
		s:acquire()
		q2 = task.queue()
		messages = {}
		for i, f in ipairs{
			function() early:wait() end, function() q:put(1) end, function() q2:get() end, function() q2:items()() end,
			function() e:wait() end, function() task.all{print} end, function() task.settle{print} end,
			function() task.race{print} end, function() task.map({1}, print) end, function() task.timeout(1, print) end,
			function() task.retry(2, error) end,
		} do
			messages[i] = select(2, pcall(f)):match(": (.*)")
		end`})
	s.Want(`for i = 1, 11 do
		if messages[i] ~= "the script is still loading: call it in on_start(function() ... end)" then return i, messages[i] end
	end
	return #messages`, "11")
	s.Want(`return early:wait()`, "early")
	s.Want(`return cancelled:wait()`, "nil, cancelled: the task was cancelled, cancelled")
	s.Want(`return tostring(m), tostring(s)`, "mutex (unlocked), semaphore (1 of 1 free)")
}

func TestNothingWaitsInOnUnload(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `on_unload(function()
		print(pcall(task.all, {print}))
		print(pcall(task.spawn, print))
		print(task.mutex():with(function() return "mutex" end))
	end)`})
	s.Scripts.Close()
	got := strings.Join(s.Output(), "\n")
	for _, line := range []string{"false\ton_unload cannot wait", "this copy of the script has been replaced, and starts nothing more", "mutex"} {
		if !strings.Contains(got, line) {
			t.Errorf("the output has no line %q:\n%s", line, got)
		}
	}
}

func TestFailuresThatNobodyWaitsForAreLoggedOnce(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		function fail(text)
			local function inner() error(text) end
			inner()
		end`})
	s.Want(`
		local t = task.spawn(fail, "alone")
		sleep(0.01)
		local _, reason = t:wait()
		t:wait()
		task.spawn(fail, "awaited"):wait()
		task.settle{function() fail("settled") end}
		task.race({function() sleep(0.01) end, function() fail("raced") end})
		local cancelled = task.spawn(sleep, 60)
		task.yield()
		cancelled:cancel()
		sleep(0.01)
		return reason`, "failed: test.lua:3: alone")
	got := strings.ReplaceAll(strings.Join(s.Output(), "\n"), s.Folder+string(filepath.Separator), "")
	if !strings.HasPrefix(got, "ERROR: task: test.lua:3: alone\n") || strings.Count(got, "alone") != 1 || !strings.Contains(got, "test.lua:4: in") {
		t.Errorf("the log is:\n%s\nwant one error, with the stack", got)
	}
	if len(s.Output()) != 1 {
		t.Errorf("the log has %q, want one message", s.Output())
	}
}

func TestReasonsNameTheVariable(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		function broken() lamp.on() end`})
	const reason = "nil, failed: test.lua:2: attempt to index 'lamp' (a nil value), failed"
	s.Want(`return task.spawn(broken):wait()`, reason)
	s.Want(`return task.all{broken}`, reason)
	s.Want(`return task.retry(1, broken)`, reason)
}

// When a tool call is stopped, what it waits for is cancelled, and what it holds is released.
func TestAStoppedToolCallLeavesNothingBehind(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		m, s, q = task.mutex(), task.semaphore(1), task.queue(1)
		local function forever() while true do pcall(sleep, 60) end end
		children = {}
		local function run() children[#children + 1] = task.self() forever() end
		register_tool("all", function() m:lock() task.all{run, run, forever} end)
		register_tool("settle", function() m:with(function() task.settle{run, run, forever} end) end)
		register_tool("race", function() s:acquire() task.race{run, run, forever} end)
		register_tool("map", function() s:with(function() task.map({1, 2}, run) end) end)
		register_tool("timeout", function() task.timeout(600, run) end)
		register_tool("wait", function() task.spawn(function()
			children[#children + 1] = task.self()
			while not finish do sleep(0.001) end
			return "finished"
		end):wait() end)
		register_tool("coroutine", function() coroutine.wrap(function() m:with(function() task.all{run} end) end)() end)
		register_tool("lock", function() begun = true m:lock() end)
		register_tool("get", function() begun = true q:get() end)
		register_tool("event", function() begun = true task.event():wait() end)
		register_tool("retry", function() tried, begun = 0, true task.retry(10, function() tried = tried + 1 sleep(60) end, {wait = 0}) end)`})
	for _, name := range []string{"all", "settle", "race", "map", "timeout", "coroutine"} {
		stop(t, s, name, "#children > 0")
		s.Want(`
			for i, t in ipairs(children) do
				local _, _, code = t:wait(60)
				if code ~= "cancelled" then return i, code end
			end
			local n = #children > 0
			children = {}
			return n, tostring(m), tostring(s)`, "true, mutex (unlocked), semaphore (1 of 1 free)")
	}
	stop(t, s, "wait", "#children > 0") // does not cancel the task that it waits for
	s.Want(`local status = children[1]:status() finish = true return status, children[1]:wait()`, "running, finished")

	s.Want(`m:lock() return true`, "true") // the mutex is unlocked when this task ends
	s.Want(`holder = task.spawn(function() m:lock() sleep(600) end) task.yield() return tostring(m)`, "mutex (locked)")
	for _, name := range []string{"lock", "get", "event", "retry"} {
		stop(t, s, name, "begun")
		s.Want(`begun = false`, "")
	}
	s.Want(`holder:cancel() holder:wait() return tostring(m), m:lock(0)`, "mutex (unlocked), true")
	s.Want(`q:put("kept") return q:get(0), tried`, "kept, 1")
}

func TestTasksLeaveNothingBehind(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	s.Want(`return task.spawn(sleep, 0):wait()`, "")
	before := runtime.NumGoroutine()
	s.Want(`
		m, q, e = task.mutex(), task.queue(), task.event()
		e:set()
		function work(i)
			m:with(function() q:put(i) end)
			e:wait()
			return ("x"):rep(10000) .. i
		end
		function run()
			for i = 1, 1000 do
				local big = ("y"):rep(10000) .. i
				last = task.spawn(work, i):wait()
				q:get()
				task.spawn(function() task.timeout(600, work, i) return big end):wait(600)
				q:get()
				m:lock(1)
				m:unlock()
			end
		end`, "")
	for range 10 { // a tool call takes at most 15 s, even under the race detector
		s.Want(`run() return #last`, "10004")
	}
	if after := runtime.NumGoroutine(); after > before+20 {
		t.Errorf("there are %d goroutines, before %d", after, before)
	}
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	if memory.HeapAlloc > 50<<20 {
		t.Errorf("%d MiB are in use, want less than 50", memory.HeapAlloc>>20)
	}
}

func TestReloadsLeaveNothingBehind(t *testing.T) {
	luastdtest.CheckReloads(t, luastdtest.Options{Source: `
		q, m, e, s = task.queue(1), task.mutex(), task.event(), task.semaphore(1)
		task.spawn(function() m:lock() s:acquire() e:wait(600) end)
		task.spawn(function() m:with(print) end)
		task.spawn(s.acquire, s, 600)
		task.spawn(function() for v in q:items() do print(v) end end)
		task.spawn(task.all, {function() sleep(600) end, function() task.timeout(600, sleep, 600) end})
		task.spawn(task.retry, 10, function() return nil, "no" end, {wait = 600})
		on_start(function() coroutine.wrap(function() e:wait() end)() end)`})
}
