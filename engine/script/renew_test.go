package script

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlark/engine/tool"
)

// crash makes the generation in use as if a Go panic had come out of its Lua.
func (b *bench) crash() {
	b.t.Helper()
	g := b.find(b.path("a.lua")).current
	g.x.box.put(&message{do: func() { g.fault(&fault{value: "as if"}) }})
}

func TestAStateThatCrashedIsReplacedByAFreshLoad(t *testing.T) {
	b := load(t, `
		state.kept = (state.kept or 0) + 1
		local n = 0
		register_tool("wait", function() sleep(3600) end)
		register_tool("count", function() n = n + 1 return n .. " " .. state.kept end)
	`)
	waiting := b.start("wait", "{}")
	b.want("count", "{}", "1 1")
	b.crash()
	r := b.await(waiting)
	if !r.IsError || r.Type != tool.ExternalClient || !strings.Contains(r.Text, "wait was not finished: the Lua state crashed") {
		t.Errorf("the call under way = %+v", r)
	}
	b.until("the script is loaded again")
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if r := b.call("count", "{}"); r.Text == "1 2" {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the fresh load does not answer")
		}
	}
}

func TestNothingBeginsInAStateThatCrashed(t *testing.T) {
	b := load(t, `
		state.copy = (state.copy or 0) + 1
		local copy = state.copy
		register_tool("copy", function() return copy end)
		on("e", function(e) print("event " .. e.n .. " in " .. copy) end)
		on_start(function() print("started " .. copy) end)
	`)
	b.until("started 1")
	b.crash()
	b.until("started 2")
	b.want("copy", "{}", "2")
	b.crash() // the second time the fresh one rests
	b.until("loaded again; it rests for 1s")
	if r := b.call("copy", "{}"); !r.IsError || !strings.Contains(r.Text, "copy cannot run now: the Lua state crashed (panic: as if), and its script is being loaded again; try again in a moment") {
		t.Errorf("a call in between = %+v", r)
	}
	for n := range 3 {
		b.Dispatch(Event{Type: "e", Data: fmt.Appendf(nil, `{"n":%d}`, n)})
	}
	b.until("started 3")
	b.until("event 2 in 3")
	b.want("copy", "{}", "3")
	if got, want := b.printed(), "started 1, started 2, started 3, event 0 in 3, event 1 in 3, event 2 in 3"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

func TestScriptsThatCrashAgainAndAgainAreLoadedWithBackOff(t *testing.T) {
	sc := &script{}
	now := time.Now()
	for i, want := range []time.Duration{0, time.Second, 2 * time.Second, 4 * time.Second} {
		if got := sc.pause(now); got != want {
			t.Errorf("crash %d: a pause of %v, want %v", i+1, got, want)
		}
		now = now.Add(10 * time.Second)
	}
	for range 10 {
		now = now.Add(10 * time.Second)
		sc.pause(now)
	}
	if sc.backOff != time.Minute {
		t.Errorf("after many crashes: a pause of %v, want a minute", sc.backOff)
	}
	if got := sc.pause(now.Add(time.Hour)); got != 0 {
		t.Errorf("after a quiet hour: a pause of %v, want none", got)
	}
}

func TestACrashWhileClosingLeavesNothingBehind(t *testing.T) {
	b := load(t, `register_tool("x", function() end)`)
	b.crash()
	b.crash()
	b.Close()
}
