package script

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Heap keeps the scripts of a process within a bound of memory. Go cannot say
// how much a script holds, so what the heap grows by while a script runs is
// charged to it. Past the bound the task of the script that has grown most is
// ended; if that did not help, the script is loaded anew.
//
// The heap is looked at by the hook of a running script, and after each
// collection: a script that doubles a string makes memory out of very few
// instructions, but collections too.
type Heap struct {
	limit  uint64
	closed atomic.Bool
	acting atomic.Bool
	wg     sync.WaitGroup

	mu     sync.Mutex // guards what follows
	sample [1]metrics.Sample
	last   uint64
	looked time.Time
	grown  map[*executor]float64 // bytes charged to each executor there is
}

// NewHeap bounds the live heap of the process to limit bytes; zero means half
// of what the machine, or the control group, has. Close it after the last
// Scripts that use it.
func NewHeap(limit uint64) *Heap {
	if limit == 0 {
		limit = available() / 2
	}
	h := &Heap{limit: limit, grown: make(map[*executor]float64)}
	h.sample[0].Name = "/memory/classes/heap/objects:bytes"
	h.last = h.read()
	h.awaitCollection()
	return h
}

// Limit is the bound, in bytes.
func (h *Heap) Limit() uint64 { return h.limit }

// Close stops watching, and returns once nothing is left running.
func (h *Heap) Close() {
	h.mu.Lock() // look starts nothing after this
	h.closed.Store(true)
	h.mu.Unlock()
	h.wg.Wait()
}

func (h *Heap) add(x *executor) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.grown[x] = 0
}

func (h *Heap) remove(x *executor) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.grown, x)
}

// read is the size of the heap now. The caller holds mu, or is alone.
func (h *Heap) read() uint64 {
	metrics.Read(h.sample[:])
	return h.sample[0].Value.Uint64()
}

// awaitCollection looks after the next collection, and so on: the object it
// makes is found dead by it.
func (h *Heap) awaitCollection() {
	type canary struct {
		_ *int // so that it is not put together with others
		_ [56]byte
	}
	runtime.AddCleanup(new(canary), func(h *Heap) {
		if !h.closed.Load() {
			h.look(nil)
			h.awaitCollection()
		}
	}, h)
}

// glance is how often a running script has the heap looked at.
const glance = 2 * time.Millisecond

// look charges what the heap has grown by to x, which runs, or with nil to all
// that run, and acts when it is too large. Any goroutine may call it.
func (h *Heap) look(x *executor) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if x != nil && time.Since(h.looked) < glance {
		return
	}
	h.looked = time.Now()
	now := h.read()
	h.charge(x, float64(now)-float64(h.last))
	h.last = now
	if now <= h.limit || h.closed.Load() || !h.acting.CompareAndSwap(false, true) {
		return
	}
	var worst *executor
	most := math.Inf(-1)
	for x, grown := range h.grown {
		if grown > most {
			worst, most = x, grown
		}
	}
	h.wg.Go(func() {
		defer h.acting.Store(false)
		if worst != nil {
			h.curb(worst)
		}
	})
}

// charge divides growth among those that run. What a collection has freed is
// taken off all, by their share.
func (h *Heap) charge(x *executor, growth float64) {
	if growth < 0 {
		keep := 1 + growth/max(float64(h.last), 1)
		for x := range h.grown {
			h.grown[x] *= keep
		}
		return
	}
	if x != nil {
		h.grown[x] += growth
		return
	}
	var running []*executor
	for x := range h.grown {
		if x.hook.task.Load() != nil {
			running = append(running, x)
		}
	}
	for _, x := range running {
		h.grown[x] += growth / float64(len(running))
	}
}

// curb ends what x is doing and, if the heap is still too large after a
// collection, has it replaced. Unless there is no time for that, it makes sure
// first that the heap is full, and not just of garbage.
func (h *Heap) curb(x *executor) {
	if !h.full(1.5) {
		runtime.GC()
		if !h.full(1) {
			return
		}
	}
	why := fmt.Sprintf("the scripts use too much memory (more than %d MiB)", h.limit>>20)
	if t := x.hook.task.Load(); t != nil {
		t.kill.kill(why)
		for range 200 { // until it has let go of what it holds
			if x.hook.task.Load() != t {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	runtime.GC()
	if h.full(1) {
		x.onExcess(why)
	}
}

// full says whether the heap is larger than that many times the limit.
func (h *Heap) full(times float64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return float64(h.read()) > times*float64(h.limit)
}

// available is how much memory this process may use: what the machine has, or
// less if its control group has a bound.
func available() uint64 {
	const unknown = 2 << 30
	most := uint64(math.MaxUint64)
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(path); err == nil {
			if n, err := strconv.ParseUint(string(bytes.TrimSpace(text)), 10, 64); err == nil {
				most = min(most, n)
			}
		}
	}
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kib uint64
		if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kib); err == nil {
			most = min(most, kib<<10)
		}
	}
	if most > 1<<50 {
		return unknown
	}
	return most
}
