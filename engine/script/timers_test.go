package script

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/script/vm"
)

func TestTimersRunAtTheirTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := load(t, `
		local n = 0
		local h
		h = every(0.002, function() n = n + 1 print("tick " .. n) if n == 3 then h:cancel() end end)
		after(0.001, function() print("once") end)
		local never = after(0.001, function() print("never") end)
		never:cancel()
		spawn(function(a, b) sleep(0.001) print("spawned " .. a .. b) end, "x", "y")
		every(0.001, function() print("failing") error("oops") end)
		register_tool("later", function() after(0.001, function() print("later") end) spawn(print, "now") return "ok" end)
		register_tool("wrong", function() local _, a = pcall(sleep, -1) local _, b = pcall(every, 0, print) local _, c = pcall(after, 0 / 0, print) return { a, b, c } end)
	`)
		f.until("tick 3")
		f.until("once")
		f.until("spawned xy")
		f.until("every: a.lua:9: oops")
		f.want("later", "{}", "ok")
		f.until("later")
		f.until("now")
		time.Sleep(time.Second)
		if f.hasLine("tick 4") || f.hasLine("never") {
			t.Errorf("a cancelled timer went on:\n%s", f.all())
		}
		if r := f.call("wrong", "{}"); strings.Count(r.Text, "seconds must be from") != 3 {
			t.Errorf("wrong returned %s, want three errors about seconds", r.Text)
		}
	})
}

func TestTooManyTimersAreRefused(t *testing.T) {
	f := load(t, `
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
			local second = pcall(every, 3600, print)
			return tostring(ok) .. " " .. tostring(second)
		end)
	`)
	if r := f.call("fill", "{}"); !strings.HasPrefix(r.Text, fmt.Sprint(maxTimers, ": ")) || !strings.Contains(r.Text, "more than 1024 timers") {
		t.Errorf("fill returned %q, want an error after %d timers", r.Text, maxTimers)
	}
	f.want("again", "{}", "true false")
}

func TestTimersThatAreDueTogetherAllRun(t *testing.T) {
	f := load(t, fmt.Sprintf(`
		ran = 0
		register_tool("arm", function()
			for i = 1, %d do after(0.001, function() ran = ran + 1 end) end
			local t = os.clock() while os.clock() - t < 0.05 do end -- all timers are due before one of them can run
			return "armed"
		end)
		register_tool("ran", function() return ran end)
	`, maxTimers))
	f.want("arm", "{}", "armed")
	want := fmt.Sprint(maxTimers)
	for end := time.Now().Add(10 * time.Second); f.call("ran", "{}").Text != want && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	f.want("ran", "{}", want)
}

func TestCancelledTimersDoNotFillTheMailbox(t *testing.T) {
	var f *fixture
	maxQueued := 0
	f = newFixture(t, Options{Globals: map[string]any{"count_queued": func() {
		maxQueued = max(maxQueued, f.find(f.path("a.lua")).current.x.Queued(vm.Timer))
	}}})
	f.write("a.lua", `register_tool("debounce", function()
		for i = 1, 2e4 do
			local ok, h = pcall(after, 0, print)
			if not ok then return h end
			for j = 1, 20 do end
			h:cancel()
			if i % 100 == 0 then count_queued() end
		end
		return "never more than a few"
	end)`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	f.call("debounce", "{}")
	if maxQueued > maxTimers {
		t.Errorf("%d timers were queued at once, want at most %d", maxQueued, maxTimers)
	}
}

func TestTooManySpawnedFunctionsAreRefused(t *testing.T) {
	f := load(t, `
		ran = 0
		register_tool("fill", function()
			for i = 1, 1e4 do
				local ok, err = pcall(spawn, function() ran = ran + 1 end)
				if not ok then return i - 1 .. ": " .. err end
			end
		end)
		register_tool("ran", function() return ran end)
	`)
	want := fmt.Sprint(vm.MaxStarts, ": ", errManyStarts)
	if r := f.call("fill", "{}"); r.Text != want {
		t.Errorf("fill returned %q, want %q", r.Text, want)
	}
	// the call of ran is queued after the accepted functions, so it runs last
	f.want("ran", "{}", fmt.Sprint(vm.MaxStarts))

	f = newFixture(t, Options{})
	f.write("a.lua", "for i = 1, 1000 do spawn(function() end) end")
	if _, err := f.Load(f.path("a.lua")); err == nil || !strings.Contains(err.Error(), "a.lua:1: "+errManyStarts.Error()) {
		t.Errorf("spawn at the top level: %v, want a.lua:1: %v", err, errManyStarts)
	}
}

func TestEventHandlersAndRepeatedTimersHaveATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{Limits: Limits{Handler: 40 * time.Millisecond}})
		f.write("a.lua", `
		on("ping", function()
			sleep(3600)
		end)
		on("guarded", function() while true do pcall(sleep, 3600) end end)
		on("tail", function() return pcall(sleep, 3600) end)
		on("short", function() sleep(0.001) print("short ended") end)
		local run = 0
		every(0.01, function() run = run + 1 print("run " .. run) sleep(3600) end)
		local function long() sleep(0.2) end
		spawn(function() long() print("spawn ended") end)
		after(0, function() long() print("after ended") end)
		on_start(function() long() print("on_start ended") end)
		register_tool("long", function() long() return "done" end)
	`)
		if _, err := f.Load(f.path("a.lua")); err != nil {
			t.Fatal(err)
		}
		for _, event := range []string{"ping", "guarded", "tail", "short"} {
			f.Dispatch(Event{Type: event})
		}
		f.want("long", "{}", "done")
		for _, line := range []string{
			"WARN: on ping: stopped: a.lua:3: took longer than 40ms",
			"WARN: on guarded: stopped: a.lua:5: took longer than 40ms",
			"WARN: on tail: stopped: took longer than 40ms, in the function at a.lua:6",
			"WARN: every: stopped: a.lua:9: took longer than 40ms",
			"run 2", "short ended", "spawn ended", "after ended", "on_start ended",
		} {
			f.until(line)
		}
		for _, name := range []string{"on short", "spawn", "on_start"} {
			if f.hasLine(name + ": stopped") {
				t.Errorf("%s was stopped:\n%s", name, f.all())
			}
		}
	})
}
