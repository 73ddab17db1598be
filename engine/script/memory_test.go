package script

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"moonlark/engine/script/vm"
)

// loadWithMemoryLimit loads a.lua. The memory limit is 64 MiB more than the process uses now.
func loadWithMemoryLimit(t *testing.T, source string) *fixture {
	runtime.GC()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	heap := vm.NewHeap(now.HeapAlloc + 64<<20)
	t.Cleanup(heap.Close)
	f := newFixture(t, Options{Heap: heap, Limits: Limits{Burst: time.Minute, BurstWarning: time.Minute}})
	f.write("a.lua", source+`
		register_tool("alive", function() return "yes" end)
	`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAScriptThatHoldsTooMuchMemoryIsLoadedAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("fills 64 MiB")
	}
	f := loadWithMemoryLimit(t, `
		kept = {}
		register_tool("keep", function() for i = 1, 20000 do kept[#kept + 1] = ("x"):rep(1000) .. i end return #kept end)
		register_tool("size", function() return #kept end)
	`)
	for end := time.Now().Add(30 * time.Second); !f.hasLine("the script is loaded again"); {
		f.call("keep", "{}")
		if time.Now().After(end) {
			t.Fatalf("the script is not loaded again:\n%s", f.all())
		}
	}
	for end := time.Now().Add(10 * time.Second); f.call("size", "{}").Text != "0"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the new generation does not answer")
		}
	}
}

// Two scripts run. When the memory limit is reached, the task of the script that has allocated more
// memory must be killed, and not the task of the other script.
func TestMemoryIsChargedToTheScriptThatGrew(t *testing.T) {
	if testing.Short() {
		t.Skip("fills 64 MiB three times")
	}
	f := loadWithMemoryLimit(t, `
		register_tool { name = "eat", timeout = 60, handler = function() local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1000) .. i end end }
	`)
	f.write("modest.lua", `
		register_tool { name = "work", timeout = 60, handler = function()
			repeat
				for i = 1, 1e4 do local t = { i } end -- a little garbage
				sleep(0.001)
			until enough
			return "done"
		end }
		register_tool("enough", function() enough = true end)
	`)
	if _, err := f.Load(f.path("modest.lua")); err != nil {
		t.Fatal(err)
	}
	work := f.start("work", "{}")
	for range 3 {
		if r := f.call("eat", "{}"); !r.IsError || !strings.Contains(r.Text, "too much memory") {
			t.Errorf("eat returned %+v, want an error about memory", r)
		}
	}
	f.call("enough", "{}")
	if r := f.await(work); r.Text != "done" {
		t.Errorf("work returned %+v, want done", r)
	}
}
