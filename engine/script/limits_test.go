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
