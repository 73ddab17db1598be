package script

import (
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

func TestAScriptThatCrashesAgainRestsBeforeItIsUsed(t *testing.T) {
	b := load(t, `
		register_tool("hello", function() return "hello" end)
		on_start(function() print("started") end)
	`)
	b.until("started")
	b.crash()
	b.until("the script is loaded again")
	for end := time.Now().Add(10 * time.Second); b.call("hello", "{}").IsError && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	b.crash()
	b.until("loaded again; it rests for 1s")
	if r := b.call("hello", "{}"); !r.IsError || r.Text != "hello is busy: its script is being loaded again; try again in a moment" {
		t.Errorf("while it rests: %+v", r)
	}
	for end := time.Now().Add(10 * time.Second); b.call("hello", "{}").IsError; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it rests for ever")
		}
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
