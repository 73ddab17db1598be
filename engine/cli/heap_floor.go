package cli

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// heapFloor is the size up to which the heap may grow before the garbage collector runs, in bytes.
const heapFloor = 10 << 20

// keepHeapFloor makes the garbage collector run less often while the heap is small. Without it, the
// heap of a few scripts is collected a hundred times a second when there are many tool calls. It
// does nothing if the environment variable GOGC is set.
func keepHeapFloor() {
	if os.Getenv("GOGC") == "" {
		setHeapFloor(100)
	}
}

// setHeapFloor sets the percentage by which the heap may grow until the next garbage collection, and
// does so again after each collection. percent is the present percentage.
func setHeapFloor(percent int) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if next := growth(live[0].Value.Uint64()); next != percent {
		percent = next
		debug.SetGCPercent(percent)
	}
	// the next collection finds that nothing uses the object, and then runs the cleanup
	object := new(struct {
		_ *int
		_ [56]byte
	})
	runtime.AddCleanup(object, setHeapFloor, percent)
}

// growth returns the percentage by which a heap may grow of which live bytes are in use. The result
// has few different values, because each change stops the program for a moment.
func growth(live uint64) int {
	switch {
	case live <= heapFloor/3:
		return 200
	case live <= heapFloor*2/5:
		return 150
	}
	return 100
}
