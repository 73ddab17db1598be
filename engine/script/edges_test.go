package script

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlark/engine/tool"
)

func TestCloseDoesNotWaitForALoad(t *testing.T) {
	for _, top := range []string{"sleep(3600)", "while true do end"} {
		b := newBench(t, Options{LoadTimeout: time.Minute, Limits: Limits{Burst: time.Hour}})
		b.write("a.lua", "")
		if _, err := b.Load(b.path("a.lua")); err != nil {
			t.Fatal(err)
		}
		b.write("a.lua", `print("loading") `+top)
		reloaded := make(chan error, 1)
		go func() { _, err := b.Reload(b.path("a.lua")); reloaded <- err }()
		b.until("loading")
		began := time.Now()
		b.Close()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: Close took %v", top, took)
		}
		if err := <-reloaded; err == nil || !strings.Contains(err.Error(), "shutting down") {
			t.Errorf("%s: Reload = %v, want shutting down", top, err)
		}
	}
}

// A script that crashes while Close waits for a reload asks to be loaded again,
// which has to wait for both.
func TestACrashDuringAReloadDoesNotHoldUpClose(t *testing.T) {
	b := load(t, "")
	g := b.find(b.path("a.lua")).current
	b.write("a.lua", `print("loading") sleep(0.1)`)
	reloaded := make(chan struct{})
	go func() { b.Reload(b.path("a.lua")); close(reloaded) }()
	b.until("loading")
	closed := make(chan struct{})
	go func() { b.Close(); close(closed) }()
	g.x.box.put(&message{do: func() { g.fault(&fault{value: "as if"}) }})
	<-reloaded
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		panic("Close and the load after the crash wait for each other") // so would the end of this test
	}
}

func TestWhatCannotSurviveIsNamedOnceAReload(t *testing.T) {
	b := load(t, `state.fn = print`)
	b.reload()
	b.Close()
	if n := strings.Count(b.all(), "state.fn does not survive a reload"); n != 1 {
		t.Errorf("it was said %d times:\n%s", n, b.all())
	}
}

func TestClosingIsNotCalledReplacing(t *testing.T) {
	b := load(t, `on("go", function() print("busy") while true do end end) on("wait", function() sleep(3600) end)`)
	b.Dispatch(Event{Type: "wait"})
	b.Dispatch(Event{Type: "go"})
	b.until("busy")
	b.Close()
	if b.said("replaced") || !b.said("shutting down") {
		t.Errorf("it was said:\n%s", b.all())
	}
}

// Lua that Go calls back runs on a thread of gopher-luar's, out of sight of the
// hook.
func TestAKillReachesLuaThatGoCalls(t *testing.T) {
	b := newBench(t, Options{Globals: map[string]any{"apply": func(f func()) { f() }}})
	b.write("a.lua", `
		register_tool { name = "loop", timeout = 0.05, handler = function() apply(function() while true do end end) end }
		register_tool { name = "guarded", timeout = 0.05, handler = function() while true do pcall(apply, function() while true do end end) end end }
		register_tool { name = "waits", timeout = 0.05, handler = function() apply(function() sleep(3600) end) end }
		register_tool("alive", function() local s = "no" apply(function() sleep(0.001) s = "yes" end) return s end)
		on("go", function() print("busy") apply(function() while true do end end) end)
	`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"loop", "guarded", "waits"} {
		if r := b.call(name, "{}"); r.Type != tool.ClientTimeout {
			t.Errorf("%s = %+v, want a client_timeout", name, r)
		}
		b.want("alive", "{}", "yes")
	}
	b.Dispatch(Event{Type: "go"})
	b.until("busy")
	b.Close()
}

func TestLuaThatGoCallsIsBoundedInItsBurst(t *testing.T) {
	b := newBench(t, Options{
		Globals: map[string]any{"apply": func(f func()) { f() }, "ended": func() {}},
		Limits:  Limits{BurstWarning: 20 * time.Millisecond, Burst: 400 * time.Millisecond},
	})
	b.write("a.lua", `
		local function loop() while true do end end
		local function work(s) local t = os.clock() while os.clock() - t < s do end end
		register_tool("once", function() apply(loop) end)
		register_tool("within", function() apply(function() apply(loop) end) end)
		register_tool("guarded", function() while true do pcall(apply, loop) end end)
		register_tool("tail", function() return pcall(apply, loop) end)
		register_tool("after-a-wait", function() apply(function() sleep(0.001) loop() end) end)
		register_tool("after-another", function() apply(ended) sleep(0.001) apply(loop) end)
		register_tool("co", function() return coroutine.resume(coroutine.create(function() apply(loop) end)) end)
		register_tool("polite", function() apply(function() for i = 1, 20 do work(0.03) sleep(0) end end) return "done" end)
		register_tool("alive", function() local s = "no" apply(function() s = "yes" end) return s end)
		on("go", function() apply(loop) end)
	`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"once", "within", "guarded", "tail", "after-a-wait", "after-another", "co"} {
		if r := b.call(name, "{}"); !r.IsError || !strings.Contains(r.Text, "ran for 400ms without a wait") {
			t.Errorf("%s = %+v, want an error that says that it ran for 400ms", name, r)
		}
		b.until("tool " + name + " has run for 20ms without a wait, in a function that Go has called")
		b.want("alive", "{}", "yes")
	}
	if r := b.call("once", "{}"); !strings.Contains(r.Text, "a.lua:2: ran for") {
		t.Errorf("once = %+v, want the line", r)
	}
	b.want("polite", "{}", "done") // 600 ms in all, but it waits
	b.Dispatch(Event{Type: "go"})
	b.until("on go: stopped: a.lua:2: ran for 400ms without a wait")
	b.want("alive", "{}", "yes")
}

func TestACallThatNeverBeganIsNotSaidToHaveTakenLong(t *testing.T) {
	b := load(t, `
		register_tool("busy", function() print("begun") local t = os.clock() while os.clock() - t < 0.15 do end end)
		register_tool { name = "quick", timeout = 0.03, handler = function() end }
	`)
	busy := b.start("busy", "{}")
	b.until("begun")
	b.want("quick", "{}", "! quick did not begin in 30ms: its script is busy with something else")
	b.await(busy)
}

func TestTurnsOfCancelledTimersDoNotPile(t *testing.T) {
	b := load(t, `register_tool("debounce", function()
		for i = 1, 1e5 do
			local ok, h = pcall(after, 0, print)
			if not ok then return h end
			for j = 1, 20 do end
			h:cancel()
		end
		return "never more than a few"
	end)`)
	b.call("debounce", "{}")
	box := b.find(b.path("a.lua")).current.x.box
	box.mu.Lock()
	defer box.mu.Unlock()
	if n := cap(box.items); n > 2*mostTimers {
		t.Errorf("the mailbox has grown to %d", n)
	}
}

func TestAnErrorOfGoIsReadable(t *testing.T) {
	b := newBench(t, Options{Globals: map[string]any{"open": func() (any, error) { return nil, errors.New("no such port") }}})
	b.write("a.lua", `
		register_tool("returned", function() local port, err = open() return nil, err end)
		register_tool("raised", function() local port, err = open() error(err) end)
	`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	b.want("returned", "{}", "! no such port")
	b.want("raised", "{}", "! no such port")
}

func TestNoResultIsLongerThanTheMost(t *testing.T) {
	b := load(t, fmt.Sprintf(`
		local bytes = ("\255a"):rep(%d) -- becomes twice as long as text
		register_tool("returned", function() return bytes end)
		register_tool("why", function() return nil, bytes end)
		register_tool("raised", function() error(bytes, 0) end)
		register_tool("json", function() return { bytes } end)
	`, tool.MaxResult/2))
	for _, name := range []string{"returned", "why", "raised", "json"} {
		if r := b.call(name, "{}"); !r.IsError || len(r.Text) > tool.MaxResult {
			t.Errorf("%s has %d bytes, is an error: %v", name, len(r.Text), r.IsError)
		}
	}
}

func TestTooManyTasksAreSpokenOf(t *testing.T) {
	b := load(t, `on("ping", function() sleep(3600) end)`)
	for range 2 {
		for range mostTasks / 2 {
			b.Dispatch(Event{Type: "ping"})
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.Dispatch(Event{Type: "ping"})
	b.until("256 tasks are waiting")
	if n := strings.Count(b.all(), "tasks are waiting"); n != 1 {
		t.Errorf("it was said %d times", n)
	}
}

func TestAPanicInGoIsHeldWhereverLuaIsEntered(t *testing.T) {
	b := newBench(t, Options{Globals: map[string]any{"boom": func() { panic("boom") }, "apply": func(f func()) { f() }}})
	b.write("m.lua", `boom()`)
	b.write("a.lua", `
		on("event", function() boom() end)
		register_tool("arm", function() spawn(boom) after(0, boom) every(0.01, boom) end)
		on_start(boom)
		on_unload(boom)
		for name, fn in pairs {
			comparator = function() table.sort({ 3, 1, 2 }, boom) end,
			metamethod = function() return setmetatable({}, { __index = boom }).x end,
			replacement = function() return ("x"):gsub("x", boom) end,
			iterator = function() for x in boom do end end,
			callback = function() apply(boom) end,
			module = function() require "m" end,
			handler = function() error(select(2, xpcall(error, boom)), 0) end,
			guarded = function() error(select(2, pcall(boom)), 0) end,
			after_a_wait = function() sleep(0.001) boom() end,
		} do register_tool(name, fn) end
		register_tool("alive", function() return "yes" end)
	`)
	b.write("other.lua", `register_tool("other", function() return "yes" end)`)
	if _, err := b.Load(b.path("a.lua"), b.path("other.lua")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"comparator", "metamethod", "replacement", "iterator", "callback", "module", "handler", "guarded", "after_a_wait"} {
		if r := b.call(name, "{}"); !r.IsError {
			t.Errorf("%s = %+v, want an error", name, r)
		}
		b.want("alive", "{}", "yes")
		b.want("other", "{}", "yes")
	}
	b.Dispatch(Event{Type: "event"})
	b.call("arm", "{}")
	for _, task := range []string{"on_start", "on event", "spawn", "timer"} {
		b.until("ERROR: " + task + ": ")
	}
	b.reload()
	b.until("ERROR: on_unload: ")
	b.want("alive", "{}", "yes")
	b.write("a.lua", "boom()")
	if _, err := b.Reload(b.path("a.lua")); err == nil || !strings.Contains(err.Error(), "boom") {
		t.Errorf("a top level that panics: %v, want an error with boom", err)
	}
	b.want("alive", "{}", "yes")
	b.want("other", "{}", "yes")
}
