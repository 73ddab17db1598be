package script

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// confined is a bench whose scripts may use a few MiB more than there is now.
func confined(t *testing.T, source string) *bench {
	runtime.GC()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	heap := NewHeap(now.HeapAlloc + 64<<20)
	t.Cleanup(heap.Close)
	b := newBench(t, Options{Heap: heap, Limits: Limits{Burst: time.Minute, BurstWarning: time.Minute}})
	b.write("a.lua", source+`
		register_tool("alive", function() return "yes" end)
	`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestATaskThatEatsMemoryIsEnded(t *testing.T) {
	for name, body := range map[string]string{
		"table of strings": `local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1000) .. i end`,
		"string keys":      `local t = {} for i = 1, 1e9 do t["key" .. i] = i end`,
		"a string doubled": `local s = "x" while true do s = s .. s end`,
		"nested tables":    `local t = {} while true do t = { t, t } end`,
		"guarded by pcall": `while true do pcall(function() local t = {} for i = 1, 1e9 do t[i] = { i } end end) end`,
		"closures":         `local t = {} for i = 1, 1e9 do t[i] = function() return i end end`,
	} {
		t.Run(name, func(t *testing.T) {
			b := confined(t, `register_tool { name = "eat", timeout = 60, handler = function() `+body+` end }`)
			r := b.call("eat", "{}")
			if !r.IsError || !strings.Contains(r.Text, "too much memory") {
				t.Errorf("got %+v, want an error about memory", r)
			}
			b.want("alive", "{}", "yes")
		})
	}
}

func TestAScriptThatKeepsTooMuchIsLoadedAnew(t *testing.T) {
	b := confined(t, `
		kept = {}
		register_tool("keep", function() for i = 1, 20000 do kept[#kept + 1] = ("x"):rep(1000) .. i end return #kept end)
		register_tool("size", function() return #kept end)
	`)
	for end := time.Now().Add(30 * time.Second); !b.said("the script is loaded again"); {
		b.call("keep", "{}")
		if time.Now().After(end) {
			t.Fatalf("it is not loaded anew:\n%s", b.all())
		}
	}
	for end := time.Now().Add(10 * time.Second); b.call("size", "{}").Text != "0"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the fresh copy does not answer")
		}
	}
}

// Past the bound it is the script that has grown most whose task is ended,
// whoever else runs.
func TestMemoryIsChargedToTheScriptThatGrew(t *testing.T) {
	b := confined(t, `
		register_tool { name = "eat", timeout = 60, handler = function() local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1000) .. i end end }
	`)
	b.write("modest.lua", `
		register_tool { name = "work", timeout = 60, handler = function()
			repeat
				for i = 1, 1e4 do local t = { i } end -- garbage, and little of it
				sleep(0.001)
			until enough
			return "done"
		end }
		register_tool("enough", function() enough = true end)
	`)
	if _, err := b.Load(b.path("modest.lua")); err != nil {
		t.Fatal(err)
	}
	work := b.start("work", "{}")
	for range 3 {
		if r := b.call("eat", "{}"); !r.IsError || !strings.Contains(r.Text, "too much memory") {
			t.Errorf("who eats: %+v, want an error about memory", r)
		}
	}
	b.call("enough", "{}")
	if r := b.await(work); r.Text != "done" {
		t.Errorf("who works: %+v, want done", r)
	}
}
