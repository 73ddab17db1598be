package script

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/tool"
)

func TestACallUnderWayEndsOnTheOldGeneration(t *testing.T) {
	b := load(t, `register_tool("version", function(a) if a.wait then sleep(0.05) end return "old" end)`)
	slow := b.start("version", `{"wait":true}`)
	b.write("a.lua", `register_tool("version", function() return "new" end)`)
	b.reload()
	b.want("version", "{}", "new")
	if r := b.await(slow); r.Text != "old" {
		t.Errorf("the call under way = %+v, want old", r)
	}
}

// Calls that have not begun belong to the new copy, in the order of the wire; a
// tool that it no longer has still runs on the old one.
func TestACallThatWaitsForItsTurnMovesToTheNewGeneration(t *testing.T) {
	var busy atomic.Bool
	busy.Store(true)
	b := newBench(t, Options{Limits: Limits{Burst: time.Hour}, Globals: map[string]any{"busy": busy.Load}})
	b.write("a.lua", `
		register_tool("block", function() print("blocks") while busy() do end return "old" end)
		register_tool("version", function(a) return "old " .. a.n end)
		register_tool("gone", function() return "old" end)
		on("e", function(e) print("old event") end)
	`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	block := b.start("block", "{}")
	b.until("blocks")
	var calls []<-chan tool.Result
	for i := range 10 {
		calls = append(calls, b.start("version", fmt.Sprintf(`{"n":%d}`, i)))
		b.Dispatch(Event{Type: "e", Data: fmt.Appendf(nil, `{"n":%d}`, i)})
	}
	gone := b.start("gone", "{}")
	b.write("a.lua", `
		register_tool("version", function(a) print("call " .. a.n) return "new " .. a.n end)
		on("e", function(e) print("event " .. e.n) end)
	`)
	b.reload()
	want := "blocks"
	for i, call := range calls {
		if r := b.await(call); r.Text != fmt.Sprint("new ", i) {
			t.Errorf("call %d = %+v, want new %d", i, r, i)
		}
		want += fmt.Sprintf(", call %d, event %d", i, i)
	}
	b.until("event 9")
	if got := b.printed(); got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	busy.Store(false)
	for _, call := range []<-chan tool.Result{block, gone} {
		if r := b.await(call); r.Text != "old" {
			t.Errorf("got %+v, want old", r)
		}
	}
	for _, call := range append(calls, block, gone) {
		if len(call) > 0 {
			t.Errorf("answered twice: %+v", <-call)
		}
	}
}

func TestABrokenSaveKeepsTheOldGeneration(t *testing.T) {
	b := load(t, `register_tool("version", function() return "old" end)`)
	for source, want := range map[string]string{
		"register_tool(":               "a.lua:1: syntax error near the end of the file",
		"x = = 1":                      "a.lua:1: syntax error near '='",
		"\n\nerror('no')":              "a.lua:3: no",
		"error({})":                    "a.lua",
		"\nregistr_tool(\"a\", print)": "a.lua:2: attempt to call 'registr_tool' (a nil value)",
		"register_tool('a b', print)":  "a.lua:1: register_tool: \"a b\" is not a tool name",
		"register_tool('x', 5)":        "a.lua:1: register_tool x: its handler must be a function, not a number",
		"local a = require 'jsno'":     "a.lua:1: module 'jsno' not found (did you mean 'json'?)",
		"session.send('hi')":           "",
		"while true do end":            "a.lua:1: the top level took longer than",
	} {
		b.Scripts.opts.LoadTimeout = 100 * time.Millisecond
		b.write("a.lua", source)
		_, err := b.Reload(b.path("a.lua"))
		if want == "" { // good-day failure: it loads
			if err != nil {
				t.Errorf("%q: %v", source, err)
			}
			b.write("a.lua", `register_tool("version", function() return "old" end)`)
			b.reload()
			continue
		}
		if err == nil {
			t.Fatalf("%q was loaded", source)
		}
		got := strings.ReplaceAll(err.Error(), b.dir+"/", "")
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q: %q, want %q", source, got, want)
		}
		b.want("version", "{}", "old")
	}
}

func TestStateSurvivesAReload(t *testing.T) {
	const source = `
		state.count = state.count or 0
		state.seen = state.seen or {}
		%s
		register_tool("add", function() state.count = state.count + 1 state.seen[#state.seen + 1] = state.count return state.count end)
		register_tool("get", function() return state end)
	`
	b := load(t, fmt.Sprintf(source, ""))
	b.want("add", "{}", "1")
	b.want("add", "{}", "2")
	b.reload()
	b.want("add", "{}", "3")
	b.want("get", "{}", `{"count":3,"seen":[1,2,3]}`)

	b.write("a.lua", fmt.Sprintf(source, "state.count = 100  state.seen = nil  state.seen = {}"))
	b.reload()
	b.want("get", "{}", `{"count":100,"seen":{}}`)
}

func TestWhatALateCallWritesIntoStateIsWarnedOf(t *testing.T) {
	const source = `register_tool("late", function() sleep(0.05) state.mark = "late" return "done" end)
		register_tool("get", function() return state end)`
	b := load(t, source)
	late := b.start("late", "{}")
	b.reload()
	b.await(late)
	b.until("state.mark was written by a call that began before the reload: that is lost")
	b.want("get", "{}", "{}")
}

func TestStateThatIsNoJSONIsNamed(t *testing.T) {
	b := load(t, `state.ok = 1 state.fn = print state[{}] = 2`)
	b.reload()
	b.until("state.fn does not survive a reload")
}

func TestHandlersAndTimersEndWithTheirGeneration(t *testing.T) {
	b := load(t, `
		every(0.005, function() print("old tick") end)
		on("ping", function() print("old ping") sleep(0.01) print("old woke") end)
		on_unload(function() print("unload") end)
	`)
	b.until("old tick")
	b.Dispatch(Event{Type: "ping"})
	b.until("old ping")
	b.write("a.lua", `on_start(function() print("start") end) on("ping", function(e) print("new " .. e.type) end)`)
	b.reload()
	b.until("start")
	before := strings.Count(b.all(), "old tick")
	b.Dispatch(Event{Type: "ping"})
	b.until("new ping")
	time.Sleep(30 * time.Millisecond)
	if after := strings.Count(b.all(), "old tick"); after > before {
		t.Errorf("the old timer went on: %d turns, then %d", before, after)
	}
	if b.said("old woke") {
		t.Error("an old handler went on after the reload")
	}
	if all := b.all(); strings.Index(all, "unload") > strings.Index(all, "start") {
		t.Errorf("on_start ran before the old on_unload:\n%s", all)
	}
}

func TestOnUnloadCannotHoldUpAReload(t *testing.T) {
	for _, body := range []string{"while true do end", "sleep(10)", "error('no')"} {
		b := load(t, "on_unload(function() "+body+" end) register_tool('v', function() return 'old' end)")
		b.write("a.lua", "on_start(function() print('started') end) register_tool('v', function() return 'new' end)")
		b.reload()
		b.until("started")
		b.until("on_unload")
		b.want("v", "{}", "new")
	}
}

func TestAnEndlessLoopInAHandlerDoesNotHoldUpAReload(t *testing.T) {
	b := load(t, `on("ping", function() print("burning") while true do end end) register_tool("v", function() return "old" end)`)
	b.Dispatch(Event{Type: "ping"})
	b.until("burning")
	b.write("a.lua", `register_tool("v", function() return "new" end)`)
	b.reload()
	b.want("v", "{}", "new")
}

func TestAnEndlessLoopInACallDoesNotHoldUpAReload(t *testing.T) {
	b := load(t, `register_tool { name = "burn", timeout = 30, handler = function() print("burning") while true do end end } register_tool("v", function() return "old" end)`)
	burn := b.start("burn", "{}")
	b.until("burning")
	b.write("a.lua", `register_tool("v", function() return "new" end)`)
	b.reload()
	b.want("v", "{}", "new")
	b.Close()
	b.await(burn)
}

func TestACallThatOutlivesItsCopyStartsNothing(t *testing.T) {
	b := load(t, `register_tool("late", function()
		print("waits")
		sleep(0.1)
		local function why(f, ...) return tostring(select(2, pcall(f, ...))) end
		return why(spawn, print) .. "; " .. why(after, 0, print) .. "; " .. why(every, 1, print)
	end)`)
	late := b.start("late", "{}")
	b.until("waits")
	b.write("a.lua", "")
	b.reload()
	want := "this copy of the script has been replaced, and starts nothing more"
	if r := b.await(late); r.Text != "spawn: "+want+"; after: "+want+"; every: "+want {
		t.Errorf("late = %+v", r)
	}
}

func TestTheOldestOfTooManyGenerationsIsReplaced(t *testing.T) {
	b := load(t, `register_tool("wait", function() sleep(3600) end)`)
	var waits []<-chan tool.Result
	for range mostOld + 2 {
		waits = append(waits, b.start("wait", "{}"))
		b.reload()
	}
	for _, answer := range waits[:2] {
		if r := b.await(answer); !r.IsError || !strings.Contains(r.Text, "the script was replaced") {
			t.Errorf("got %+v, want an error: the script was replaced", r)
		}
	}
	if len(waits[2]) > 0 {
		t.Error("a newer generation's call was answered too")
	}
}

func TestAToolNameOfTwoScriptsNamesBothPlaces(t *testing.T) {
	b := load(t, `register_tool("light", function() end)`)
	b.write("b.lua", "\nregister_tool('light', function() end)")
	_, err := b.Load(b.path("b.lua"))
	if err == nil || !strings.Contains(err.Error(), "b.lua:2:") || !strings.Contains(err.Error(), "a.lua:1") {
		t.Errorf("got %v, want an error that names b.lua:2 and a.lua:1", err)
	}
	if _, err := b.Check(b.path("a.lua"), b.path("b.lua")); err == nil || !strings.Contains(err.Error(), "b.lua:2:") {
		t.Errorf("Check: got %v, want the same", err)
	}
}

// Hundreds of saves, thousands of calls: each call is answered once, by one
// generation, and what it counts in state adds up.
func TestNoCallIsLostOrAnsweredTwiceWhileTheScriptIsSavedOverAndOver(t *testing.T) {
	const saves, callers = 300, 8
	source := func(n int) string {
		return fmt.Sprintf(`
			register_tool("echo", function(args) if args.n %% 3 == 0 then sleep(0.001) end return %d .. ":" .. args.n end)`, n)
	}
	b := load(t, source(0))
	var stop atomic.Bool
	var calls, twice, wrong atomic.Int64
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := 0; !stop.Load(); i++ {
				answer := make(chan tool.Result, 2)
				n := c*1_000_000 + i
				b.Call(&Call{ID: fmt.Sprint(n), Name: "echo", Args: fmt.Appendf(nil, `{"n":%d}`, n), Reply: func(_ *Call, r tool.Result) { answer <- r }})
				select {
				case r := <-answer:
					if r.IsError || !strings.HasSuffix(r.Text, fmt.Sprintf(":%d", n)) {
						wrong.Add(1)
						t.Errorf("call %d = %+v", n, r)
					}
				case <-time.After(20 * time.Second):
					t.Errorf("call %d was never answered", n)
					return
				}
				if len(answer) > 0 {
					twice.Add(1)
				}
				calls.Add(1)
			}
		})
	}
	for i := 1; i <= saves; i++ {
		b.write("a.lua", source(i))
		if _, err := b.Reload(b.path("a.lua")); err != nil {
			t.Errorf("save %d: %v", i, err)
			break
		}
	}
	stop.Store(true)
	wg.Wait()
	if calls.Load() < 1000 || twice.Load() > 0 {
		t.Errorf("%d calls over %d saves, %d answered twice", calls.Load(), saves, twice.Load())
	}
	b.want("echo", `{"n":1}`, fmt.Sprintf("%d:1", saves))
}
