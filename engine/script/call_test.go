package script

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/tool"
)

func TestACallKnowsThatNobodyWaitsForIt(t *testing.T) {
	b := load(t, `
		register_tool("work", function(args, call)
			local before = call:cancelled()
			print("begun")
			for i = 1, 2000 do
				if call:cancelled() then break end
				sleep(0.005)
			end
			return tostring(before) .. " " .. tostring(call:cancelled())
		end)
	`)
	answer := make(chan tool.Result, 2)
	c := &Call{ID: "c", Name: "work", Reply: func(_ *Call, r tool.Result) { answer <- r }}
	b.Call(c)
	b.until("begun")
	c.Cancel()
	if r := b.await(answer); r.IsError || r.Text != "false true" {
		t.Errorf("got %+v, want false true: a cancelled call is answered all the same", r)
	}
}

func TestACallThatExpiresBeforeItsTurnNeverBegins(t *testing.T) {
	b := load(t, `
		register_tool("busy", function() print("begun") local t = os.clock() while os.clock() - t < 0.15 do end end)
		register_tool { name = "quick", timeout = 0.03, handler = function() print("ran") end }
	`)
	busy := b.start("busy", "{}")
	b.until("begun")
	if r := b.call("quick", "{}"); r.Type != tool.ClientTimeout {
		t.Errorf("quick = %+v, want a client_timeout", r)
	}
	b.await(busy)
	b.want("busy", "{}", "ok")
	if b.said("ran") {
		t.Error("its handler ran, though it had been answered")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if b.Drain(ctx); ctx.Err() != nil {
		t.Error("it is still counted as under way")
	}
}

func TestTheShorterOfTwoTimeoutsCounts(t *testing.T) {
	b := load(t, `
		register_tool { name = "patient", timeout = 60, handler = function() sleep(3600) end }
		register_tool { name = "hasty", timeout = 0.02, handler = function() sleep(3600) end }
	`)
	for name, agents := range map[string]time.Duration{"patient": 20 * time.Millisecond, "hasty": time.Minute} {
		answer := make(chan tool.Result, 2)
		b.Call(&Call{Name: name, Timeout: agents, Reply: func(_ *Call, r tool.Result) { answer <- r }})
		if r := b.await(answer); r.Type != tool.ClientTimeout || !strings.Contains(r.Text, "20ms") {
			t.Errorf("%s = %+v, want a client_timeout after 20ms", name, r)
		}
	}
}

// Calls come from all sides while the scripts are drained: each is answered,
// once, be it that it is refused, and when Drain returns none is left.
func TestDrainLeavesNoCallWithoutAnAnswer(t *testing.T) {
	b := load(t, `
		register_tool("quick", function() return "done" end)
		register_tool("waits", function() sleep(0.02) return "done" end)
		register_tool("never", function() sleep(3600) end)
		register_tool("burns", function() while true do end end)
	`)
	var sent, answered, done atomic.Int32
	call := func(name string) {
		sent.Add(1)
		var once atomic.Bool
		b.Call(&Call{Name: name, Reply: func(_ *Call, r tool.Result) {
			if once.Swap(true) {
				t.Errorf("%s was answered twice", name)
			}
			switch {
			case r.Text == "done":
				done.Add(1)
			case r != shuttingDown && !strings.Contains(r.Text, "busy"):
				t.Errorf("%s = %+v", name, r)
			}
			answered.Add(1)
		}})
	}
	for range 20 { // these end while it drains
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
	b.Drain(ctx)
	stop.Store(true)
	wg.Wait()
	if sent.Load() != answered.Load() {
		t.Errorf("%d calls, %d answers", sent.Load(), answered.Load())
	}
	if done.Load() < 20 {
		t.Errorf("%d calls were let end, want 20 at the least", done.Load())
	}
}

func TestDrainReturnsAsSoonAsTheLastCallHasEnded(t *testing.T) {
	b := load(t, `register_tool("waits", function() sleep(0.02) return "done" end)`)
	answer := b.start("waits", "{}")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	began := time.Now()
	b.Drain(ctx)
	if took := time.Since(began); took > 5*time.Second || len(answer) == 0 {
		t.Errorf("Drain returned after %v, with %d answers", took, len(answer))
	}
	b.want("waits", "{}", "! shutting down")
}
