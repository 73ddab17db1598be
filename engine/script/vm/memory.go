package vm

import (
	"fmt"
	"math"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"
)

// A Heap limits the memory that the executors of a process use. Go cannot tell how much memory one
// Lua state uses. So the Heap measures how much the heap of the process grows, and charges the
// growth to the executor that runs at the time. When the heap is larger than the limit, the Heap
// kills the running task of the executor with the largest charge. If even that charge is small, the
// memory belongs to an executor that has been closed, and the Heap first waits until it is free. If
// the heap is still too large, the Heap calls Options.OnExcessMemory of that executor.
//
// The heap is measured by the instruction hooks and after each garbage collection. The hooks alone
// are not enough: a script that doubles a string again and again needs only few instructions.
type Heap struct {
	limit  uint64
	closed atomic.Bool
	acting atomic.Bool    // a goroutine is dealing with a heap that is too large
	wg     sync.WaitGroup // counts the goroutines that deal with a heap that is too large

	mu      sync.Mutex // guards the fields below
	sample  [1]metrics.Sample
	size    uint64                // size of the heap at the last check, in bytes
	checked time.Time             // time of the last check
	growth  map[*Executor]float64 // bytes charged to each executor
}

// NewHeap returns a Heap that limits the heap of the process to limit bytes. Zero means half of the
// memory of the machine or of the control group. Call Close after the executors that use the Heap
// have been closed.
func NewHeap(limit uint64) *Heap {
	if limit == 0 {
		limit = availableMemory() / 2
	}
	h := &Heap{limit: limit, growth: make(map[*Executor]float64)}
	h.sample[0].Name = "/memory/classes/heap/objects:bytes"
	h.size = h.readSize()
	h.checkAfterCollections()
	return h
}

// Limit returns the limit in bytes.
func (h *Heap) Limit() uint64 { return h.limit }

// Close ends the checks. It returns when no goroutine of the Heap runs any more.
func (h *Heap) Close() {
	h.mu.Lock() // check holds h.mu too, and starts no goroutine once closed is set
	h.closed.Store(true)
	h.mu.Unlock()
	h.wg.Wait()
}

// add makes the Heap charge memory to x from now on. A nil *Heap does nothing in add, remove and
// checkFor.
func (h *Heap) add(x *Executor) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.growth[x] = 0
}

func (h *Heap) remove(x *Executor) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.growth, x)
}

// readSize returns the present size of the heap in bytes. The caller must hold h.mu, except in
// NewHeap.
func (h *Heap) readSize() uint64 {
	metrics.Read(h.sample[:])
	return h.sample[0].Value.Uint64()
}

// checkAfterCollections checks the heap after each garbage collection until Close is called. It
// allocates an object that nothing uses. The next collection frees the object and runs its cleanup,
// which checks the heap and allocates the next object.
func (h *Heap) checkAfterCollections() {
	type canary struct {
		_ *int // without a pointer, the runtime would allocate the object together with others
		_ [56]byte
	}
	runtime.AddCleanup(new(canary), func(h *Heap) {
		if !h.closed.Load() {
			h.check(nil)
			h.checkAfterCollections()
		}
	}, h)
}

// checkFor checks the heap. x is the executor that runs and calls checkFor.
func (h *Heap) checkFor(x *Executor) {
	if h != nil {
		h.check(x)
	}
}

// heapInterval is the minimal time between two checks of the heap by instruction hooks.
const heapInterval = 2 * time.Millisecond

// check charges the growth of the heap since the last check. If the heap is too large, it starts a
// goroutine that makes the heap smaller. x is the executor that runs and calls check. If x is nil,
// check charges all executors that run. Any goroutine may call it.
func (h *Heap) check(x *Executor) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if x != nil && time.Since(h.checked) < heapInterval {
		return
	}
	h.checked = time.Now()
	now := h.readSize()
	h.charge(x, float64(now)-float64(h.size))
	h.size = now
	if now <= h.limit || h.closed.Load() || !h.acting.CompareAndSwap(false, true) {
		return
	}
	var worst *Executor
	maxGrowth := math.Inf(-1)
	for x, growth := range h.growth {
		if growth > maxGrowth {
			worst, maxGrowth = x, growth
		}
	}
	isSmall := maxGrowth < float64(h.limit)/float64(2*len(h.growth))
	h.wg.Go(func() {
		defer h.acting.Store(false)
		switch {
		case worst == nil:
			return
		case isSmall && h.awaitShrinking(3*time.Second):
			return // the memory was that of an executor that has just been closed
		}
		h.shrink(worst)
		h.awaitShrinking(time.Second)
	})
}

// charge charges growth to x. If x is nil, it divides growth among the executors that run a task.
// If growth is negative, because garbage was collected, it reduces the charges of all executors in
// proportion.
func (h *Heap) charge(x *Executor, growth float64) {
	if growth < 0 {
		keep := 1 + growth/max(float64(h.size), 1)
		for x := range h.growth {
			h.growth[x] *= keep
		}
		return
	}
	if x != nil {
		h.growth[x] += growth
		return
	}
	var running []*Executor
	for x := range h.growth {
		if x.hook.task.Load() != nil {
			running = append(running, x)
		}
	}
	for _, x := range running {
		h.growth[x] += growth / float64(len(running))
	}
}

// shrink kills the running task of x. If the heap is still too large afterwards, it calls
// Options.OnExcessMemory of x. Unless the heap is far too large, shrink first collects garbage, and
// does nothing if that is enough.
func (h *Heap) shrink(x *Executor) {
	if !h.exceeds(1.5) {
		runtime.GC()
		if !h.exceeds(1) {
			return
		}
	}
	reason := fmt.Sprintf("the scripts use too much memory (more than %d MiB)", h.limit>>20)
	if t := x.hook.task.Load(); t != nil {
		t.killFlag.set(reason)
		for range 200 { // waits up to a second for the task to end, so that its memory can be freed
			if x.hook.task.Load() != t {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	runtime.GC()
	if h.exceeds(1) {
		x.opts.OnExcessMemory(reason)
	}
}

// awaitShrinking collects garbage until the heap is small enough, and reports whether it is. It stops
// after timeout, and when somebody needs still more memory. A script that is being loaded again frees
// its memory with a delay, and no other script must be blamed for it meanwhile.
func (h *Heap) awaitShrinking(timeout time.Duration) bool {
	for end := time.Now().Add(timeout); ; time.Sleep(50 * time.Millisecond) {
		if h.closed.Load() || !h.exceeds(1) {
			return true
		}
		runtime.GC()
		if !h.exceeds(1) {
			return true
		}
		if h.exceeds(1.5) || time.Now().After(end) {
			return false
		}
	}
}

// exceeds reports whether the heap is larger than factor times the limit.
func (h *Heap) exceeds(factor float64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return float64(h.readSize()) > factor*float64(h.limit)
}
