package script

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestABusyScriptAnswersAndOneHeldByGoDoesNot(t *testing.T) {
	release := make(chan struct{})
	b := newBench(t, Options{
		Limits:  Limits{Burst: time.Hour},
		Globals: map[string]any{"block": func() { <-release }},
		Slots:   NewSlots(3),
	})
	b.write("idle.lua", "")
	b.write("busy.lua", `on_start(function() print("busy") while true do end end)`)
	b.write("held.lua", `on_start(function() print("held") block() end)`)
	if _, err := b.Load(b.path("idle.lua"), b.path("busy.lua"), b.path("held.lua")); err != nil {
		t.Fatal(err)
	}
	b.until("busy")
	b.until("held")
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		if got := strings.Join(b.Silent(ctx), " "); got != "held.lua" {
			t.Errorf("silent: %q, want held.lua alone", got)
		}
		cancel()
	}
	held := b.find(b.path("held.lua")).current.x
	held.box.mu.Lock()
	if n := len(held.box.items) - held.box.head; n > 1 {
		t.Errorf("%d questions wait in the mailbox, want one", n)
	}
	held.box.mu.Unlock()
	close(release)
	if got := b.Silent(t.Context()); len(got) > 0 {
		t.Errorf("silent: %q, after the Go function has returned", got)
	}
}

func TestHealthAddsUpWhatGenerationsHaveUsed(t *testing.T) {
	b := load(t, `on_start(function() for i = 1, 20000 do end print("counted") end)`)
	b.until("counted")
	before := b.Health()[0]
	if before.Name != "a.lua" || before.CPU <= 0 || before.Failed != "" {
		t.Errorf("got %+v", before)
	}
	b.write("a.lua", `print("second") register_tool("t", function() end)`)
	b.reload()
	after := b.Health()[0]
	if after.CPU < before.CPU || after.Tools != 1 {
		t.Errorf("got %+v after %+v: CPU may only grow", after, before)
	}
	b.write("a.lua", `oh no`)
	b.Reload(b.path("a.lua"))
	if got := b.Health()[0]; !strings.Contains(got.Failed, "a.lua:1") || got.Tools != 1 {
		t.Errorf("got %+v, want why it was not reloaded", got)
	}
	b.write("a.lua", ``)
	b.reload()
	if got := b.Health()[0]; got.Failed != "" {
		t.Errorf("got %+v, and it has been reloaded", got)
	}
}

// Where events of other names can come, a name that looks like nothing known is
// one's own.
func TestOwnEventsAreNotTakenForMisspeltOnes(t *testing.T) {
	for own, want := range map[bool]int{false: 2, true: 1} {
		b := newBench(t, Options{Events: []string{"agent_response", "interruption"}, OwnEvents: own})
		b.write("a.lua", `on("agent_respons", print) on("button", print)`)
		if _, err := b.Load(b.path("a.lua")); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(b.all(), "no event is known"); got != want {
			t.Errorf("own events %v: %d warnings, want %d: %q", own, got, want, b.all())
		}
	}
}
