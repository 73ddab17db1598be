package vm

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// timeSlice is how long an executor may run Lua code before it must let another executor have its
// run slot.
const timeSlice = 3 * time.Millisecond

// Slots limits how many executors of the process run Lua code at once. An executor needs a run slot
// to run Lua code. The limit leaves a processor free for the goroutines of the network and of the
// sound. The Go scheduler has no priorities: on two processors, eight busy Lua states make any
// sound stutter.
//
// An executor that has run for a whole time slice since it was last idle is heavy. Any other
// executor is light. Light executors get a slot before heavy ones, so that a short task does not
// wait for executors that run long loops.
type Slots struct {
	// number of executors that wait for a slot; executors that run read it without the mutex
	waiting atomic.Int32

	mu    sync.Mutex // guards the fields below
	free  int        // number of slots that no executor has
	light waitQueue
	heavy waitQueue
	// lightInARow is how many light executors in a row have got a slot while a heavy one was
	// waiting.
	lightInARow int
}

// maxLightInARow is how many light executors in a row may get a slot while a heavy one waits.
// Without this limit, scripts that run short tasks all the time would never let a heavy executor
// run.
const maxLightInARow = 4

// NewSlots makes n run slots. If n is zero or negative, it makes one slot fewer than GOMAXPROCS,
// but at least one.
func NewSlots(n int) *Slots {
	if n <= 0 {
		n = max(1, runtime.GOMAXPROCS(0)-1)
	}
	return &Slots{free: n}
}

// acquire blocks until the calling executor has a slot. wake is the channel of this executor, on
// which release wakes it. wake must be empty and must have room for one value.
func (s *Slots) acquire(wake chan struct{}, heavy bool) {
	s.mu.Lock()
	if s.free > 0 {
		s.free--
		s.mu.Unlock()
		return
	}
	if heavy {
		s.heavy.push(wake)
	} else {
		s.light.push(wake)
	}
	s.waiting.Add(1)
	s.mu.Unlock()
	<-wake
}

// release gives the slot of the caller to the light executor that has waited longest. If no light
// executor waits, or if heavy ones have waited long enough, a heavy executor gets the slot.
func (s *Slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	first, second := &s.light, &s.heavy
	if s.lightInARow >= maxLightInARow {
		first, second = second, first
	}
	wake, ok := first.pop()
	if !ok {
		first = second
		wake, ok = first.pop()
	}
	if !ok {
		s.free++
		return
	}
	if s.lightInARow++; first == &s.heavy || s.heavy.empty() {
		s.lightInARow = 0
	}
	s.waiting.Add(-1)
	wake <- struct{}{}
}

// wanted reports whether an executor waits for a slot.
func (s *Slots) wanted() bool { return s.waiting.Load() > 0 }

// A waitQueue is a first-in first-out queue of executors that wait for a slot. It stores the wake
// channel of each executor. It reuses its memory, so that a queue that is never empty does not
// grow.
type waitQueue struct {
	channels []chan struct{}
	head     int
}

func (q *waitQueue) empty() bool { return q.head == len(q.channels) }

func (q *waitQueue) push(c chan struct{}) {
	if q.head > 64 && q.head > len(q.channels)/2 {
		n := copy(q.channels, q.channels[q.head:])
		clear(q.channels[n:])
		q.channels, q.head = q.channels[:n], 0
	}
	q.channels = append(q.channels, c)
}

func (q *waitQueue) pop() (chan struct{}, bool) {
	if q.head == len(q.channels) {
		return nil, false
	}
	c := q.channels[q.head]
	q.channels[q.head] = nil
	q.head++
	if q.head == len(q.channels) {
		q.channels, q.head = q.channels[:0], 0
	}
	return c, true
}
