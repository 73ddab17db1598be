package script

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/tool"
)

func TestACallInProgressEndsOnTheOldGeneration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := load(t, `register_tool("version", function(a) if a.wait then sleep(0.05) end return "old" end)`)
		slow := f.start("version", `{"wait":true}`)
		f.write("a.lua", `register_tool("version", function() return "new" end)`)
		f.reload()
		f.want("version", "{}", "new")
		if r := f.await(slow); r.Text != "old" {
			t.Errorf("the call in progress returned %+v, want old", r)
		}
	})
}

// Queued calls and events move to the new generation in their order. A call of a tool that the new
// generation does not have runs on the old generation.
func TestQueuedCallsMoveToTheNewGeneration(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the time limits of a busy script")
	}
	var busy atomic.Bool
	busy.Store(true)
	f := newFixture(t, Options{Limits: Limits{Burst: time.Hour}, Globals: map[string]any{"busy": busy.Load}})
	f.write("a.lua", `
		register_tool("block", function() print("blocks") while busy() do end return "old" end)
		register_tool("version", function(a) return "old " .. a.n end)
		register_tool("gone", function() return "old" end)
		on("e", function(e) print("old event") end)
	`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	block := f.start("block", "{}")
	f.until("blocks")
	var calls []<-chan tool.Result
	for i := range 10 {
		calls = append(calls, f.start("version", fmt.Sprintf(`{"n":%d}`, i)))
		f.Dispatch(Event{Type: "e", Data: fmt.Appendf(nil, `{"n":%d}`, i)})
	}
	gone := f.start("gone", "{}")
	f.write("a.lua", `
		register_tool("version", function(a) print("call " .. a.n) return "new " .. a.n end)
		on("e", function(e) print("event " .. e.n) end)
	`)
	f.reload()
	want := "blocks"
	for i, call := range calls {
		if r := f.await(call); r.Text != fmt.Sprint("new ", i) {
			t.Errorf("call %d returned %+v, want new %d", i, r, i)
		}
		want += fmt.Sprintf(", call %d, event %d", i, i)
	}
	f.until("event 9")
	if got := f.printed(); got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	busy.Store(false)
	for _, call := range []<-chan tool.Result{block, gone} {
		if r := f.await(call); r.Text != "old" {
			t.Errorf("a call of the old generation returned %+v, want old", r)
		}
	}
	for _, call := range append(calls, block, gone) {
		if len(call) > 0 {
			t.Errorf("a call was answered twice: %+v", <-call)
		}
	}
}

func TestAFailedReloadKeepsTheOldGeneration(t *testing.T) {
	f := load(t, `register_tool("version", function() return "old" end)`)
	for source, want := range map[string]string{
		"register_tool(":               "a.lua:1: syntax error near the end of the file",
		"x = = 1":                      "a.lua:1: syntax error near '='",
		"\xFF\xFEx\x00=\x001\x00":      "a.lua:1: the text is UTF-16: save or send it as UTF-8",
		"\n\nerror('no')":              "a.lua:3: no",
		"error({})":                    "a.lua",
		"\nregistr_tool(\"a\", print)": "a.lua:2: attempt to call 'registr_tool' (a nil value)",
		"register_tool('a b', print)":  "a.lua:1: register_tool: \"a b\" is not a tool name",
		"register_tool('x', 5)":        "a.lua:1: register_tool x: its handler must be a function, not a number",
		"local a = require 'jsno'":     "a.lua:1: module 'jsno' not found (did you mean 'json'?)",
		"session.send('hi')":           "",
		"while true do end":            "a.lua:1: the top level took longer than",
	} {
		f.Scripts.opts.LoadTimeout = 100 * time.Millisecond
		f.write("a.lua", source)
		_, err := f.Reload(f.path("a.lua"))
		// the script must load, because session.send returns nil and a reason and raises no error
		if want == "" {
			if err != nil {
				t.Errorf("%q: %v", source, err)
			}
			f.write("a.lua", `register_tool("version", function() return "old" end)`)
			f.reload()
			continue
		}
		if err == nil {
			t.Fatalf("the script %q was loaded, want an error", source)
		}
		got := strings.ReplaceAll(err.Error(), f.dir+"/", "")
		if !strings.HasPrefix(got, want) {
			t.Errorf("the error of %q is %q, want %q", source, got, want)
		}
		f.want("version", "{}", "old")
	}
}

// An editor that cannot save, on a full disk for example, leaves an empty file.
func TestAFileThatHasBecomeEmptyIsNotLoaded(t *testing.T) {
	f := newFixture(t, Options{})
	f.write("m.lua", "return 1")
	f.write("a.lua", `local m = require "m" register_tool("version", function() return m end)`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.lua", "m.lua"} {
		for _, blank := range []string{"", "\n", " \t\r\n"} {
			whole, _ := os.ReadFile(f.path(name))
			f.write(name, blank)
			_, err := f.Reload(f.path("a.lua"))
			if err == nil || !strings.Contains(err.Error(), name+": the file is empty") {
				t.Errorf("the error of %s with the text %q is %v, want: the file is empty", name, blank, err)
			}
			if _, err := f.Check(f.path("a.lua")); err == nil {
				t.Errorf("Check accepts %s with the text %q", name, blank)
			}
			f.want("version", "{}", "1")
			f.write(name, string(whole))
		}
	}
	f.write("a.lua", "-- no tools")
	f.reload()
	if tools := f.Tools(); len(tools) > 0 {
		t.Errorf("a file with a comment alone has the tools %v, want none", tools)
	}
}

func TestAScriptMayBeEmptyFromTheStart(t *testing.T) {
	f := load(t, "")
	f.reload()
}

func TestHandlersAndTimersEndWithTheirGeneration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := load(t, `
		every(0.005, function() print("old tick") end)
		on("ping", function() print("old ping") sleep(0.01) print("old woke") end)
		on_unload(function() print("unload") end)
	`)
		f.until("old tick")
		f.Dispatch(Event{Type: "ping"})
		f.until("old ping")
		f.write("a.lua", `on_start(function() print("start") end) on("ping", function(e) print("new " .. e.type) end)`)
		f.reload()
		f.until("start")
		before := strings.Count(f.all(), "old tick")
		f.Dispatch(Event{Type: "ping"})
		f.until("new ping")
		time.Sleep(time.Second)
		if after := strings.Count(f.all(), "old tick"); after > before {
			t.Errorf("the old timer went on: %d runs at the reload, %d later", before, after)
		}
		if f.hasLine("old woke") {
			t.Error("an old handler went on after the reload")
		}
		if all := f.all(); strings.Index(all, "unload") > strings.Index(all, "start") {
			t.Errorf("on_start ran before the old on_unload:\n%s", all)
		}
	})
}

func TestAnEndlessLoopInAHandlerDoesNotBlockAReload(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the time limits of a busy script")
	}
	f := load(t, `on("ping", function() print("looping") while true do end end) register_tool("v", function() return "old" end)`)
	f.Dispatch(Event{Type: "ping"})
	f.until("looping")
	f.write("a.lua", `register_tool("v", function() return "new" end)`)
	f.reload()
	f.want("v", "{}", "new")
}

func TestAnEndlessLoopInACallDoesNotBlockAReload(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the time limits of a busy script")
	}
	f := load(t, `register_tool { name = "loop", timeout = 30, handler = function() print("looping") while true do end end } register_tool("v", function() return "old" end)`)
	loop := f.start("loop", "{}")
	f.until("looping")
	f.write("a.lua", `register_tool("v", function() return "new" end)`)
	f.reload()
	f.want("v", "{}", "new")
	f.Close()
	f.await(loop)
}

func TestACallOfAReplacedGenerationStartsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := load(t, `register_tool("late", function()
		print("waits")
		sleep(0.1)
		local function why(f, ...) return tostring(select(2, pcall(f, ...))) end
		return why(spawn, print) .. "; " .. why(after, 0, print) .. "; " .. why(every, 1, print)
	end)`)
		late := f.start("late", "{}")
		f.until("waits")
		f.write("a.lua", "-- no tools")
		f.reload()
		want := "this copy of the script has been replaced, and starts nothing more"
		if r := f.await(late); r.Text != "spawn: "+want+"; after: "+want+"; every: "+want {
			t.Errorf("late returned %+v, want three errors", r)
		}
	})
}

func TestCallsOfTheOldestOfTooManyGenerationsAreStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := load(t, `register_tool("wait", function() sleep(3600) end)`)
		var waits []<-chan tool.Result
		for range maxOldGenerations + 2 {
			waits = append(waits, f.start("wait", "{}"))
			f.reload()
		}
		for _, answer := range waits[:2] {
			if r := f.await(answer); !r.IsError || !strings.Contains(r.Text, "the script was replaced") {
				t.Errorf("an old call returned %+v, want an error: the script was replaced", r)
			}
		}
		if len(waits[2]) > 0 {
			t.Error("a call of a newer generation was answered too")
		}
	})
}

// callMeanwhile runs work while some goroutines call tools, and returns the number of calls. name returns the
// name of the tool for the i-th call of a goroutine. The tools return a text that ends with a colon and their
// argument n. The test fails unless each call is answered in that way, and exactly once.
func (f *fixture) callMeanwhile(callers int, name func(i int) string, work func()) (calls int64) {
	var stop atomic.Bool
	var count atomic.Int64
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := 0; !stop.Load(); i++ {
				answer := make(chan tool.Result, 2)
				n := c*1_000_000 + i
				f.Call(&Call{ID: fmt.Sprint(n), Name: name(i), Args: fmt.Appendf(nil, `{"n":%d}`, n), Reply: func(_ *Call, r tool.Result) { answer <- r }})
				select {
				case r := <-answer:
					if r.IsError || !strings.HasSuffix(r.Text, fmt.Sprintf(":%d", n)) {
						f.t.Errorf("call %d returned %+v", n, r)
					}
				case <-time.After(20 * time.Second):
					f.t.Errorf("call %d was never answered", n)
					return
				}
				if len(answer) > 0 {
					f.t.Errorf("call %d was answered twice", n)
				}
				count.Add(1)
			}
		})
	}
	work()
	stop.Store(true)
	wg.Wait()
	return count.Load()
}

// The test reloads the script hundreds of times while eight goroutines call its tool. Each call
// must be answered exactly once.
func TestNoCallIsLostOrAnsweredTwiceDuringReloads(t *testing.T) {
	const callers = 8
	saves, minCalls := 300, int64(1000)
	if testing.Short() {
		saves, minCalls = 30, 100
	}
	source := func(n int) string {
		return fmt.Sprintf(`
			register_tool("echo", function(args) if args.n %% 3 == 0 then sleep(0.001) end return %d .. ":" .. args.n end)`, n)
	}
	f := load(t, source(0))
	calls := f.callMeanwhile(callers, func(int) string { return "echo" }, func() {
		for i := 1; i <= saves; i++ {
			f.write("a.lua", source(i))
			if _, err := f.Reload(f.path("a.lua")); err != nil {
				t.Errorf("save %d: %v", i, err)
				break
			}
		}
	})
	if calls < minCalls {
		t.Errorf("only %d calls during %d saves", calls, saves)
	}
	f.want("echo", `{"n":1}`, fmt.Sprintf("%d:1", saves))
}

// A timer is due before a reload, but its task has not begun yet. The task must not begin after the
// reload.
func TestTimersThatWereDueDoNotOutliveTheirGeneration(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the time limits of a busy script")
	}
	f := newFixture(t, Options{Limits: Limits{Burst: time.Hour}})
	f.write("a.lua", `
		for i = 1, 6 do after(0.001, function() print("looping") while true do end end) end
		register_tool("v", function() return "old" end)
	`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	f.until("looping")
	f.write("a.lua", `register_tool("v", function() return "new" end)`)
	f.reload()
	f.want("v", "{}", "new")
	closed := make(chan struct{})
	go func() { f.Close(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(5 * time.Second):
		t.Fatal("Close waits for loops of a replaced generation")
	}
}

func TestAFailedReloadStopsNoHandler(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a loop for a second")
	}
	f := load(t, `on("go", function() print("busy") local t = os.clock() while os.clock() - t < 0.8 do end print("finished") end)`)
	f.Dispatch(Event{Type: "go"})
	f.until("busy")
	f.write("a.lua", "x = = 1")
	if _, err := f.Reload(f.path("a.lua")); err == nil {
		t.Fatal("a script with a syntax error was loaded")
	}
	f.until("finished")
}

// It is normal that a reload ends a waiting event handler, so no warning is logged.
func TestAReloadEndsAHandlerWithoutAWarning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := load(t, `on("ping", function() print("waits") sleep(3600) end)`)
		f.Dispatch(Event{Type: "ping"})
		f.until("waits")
		f.reload()
		f.until("DEBUG: on ping: stopped: a.lua:1: the script was replaced")
		if f.hasLine("WARN") {
			t.Errorf("there was a warning:\n%s", f.all())
		}
	})
}
