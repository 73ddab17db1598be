package engine

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"moonlark/engine/event"
)

// living runs an engine that watches, in a conversation that goes on until the
// test ends, and returns how to call a tool in it.
func living(t *testing.T, files ...string) (*house, func(name string) string) {
	calls := make(chan string)
	results := make(chan string)
	url := fake(t, func(a *fakeAgent) {
		n := 0
		for name := range calls {
			n++
			results <- a.call(fmt.Sprint(n), name, "{}").Result
		}
		a.close(1000, "")
	})
	h := build(t, Options{Target: Target{URL: url}, Watch: true}, files...)
	wait := h.start(context.Background())
	t.Cleanup(func() { close(calls); wait() })
	h.until(event.Connected, "")
	return h, func(name string) string {
		t.Helper()
		late := time.After(10 * time.Second)
		select {
		case calls <- name:
		case <-late:
			t.Fatal("the agent cannot call")
		}
		select {
		case result := <-results:
			return result
		case <-late:
			t.Fatal("the call is not answered")
			return ""
		}
	}
}

func TestASaveIsLiveHoweverTheEditorWrites(t *testing.T) {
	source := func(v int) string { return fmt.Sprintf(`register_tool("v", function() return %d end)`, v) }
	for _, row := range []struct {
		editor string
		save   func(h *house, source string)
	}{
		{"writes the file", func(h *house, source string) { h.write("a.lua", source) }},
		{"renames another over it", func(h *house, source string) {
			h.write("a.lua.tmp", source)
			os.Rename(h.path("a.lua.tmp"), h.path("a.lua"))
		}},
		{"moves it away and writes a new one", func(h *house, source string) {
			os.Rename(h.path("a.lua"), h.path("a.lua~"))
			time.Sleep(50 * time.Millisecond)
			h.write("a.lua", source)
		}},
		{"empties it, and writes a little later", func(h *house, source string) {
			h.write("a.lua", "")
			time.Sleep(100 * time.Millisecond)
			h.write("a.lua", source)
		}},
		{"writes in pieces", func(h *house, source string) {
			f, _ := os.Create(h.path("a.lua"))
			for i := range source {
				f.WriteString(source[i : i+1])
				if i%10 == 0 {
					time.Sleep(2 * time.Millisecond)
				}
			}
			f.Close()
		}},
	} {
		t.Run(row.editor, func(t *testing.T) {
			h, call := living(t, "a.lua", source(1))
			if got := call("v"); got != "1" {
				t.Fatalf("before: %s", got)
			}
			row.save(h, source(2))
			h.until(event.Reloaded, "")
			if got := call("v"); got != "2" {
				t.Errorf("after the save: %s, want 2", got)
			}
			if failed := h.all(event.ReloadFailed); len(failed) > 0 {
				t.Errorf("a reload in the middle of the save: %+v", failed)
			}
		})
	}
}

func TestAFileThatIsEmptyIsWaitedForThoughAnotherIsSaved(t *testing.T) {
	h, call := living(t, "a.lua", `local m = require "m" register_tool("v", function() return m end)`, "m.lua", `return 1`)
	h.write("m.lua", "")
	h.write("a.lua", `local m = require "m" print("loaded " .. tostring(m)) register_tool("v", function() return m end)`)
	time.Sleep(2 * settle)
	h.write("m.lua", `return 2`)
	h.until(event.Print, "loaded 2")
	if h.shown(event.Print, "loaded true") {
		t.Error("the script was loaded while its module was empty")
	}
	if got := call("v"); got != "2" {
		t.Errorf("got %s, want 2", got)
	}
}

func TestABrokenSaveIsShownAndChangesNothing(t *testing.T) {
	h, call := living(t, "a.lua", `register_tool("v", function() return 1 end)`)
	h.write("a.lua", "register_tool(\n'v', ")
	h.until(event.ReloadFailed, "a.lua:2: syntax error near the end of the file")
	h.until(event.ReloadFailed, "is an 'end' or a bracket missing?")
	if got := call("v"); got != "1" {
		t.Errorf("after the broken save: %s, want 1", got)
	}
	h.write("a.lua", `register_tool("v", function() return 2 end)`)
	h.until(event.Reloaded, "")
	if got := call("v"); got != "2" {
		t.Errorf("after the mend: %s, want 2", got)
	}
}

func TestAChangeOfARequiredFileReloads(t *testing.T) {
	h, call := living(t, "a.lua", `local m = require "lib.m" register_tool("v", function() return m end)`, "lib/m.lua", `return 1`)
	h.write("lib/m.lua", `return 2`)
	h.until(event.Reloaded, "")
	if got := call("v"); got != "2" {
		t.Errorf("got %s, want 2", got)
	}
}

func TestMakingAMissingModuleReloads(t *testing.T) {
	h, call := living(t, "a.lua", `local ok, m = pcall(require, "deep.er.m") register_tool("v", function() return ok and m or "none" end)`)
	if got := call("v"); got != "none" {
		t.Fatalf("before: %s", got)
	}
	h.write("deep/er/m.lua", `return "made"`)
	for end := time.Now().Add(10 * time.Second); call("v") != "made"; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the module that was made is not loaded")
		}
	}
}

func TestAModuleThatBreaksAndIsMendedReloads(t *testing.T) {
	h, call := living(t, "a.lua", `local m = require "m" register_tool("v", function() return m end)`, "m.lua", `return 1`)
	h.write("m.lua", `return require "other"`)
	h.until(event.ReloadFailed, "module 'other' not found")
	h.write("other.lua", `return 2`)
	h.until(event.Reloaded, "")
	if got := call("v"); got != "2" {
		t.Errorf("got %s, want 2", got)
	}
}

func TestAScriptBehindALinkIsWatchedToo(t *testing.T) {
	h, call := living(t, "a.lua", `local m = require "m" register_tool("v", function() return m end)`, "m.lua", `return 1`, "elsewhere/real.lua", `return 2`)
	os.Remove(h.path("m.lua"))
	if err := os.Symlink(h.path("elsewhere/real.lua"), h.path("m.lua")); err != nil {
		t.Skip(err)
	}
	h.until(event.Reloaded, "")
	if got := call("v"); got != "2" {
		t.Fatalf("behind the link: %s, want 2", got)
	}
	h.write("elsewhere/real.lua", `return 3`)
	for end := time.Now().Add(10 * time.Second); call("v") != "3"; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a change behind the link is not seen")
		}
	}
}
