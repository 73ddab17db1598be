package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/connect"
	"moonlark/engine/testkit"
)

// startReloadTest runs an engine that watches its files, in a conversation that lasts as long as
// the test. call calls a tool from the agent's side and returns the result.
func startReloadTest(t *testing.T, files ...string) (h *testEngine, call func(name string) string) {
	t.Helper()
	agents, done := make(chan *testAgent, 1), make(chan struct{})
	url := serveAgent(t, func(a *testAgent) {
		agents <- a
		<-done
		a.Close(1000, "")
	})
	h = newTestEngine(t, Options{Target: connect.Target{URL: url}, Watch: true}, files...)
	wait := h.start(context.Background())
	t.Cleanup(func() { close(done); wait() })
	h.waitFor(bus.Connected, "")
	a, calls := <-agents, 0
	return h, func(name string) string {
		t.Helper()
		calls++
		return a.call(fmt.Sprint(calls), name, "{}").Result
	}
}

func TestASaveReplacesTheToolsOfTheConversation(t *testing.T) {
	t.Parallel()
	h, call := startReloadTest(t, "a.lua", `register_tool("v", function() return 1 end)`)
	if got := call("v"); got != "1" {
		t.Errorf("before the save: %s, want 1", got)
	}
	h.write("a.lua", "register_tool(\n'v', ")
	h.waitFor(bus.ReloadFailed, "a.lua:2: syntax error near the end of the file")
	h.waitFor(bus.ReloadFailed, "is an 'end' or a bracket missing?")
	if failed := h.published(bus.ReloadFailed); filepath.Base(failed[0].At) != "a.lua:2" {
		t.Errorf("the place of the mistake is %q", failed[0].At)
	}
	if got := call("v"); got != "1" {
		t.Errorf("after a save with a mistake: %s, want 1", got)
	}
	h.write("a.lua", `register_tool("v", function() return 2 end)`)
	h.waitFor(bus.Reloaded, "")
	if got := call("v"); got != "2" {
		t.Errorf("after the mistake was corrected: %s, want 2", got)
	}
}

func TestAModuleIsWatchedAfterItHasFailedToLoad(t *testing.T) {
	t.Parallel()
	h, call := startReloadTest(t, "a.lua", `local m = require "lib.m" register_tool("v", function() return m end)`, "lib/m.lua", `return 1`)
	h.write("lib/m.lua", `return require "other"`)
	h.waitFor(bus.ReloadFailed, "module 'other' not found")
	h.write("other.lua", `return 2`)
	h.waitFor(bus.Reloaded, "")
	if got := call("v"); got != "2" {
		t.Errorf("got %s, want 2", got)
	}
}

func TestReloadWatchesTheFilesThatTheScriptNowRequires(t *testing.T) {
	t.Parallel()
	h := newTestEngine(t, Options{Wait: true, Watch: true}, "a.lua", ``, "lib/m.lua", `print("module one")`)
	h.Reload() // has no effect before the scripts are loaded
	h.start(t.Context())
	testkit.Until(t, "the scripts are loaded", func() bool { return h.Status() == "waiting" })
	h.write("a.lua", `require "lib.m"`)
	h.Reload()
	h.waitFor(bus.Print, "module one")
	time.Sleep(100 * time.Millisecond) // let the reload for the save of a.lua pass, which would read lib/m.lua
	h.write("lib/m.lua", `print("module two")`)
	h.waitFor(bus.Print, "module two")
	if failed := h.published(bus.ReloadFailed); len(failed) > 0 {
		t.Errorf("these reloads failed: %v", failed)
	}
}
