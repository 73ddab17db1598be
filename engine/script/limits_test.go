package script

import (
	"strings"
	"testing"
	"time"
)

func TestATaskThatNeverWaitsIsWarnedOfAndEnded(t *testing.T) {
	b := newBench(t, Options{Limits: Limits{BurstWarning: 20 * time.Millisecond, Burst: 60 * time.Millisecond}})
	b.write("a.lua", `
		local function burn()
			while true do end
		end
		register_tool("burn", burn)
		register_tool("guarded", function() while true do pcall(burn) end end)
		register_tool("tail", function() return pcall(burn) end)
		register_tool("co", function() return coroutine.resume(coroutine.create(burn)) end)
		on("ping", burn)
		register_tool("polite", function() for i = 1, 20 do local t = os.clock() while os.clock() - t < 0.01 do end sleep(0) end return "done" end)
	`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"burn", "guarded", "tail", "co"} {
		if r := b.call(name, "{}"); !r.IsError || !strings.Contains(r.Text, "ran for 60ms without a wait, at a.lua:3") {
			t.Errorf("%s = %+v, want an error that says that it ran for 60ms, at a.lua:3", name, r)
		}
		b.until("tool " + name + " has run for 20ms without a wait, at a.lua:3")
	}
	b.Dispatch(Event{Type: "ping"})
	b.until("on ping has run for 20ms")
	b.want("polite", "{}", "done") // 200 ms in all, but it waits
}

func TestWaitingForASlotIsNoBurst(t *testing.T) {
	slots := NewSlots(1)
	build := func(source string, limits Limits) *bench {
		b := newBench(t, Options{Slots: slots, Limits: limits})
		b.write("a.lua", source)
		if _, err := b.Load(b.path("a.lua")); err != nil {
			t.Fatal(err)
		}
		return b
	}
	const work = `register_tool("work", function() for i = 1, 1e6 do end return "done" end)`
	alone := build(work, Limits{Burst: time.Hour})
	began := time.Now()
	alone.want("work", "{}", "done")
	took := time.Since(began)
	for range 6 {
		build(`register_tool("burn", function() while true do end end)`, Limits{Burst: time.Hour}).start("burn", "{}")
	}
	light := build(work, Limits{Burst: 3*took + 50*time.Millisecond})
	light.want("work", "{}", "done") // shares the slot with six others, and so takes seven times as long
}

func TestWhatComesAgainByItselfHasADeadline(t *testing.T) {
	b := newBench(t, Options{Limits: Limits{Handler: 40 * time.Millisecond}})
	b.write("a.lua", `
		on("ping", function()
			sleep(3600)
		end)
		on("guarded", function() while true do pcall(sleep, 3600) end end)
		on("tail", function() return pcall(sleep, 3600) end)
		on("short", function() sleep(0.001) print("short ended") end)
		local turn = 0
		every(0.01, function() turn = turn + 1 print("turn " .. turn) sleep(3600) end)
		local function long() sleep(0.2) end
		spawn(function() long() print("spawn ended") end)
		after(0, function() long() print("after ended") end)
		on_start(function() long() print("on_start ended") end)
		register_tool("long", function() long() return "done" end)
	`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	for _, event := range []string{"ping", "guarded", "tail", "short"} {
		b.Dispatch(Event{Type: event})
	}
	b.want("long", "{}", "done")
	for _, line := range []string{
		"WARN: on ping: stopped: a.lua:3: took longer than 40ms",
		"WARN: on guarded: stopped: a.lua:5: took longer than 40ms",
		"WARN: on tail: stopped: took longer than 40ms, in the function at a.lua:6",
		"WARN: timer: stopped: a.lua:9: took longer than 40ms",
		"turn 2", "short ended", "spawn ended", "after ended", "on_start ended",
	} {
		b.until(line)
	}
	for _, name := range []string{"on short", "spawn", "on_start"} {
		if b.said(name + ": stopped") {
			t.Errorf("%s was stopped:\n%s", name, b.all())
		}
	}
}

// What is ended with its generation is as it should be; nobody need read of it.
func TestAHandlerEndedByAReloadIsNoWarning(t *testing.T) {
	b := load(t, `on("ping", function() print("waits") sleep(3600) end)`)
	b.Dispatch(Event{Type: "ping"})
	b.until("waits")
	b.reload()
	b.until("DEBUG: on ping: stopped: a.lua:1: the script was replaced")
	if b.said("WARN") {
		t.Errorf("it was warned:\n%s", b.all())
	}
}
