package script

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestTimersAreBounded(t *testing.T) {
	b := load(t, `
		local handles = {}
		register_tool("fill", function()
			for i = 1, 1e4 do
				local ok, h = pcall(after, 3600, print)
				if not ok then return i - 1 .. ": " .. h end
				handles[i] = h
			end
		end)
		register_tool("again", function()
			handles[1]:cancel()
			local ok = pcall(after, 3600, print)
			local not_ok = pcall(every, 3600, print)
			return tostring(ok) .. " " .. tostring(not_ok)
		end)
	`)
	if r := b.call("fill", "{}"); !strings.HasPrefix(r.Text, fmt.Sprint(mostTimers, ": ")) || !strings.Contains(r.Text, "more than 1024 timers") {
		t.Errorf("fill = %q", r.Text)
	}
	b.want("again", "{}", "true false")
}

func TestNoTurnOfATimerIsLostInACrowd(t *testing.T) {
	b := load(t, fmt.Sprintf(`
		ran = 0
		register_tool("arm", function()
			for i = 1, %d do after(0.001, function() ran = ran + 1 end) end
			local t = os.clock() while os.clock() - t < 0.05 do end -- all are due before one can run
			return "armed"
		end)
		register_tool("ran", function() return ran end)
	`, mostTimers))
	b.want("arm", "{}", "armed")
	b.want("ran", "{}", fmt.Sprint(mostTimers))
}

func TestSpawnedFunctionsAreBounded(t *testing.T) {
	b := load(t, `
		ran = 0
		register_tool("fill", function()
			for i = 1, 1e4 do
				local ok, err = pcall(spawn, function() ran = ran + 1 end)
				if not ok then return i - 1 .. ": " .. err end
			end
		end)
		register_tool("ran", function() return ran end)
	`)
	want := fmt.Sprint(mostStarts, ": ", errStarts)
	if r := b.call("fill", "{}"); r.Text != want {
		t.Errorf("fill = %q, want %q", r.Text, want)
	}
	b.want("ran", "{}", fmt.Sprint(mostStarts)) // those that were taken run, before a later call

	b = newBench(t, Options{})
	b.write("a.lua", "for i = 1, 1000 do spawn(function() end) end")
	if _, err := b.Load(b.path("a.lua")); err == nil || !strings.Contains(err.Error(), "a.lua:1: "+errStarts.Error()) {
		t.Errorf("at the top level: %v, want a.lua:1: %v", err, errStarts)
	}
}

func TestNoMoreThan256TasksAreAlive(t *testing.T) {
	var begun atomic.Int32
	var open atomic.Bool
	b := newBench(t, Options{Globals: map[string]any{"begin": func() { begun.Add(1) }, "open": open.Load}})
	b.write("a.lua", `
		on("ping", function() begin() repeat sleep(0.005) until open() end) -- completions are admitted all the same
		register_tool("quick", function() begin() return "done" end)
	`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	for n := mostTasks / 2; n <= mostTasks; n += mostTasks / 2 { // of at most as many as may wait
		for range mostTasks / 2 {
			b.Dispatch(Event{Type: "ping"})
		}
		for end := time.Now().Add(10 * time.Second); begun.Load() < int32(n); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d tasks have begun, want %d", begun.Load(), n)
			}
		}
	}
	quick := b.start("quick", "{}")
	b.Dispatch(Event{Type: "ping"})
	time.Sleep(20 * time.Millisecond)
	if n := begun.Load(); n != mostTasks {
		t.Errorf("%d tasks have begun, want %d", n, mostTasks)
	}
	open.Store(true)
	if r := b.await(quick); r.Text != "done" {
		t.Errorf("the call that waited = %+v, want done", r)
	}
}
