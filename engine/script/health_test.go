package script

import (
	"context"
	"strings"
	"testing"
	"time"

	"moonlark/engine/script/vm"
)

func TestOnlyAScriptBlockedByGoIsSilent(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	f := newFixture(t, Options{
		Limits:  Limits{Burst: time.Hour},
		Globals: map[string]any{"block": func() { <-release }},
		Slots:   vm.NewSlots(3),
	})
	f.write("idle.lua", "")
	f.write("busy.lua", `on_start(function() print("busy") while true do end end)`)
	f.write("blocked.lua", `on_start(function() print("blocked") block() end)`)
	if _, err := f.Load(f.path("idle.lua"), f.path("busy.lua"), f.path("blocked.lua")); err != nil {
		t.Fatal(err)
	}
	f.until("busy")
	f.until("blocked")
	for range 2 { // in round 2, the probe message of round 1 is still queued
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		if got := strings.Join(f.Silent(ctx), " "); got != "blocked.lua" {
			t.Errorf("silent scripts are %q, want blocked.lua alone", got)
		}
		cancel()
	}
	if n := f.find(f.path("blocked.lua")).current.x.Queued(vm.Control); n > 1 {
		t.Errorf("%d probes are queued, want 1", n)
	}
	close(release)
	if got := f.Silent(t.Context()); len(got) > 0 {
		t.Errorf("silent scripts are %q after the Go function has returned, want none", got)
	}
}

func TestHealthAddsUpTheUsageOfAllGenerations(t *testing.T) {
	f := load(t, `on_start(function() for i = 1, 20000 do end print("counted") end)`)
	f.until("counted")
	before := f.Health()[0]
	if before.Name != "a.lua" || before.CPU <= 0 || before.Failed != "" {
		t.Errorf("Health returned %+v", before)
	}
	f.write("a.lua", `print("second") register_tool("t", function() end)`)
	f.reload()
	after := f.Health()[0]
	if after.CPU < before.CPU || after.Tools != 1 {
		t.Errorf("Health returned %+v after %+v: CPU may only grow", after, before)
	}
	f.write("a.lua", `oh no`)
	f.Reload(f.path("a.lua"))
	if got := f.Health()[0]; !strings.Contains(got.Failed, "a.lua:1") || got.Tools != 1 {
		t.Errorf("Health returned %+v, want the error of the reload", got)
	}
	f.write("a.lua", `-- no tools`)
	f.reload()
	if got := f.Health()[0]; got.Failed != "" {
		t.Errorf("Health returned %+v after a successful reload, want no error", got)
	}
}
