package vm

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"moonlark/engine/testkit"
)

func TestATaskThatUsesTooMuchMemoryIsKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("fills 64 MiB six times")
	}
	for name, body := range map[string]string{
		"a table of strings": `local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1000) .. i end`,
		"string keys":        `local t = {} for i = 1, 1e9 do t["key" .. i] = i end`,
		"a string doubled":   `local s = "x" while true do s = s .. s end`,
		"nested tables":      `local t = {} while true do t = { t, t } end`,
		"guarded by pcall":   `while true do pcall(function() local t = {} for i = 1, 1e9 do t[i] = { i } end end) end`,
		"closures":           `local t = {} for i = 1, 1e9 do t[i] = function() return i end end`,
	} {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			heap := NewHeap(now.HeapAlloc + 64<<20)
			t.Cleanup(heap.Close)
			f := newFixture(t, Options{Heap: heap, Limits: Limits{Burst: time.Minute, BurstWarning: time.Minute}}, nil,
				`function eat() `+body+` end function alive() return "yes" end`)
			if got := f.run("eat"); got.err == nil || !strings.Contains(got.err.Error(), "too much memory") {
				t.Errorf("the task ended with %v, want an error about memory", got.err)
			}
			f.want("alive", "yes")
		})
	}
}

// The memory of an executor that has been closed is free only after a while. No other executor may be
// blamed for it.
func TestNobodyIsBlamedForMemoryThatSoonIsFree(t *testing.T) {
	testkit.SkipIfEmulated(t)
	runtime.GC()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	left := make([]byte, 70<<20) // what a closed executor has left
	heap := NewHeap(now.HeapAlloc + 64<<20)
	t.Cleanup(heap.Close)
	blamed := make(chan string, 1)
	f := newFixture(t, Options{Heap: heap, OnExcessMemory: func(reason string) { blamed <- reason }}, nil,
		`function work() local n = 0 for i = 1, 1e5 do n = n + 1 end return n end`)
	work := func() {
		for began := time.Now(); time.Since(began) < 500*time.Millisecond; {
			f.want("work", "100000")
		}
	}
	work()
	runtime.KeepAlive(left) // from here on, it is garbage
	work()
	select {
	case reason := <-blamed:
		t.Error(reason)
	default:
	}
}
