package script

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// slice is how long an executor may run Lua while another waits for its slot.
const slice = 3 * time.Millisecond

// Slots bounds how many executors of the process run Lua at one moment, so
// that the goroutines of the socket and of the sound always find a free
// processor. The Go scheduler gives them no priority of its own: on two cores
// eight busy Lua states make any sound stutter.
//
// Two queues wait for a slot: executors that have not used up a slice since
// they were last idle go first, so that a light call does not stand behind
// busy loops.
type Slots struct {
	waiting atomic.Int32 // how many wait; read without the lock by those that run

	mu    sync.Mutex // guards what follows
	free  int
	light queue
	heavy queue
	past  int // light ones that went before a heavy one since the last heavy one
}

// patience is how many light executors may go before a heavy one that waits:
// without an end to it, scripts that work in short bursts would starve it.
const patience = 4

// NewSlots makes n slots; zero or less means one fewer than GOMAXPROCS, and at
// least one.
func NewSlots(n int) *Slots {
	if n <= 0 {
		n = max(1, runtime.GOMAXPROCS(0)-1)
	}
	return &Slots{free: n}
}

// acquire blocks until the executor behind wake has a slot. wake must have
// room for one value, and be empty.
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

// release hands the slot to whoever has waited longest, light ones first.
func (s *Slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	first, second := &s.light, &s.heavy
	if s.past >= patience {
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
	if s.past++; first == &s.heavy || s.heavy.empty() {
		s.past = 0
	}
	s.waiting.Add(-1)
	wake <- struct{}{}
}

// contended says whether somebody waits for a slot.
func (s *Slots) contended() bool { return s.waiting.Load() > 0 }

// A queue is a first-in first-out list that reuses its memory.
type queue struct {
	items []chan struct{}
	head  int
}

func (q *queue) empty() bool { return q.head == len(q.items) }

func (q *queue) push(c chan struct{}) {
	if q.head > 64 && q.head > len(q.items)/2 {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, c)
}

func (q *queue) pop() (chan struct{}, bool) {
	if q.head == len(q.items) {
		return nil, false
	}
	c := q.items[q.head]
	q.items[q.head] = nil
	q.head++
	if q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
	}
	return c, true
}

// A turn is an executor's hold on a slot. Only the executor's goroutine uses
// it, but total may be called from any.
type turn struct {
	slots *Slots
	born  time.Time
	wake  chan struct{}
	heavy bool          // a slice was used up since the executor was last idle
	used  time.Duration // of the present slice, before since

	since atomic.Int64 // ns after born when the slot was taken; 0 while it is not held
	spent atomic.Int64 // ns that it has been held in all, before since
}

func newTurn(slots *Slots) *turn {
	return &turn{slots: slots, born: time.Now(), wake: make(chan struct{}, 1)}
}

func (t *turn) held() bool { return t.since.Load() != 0 }

// hold is how long the slot has been held since it was taken.
func (t *turn) hold() time.Duration { return time.Since(t.born) - time.Duration(t.since.Load()) }

// take makes sure of a slot.
func (t *turn) take() {
	if !t.held() {
		t.slots.acquire(t.wake, t.heavy)
		t.since.Store(max(1, int64(time.Since(t.born))))
	}
}

// give gives the slot up.
func (t *turn) give() {
	if t.held() {
		held := t.hold()
		t.used += held
		t.since.Store(0) // first, so that total never counts it twice
		t.spent.Add(int64(held))
		t.slots.release()
	}
}

// idle gives the slot up because there is nothing to do.
func (t *turn) idle() {
	t.give()
	t.heavy, t.used = false, 0
}

// total is how long the slot has been held in all. Any goroutine may ask;
// another than the executor's may get a little less, never more.
func (t *turn) total() time.Duration {
	spent := time.Duration(t.spent.Load())
	if since := t.since.Load(); since != 0 {
		return spent + time.Since(t.born) - time.Duration(since)
	}
	return spent
}

// next makes sure of a slot for the next piece of work. A light executor that
// has one already lets others go first, a heavy one keeps it to the end of its
// slice, for which it has stood in the long queue.
func (t *turn) next() {
	if t.held() {
		t.pass(!t.heavy)
	}
	t.take()
}

// pass lets others go first if any wait: always, or once the slice is used up.
func (t *turn) pass(always bool) {
	if !t.slots.contended() {
		return
	}
	if t.used+t.hold() >= slice {
		t.heavy = true
	} else if !always {
		return
	}
	t.give()
	if t.heavy {
		t.used = 0
	}
	t.take()
}
