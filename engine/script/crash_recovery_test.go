package script

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/script/vm"
	"moonlark/engine/tool"
)

// crash simulates a Go panic in the current generation of a.lua.
func (f *fixture) crash() {
	f.t.Helper()
	g := f.find(f.path("a.lua")).current
	g.x.Post(func() { g.handlePanic(&vm.PanicError{Value: "as if"}) })
}

func TestAScriptThatCrashedIsLoadedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := load(t, `
		state.kept = (state.kept or 0) + 1
		local n = 0
		register_tool("wait", function() sleep(3600) end)
		register_tool("count", function() n = n + 1 return n .. " " .. state.kept end)
	`)
		waiting := f.start("wait", "{}")
		f.want("count", "{}", "1 1")
		f.crash()
		r := f.await(waiting)
		if !r.IsError || r.Type != tool.ExternalClient || !strings.Contains(r.Text, "wait was not finished: the Lua state crashed") {
			t.Errorf("the call in progress was answered with %+v", r)
		}
		f.until("the script is loaded again")
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			if r := f.call("count", "{}"); r.Text == "1 2" {
				break
			}
			if time.Now().After(end) {
				t.Fatal("the new generation does not answer")
			}
		}
	})
}

// A script that crashes again and again must not fill the log.
func TestCrashesAreLoggedMoreAndMoreRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := load(t, `state.copy = (state.copy or 0) + 1 on_start(function() print("started " .. state.copy) end)`)
		for n := range 12 {
			f.until(fmt.Sprintf("started %d", n+1))
			f.crash()
			time.Sleep(maxRecoveryDelay + 10*time.Second) // longer than the delay, but no quiet time
		}
		text := f.all()
		if n := strings.Count(text, "the script is loaded again"); n != 2 || !strings.Contains(text, "the script is loaded again (10 times so far)") {
			t.Errorf("%d lines about crashes, want those of the first and the tenth:\n%s", n, text)
		}
	})
}

func TestACrashedGenerationStartsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := load(t, `
		state.copy = (state.copy or 0) + 1
		local copy = state.copy
		register_tool("copy", function() return copy end)
		on("e", function(e) print("event " .. e.n .. " in " .. copy) end)
		on_start(function() print("started " .. copy) end)
	`)
		f.until("started 1")
		f.crash()
		f.until("started 2")
		f.want("copy", "{}", "2")
		f.crash() // the second crash, after which the new generation starts only after a delay
		f.until("loaded again; it starts in 1s")
		if r := f.call("copy", "{}"); !r.IsError || !strings.Contains(r.Text, "copy cannot run now: the Lua state crashed, and its script is being loaded again; try again in a moment") {
			t.Errorf("a call before the start was answered with %+v", r)
		}
		for n := range 3 {
			f.Dispatch(Event{Type: "e", Data: fmt.Appendf(nil, `{"n":%d}`, n)})
		}
		f.until("started 3")
		f.until("event 2 in 3")
		f.want("copy", "{}", "3")
		if got, want := f.printed(), "started 1, started 2, started 3, event 0 in 3, event 1 in 3, event 2 in 3"; got != want {
			t.Errorf("printed %q, want %q", got, want)
		}
	})
}

func TestTheDelayAfterCrashesGrows(t *testing.T) {
	r := newRecovery()
	now := time.Now()
	for i, want := range []time.Duration{0, time.Second, 2 * time.Second, 4 * time.Second} {
		if got := r.delay(now); got != want {
			t.Errorf("crash %d: a delay of %v, want %v", i+1, got, want)
		}
		now = now.Add(10 * time.Second)
	}
	var last time.Duration
	for range 10 {
		now = now.Add(10 * time.Second)
		last = r.delay(now)
	}
	if last != time.Minute {
		t.Errorf("after many crashes: a delay of %v, want a minute", last)
	}
	if got := r.delay(now.Add(time.Hour)); got != 0 {
		t.Errorf("after a quiet hour: a delay of %v, want none", got)
	}
}

func TestACrashWhileClosingLeavesNothingBehind(t *testing.T) {
	f := load(t, `register_tool("x", function() end)`)
	f.crash()
	f.crash()
	f.Close()
}

// Close waits for the reload in progress, and for the load that follows the crash. This load needs
// the mutex Scripts.reloading. If Close held that mutex while it waits, it would wait forever.
func TestACrashDuringAReloadDoesNotBlockClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := load(t, "")
		g := f.find(f.path("a.lua")).current
		f.write("a.lua", `print("loading") sleep(0.1)`)
		reloaded := make(chan struct{})
		go func() { f.Reload(f.path("a.lua")); close(reloaded) }()
		f.until("loading")
		closed := make(chan struct{})
		go func() { f.Close(); close(closed) }()
		g.x.Post(func() { g.handlePanic(&vm.PanicError{Value: "as if"}) })
		<-reloaded
		select {
		case <-closed:
		case <-time.After(10 * time.Second):
			// t.Fatal would run the cleanup of the test, which would wait forever too.
			panic("Close and the load after the crash wait for each other")
		}
	})
}

func TestAGoPanicHarmsOnlyItsTask(t *testing.T) {
	f := newFixture(t, Options{Globals: map[string]any{"boom": func() { panic("boom") }, "apply": func(f func()) { f() }}})
	f.write("m.lua", `boom()`)
	f.write("a.lua", `
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
	f.write("other.lua", `register_tool("other", function() return "yes" end)`)
	if _, err := f.Load(f.path("a.lua"), f.path("other.lua")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"comparator", "metamethod", "replacement", "iterator", "callback", "module", "handler", "guarded", "after_a_wait"} {
		if r := f.call(name, "{}"); !r.IsError {
			t.Errorf("%s returned %+v, want an error", name, r)
		}
		f.want("alive", "{}", "yes")
		f.want("other", "{}", "yes")
	}
	f.Dispatch(Event{Type: "event"})
	f.call("arm", "{}")
	for _, task := range []string{"on_start", "on event", "spawn", "every"} {
		f.until("ERROR: " + task + ": ")
	}
	f.reload()
	f.until("ERROR: on_unload: ")
	f.want("alive", "{}", "yes")
	f.write("a.lua", "boom()")
	if _, err := f.Reload(f.path("a.lua")); err == nil || !strings.Contains(err.Error(), "boom") {
		t.Errorf("Reload of a script that panics returned %v, want an error with boom", err)
	}
	f.want("alive", "{}", "yes")
	f.want("other", "{}", "yes")
}

// A script or an agent cannot do anything with the text of a Go error, and pcall must not catch it.
func TestAGoRuntimeErrorIsACrash(t *testing.T) {
	crash := func() { var p *int; *p = 1 }
	f := newFixture(t, Options{Globals: map[string]any{"crash": crash}})
	f.write("m.lua", "crash()")
	f.write("a.lua", `
		local broken
		register_tool("plain", function() broken = true crash() end)
		register_tool("caught", function() broken = true local ok, e = pcall(crash) return "caught " .. tostring(e) end)
		register_tool("in_xpcall", function() broken = true return select(2, xpcall(crash, function(e) return e end)) end)
		register_tool("in_coroutine", function() broken = true return select(2, coroutine.resume(coroutine.create(crash))) end)
		register_tool("in_module", function() broken = true local ok, e = pcall(require, "m") return e end)
		register_tool("fresh", function() return tostring(broken) end)
	`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"plain", "caught", "in_xpcall", "in_coroutine", "in_module"} {
		f.Scripts.mu.Lock()
		f.Scripts.list[0].recovery = newRecovery() // so that the script starts again at once
		f.Scripts.mu.Unlock()
		r := f.call(name, "{}")
		if !r.IsError || r.Type != tool.ExternalClient || strings.Contains(r.Text, "runtime error") || !strings.Contains(r.Text, "the Lua state crashed") {
			t.Errorf("%s returned %+v", name, r)
		}
		for end := time.Now().Add(10 * time.Second); f.call("fresh", "{}").Text != "nil"; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("after %s the script was not loaded again", name)
			}
		}
	}
	f.write("a.lua", "pcall(crash) print('goes on')")
	if _, err := f.Reload(f.path("a.lua")); err == nil || !strings.Contains(err.Error(), "the Lua state crashed") || strings.Contains(err.Error(), "runtime") {
		t.Errorf("Reload of a script that crashes returned %v", err)
	}
}

// The memory limit may call handleExcessMemory for a generation before the generation is published.
// The call must do nothing. At the same time, the reload calls delayStart. Run this test with -race
// to check that the two calls do not write the same field without a lock.
func TestAnUnpublishedGenerationIsNotRecovered(t *testing.T) {
	f := load(t, "")
	g, err := f.build(f.path("a.lua"), snapshot{})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { g.handleExcessMemory("too much memory") })
	wg.Go(func() { f.delayStart(g, "the Lua state crashed", time.Second) })
	wg.Wait()
	if f.hasLine("loaded again") || g.tooMuchMemory.Load() {
		t.Errorf("an unpublished generation was recovered:\n%s", f.all())
	}
	g.x.Close()
}
