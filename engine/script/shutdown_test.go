package script

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/tool"
)

// Several goroutines call tools while Drain runs. Each call must be answered exactly once before
// Drain returns: with its result, or with a refusal.
func TestDrainLeavesNoCallWithoutAnAnswer(t *testing.T) {
	f := load(t, `
		register_tool("quick", function() return "done" end)
		register_tool("waits", function() sleep(0.02) return "done" end)
		register_tool("never", function() sleep(3600) end)
		register_tool("loops", function() while true do end end)
	`)
	var sent, answered, done atomic.Int32
	call := func(name string) {
		sent.Add(1)
		var once atomic.Bool
		f.Call(&Call{Name: name, Reply: func(_ *Call, r tool.Result) {
			if once.Swap(true) {
				t.Errorf("%s was answered twice", name)
			}
			switch {
			case r.Text == "done":
				done.Add(1)
			case r.Text != shuttingDown.Text && !strings.Contains(r.Text, "busy"):
				t.Errorf("%s was answered with %+v", name, r)
			}
			answered.Add(1)
		}})
	}
	for range 20 { // these calls are in progress when Drain is called, and end before the timeout
		call("waits")
	}
	var stop atomic.Bool
	var wg sync.WaitGroup
	for _, name := range []string{"quick", "waits", "never"} {
		wg.Go(func() {
			for !stop.Load() {
				call(name)
				time.Sleep(200 * time.Microsecond)
			}
		})
	}
	time.Sleep(5 * time.Millisecond)
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Millisecond)
	defer cancel()
	f.Drain(ctx)
	stop.Store(true)
	wg.Wait()
	if sent.Load() != answered.Load() {
		t.Errorf("%d calls were made and %d answered", sent.Load(), answered.Load())
	}
	if done.Load() < 20 {
		t.Errorf("%d calls ended normally, want at least 20", done.Load())
	}
}

func TestDrainReturnsAsSoonAsTheLastCallHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := load(t, `register_tool("waits", function() sleep(0.02) return "done" end)`)
		answer := f.start("waits", "{}")
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		began := time.Now()
		f.Drain(ctx)
		if took := time.Since(began); took > 5*time.Second || len(answer) == 0 {
			t.Errorf("Drain returned after %v, with %d answers", took, len(answer))
		}
		f.want("waits", "{}", "! shutting down")
	})
}

func TestEachCallIsAnsweredWhenTheScriptsAreClosed(t *testing.T) {
	f := load(t, `
		register_tool("sleeps", function() sleep(3600) end)
		register_tool("loops", function() while true do end end)
	`)
	answers := []<-chan tool.Result{f.start("sleeps", "{}"), f.start("loops", "{}"), f.start("sleeps", "{}")}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	f.Drain(ctx)
	f.Close()
	for i, answer := range answers {
		if r := f.await(answer); !r.IsError || r.Text != "shutting down" {
			t.Errorf("call %d was answered with %+v, want shutting down", i, r)
		}
		if len(answer) > 0 {
			t.Errorf("call %d was answered twice", i)
		}
	}
	if r := f.call("sleeps", "{}"); !r.IsError {
		t.Errorf("a call after Close was answered with %+v, want an error", r)
	}
}

func TestCloseDoesNotWaitForALoad(t *testing.T) {
	for _, top := range []string{"sleep(3600)", "while true do end"} {
		f := newFixture(t, Options{LoadTimeout: time.Minute, Limits: Limits{Burst: time.Hour}})
		f.write("a.lua", "")
		if _, err := f.Load(f.path("a.lua")); err != nil {
			t.Fatal(err)
		}
		f.write("a.lua", `print("loading") `+top)
		reloaded := make(chan error, 1)
		go func() { _, err := f.Reload(f.path("a.lua")); reloaded <- err }()
		f.until("loading")
		began := time.Now()
		f.Close()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: Close took %v", top, took)
		}
		if err := <-reloaded; !errors.Is(err, ErrCancelled) {
			t.Errorf("%s: Reload returned %v, want %v", top, err, ErrCancelled)
		}
	}
}

func TestCloseStopsCallsWithTheReasonShuttingDown(t *testing.T) {
	t.Parallel()
	f := load(t, `on("go", function() print("busy") while true do end end) on("wait", function() sleep(3600) end)`)
	f.Dispatch(Event{Type: "wait"})
	f.Dispatch(Event{Type: "go"})
	f.until("busy")
	f.Close()
	if f.hasLine("replaced") || !f.hasLine("shutting down") {
		t.Errorf("the log does not say \"shutting down\":\n%s", f.all())
	}
}

func TestCloseRunsOnUnloadWhateverElseRuns(t *testing.T) {
	t.Parallel()
	f := load(t, `
		on("go", function() print("busy") while true do end end)
		register_tool("loop", function() while true do end end)
		on_unload(function() print("unload") end)
	`)
	f.Dispatch(Event{Type: "go"})
	f.until("busy")
	loop := f.start("loop", "{}")
	f.Close()
	f.await(loop)
	if got := f.printed(); got != "busy, unload" {
		t.Errorf("printed %q, want busy, unload", got)
	}
}
