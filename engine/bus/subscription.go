package bus

import (
	"sync"
	"time"
)

const (
	maxPending = 4096 // maximum number of events in the queue of one subscriber
	// maximum size of all texts in one queue, in bytes; a single text may be larger
	maxPendingBytes = 16 << 20

	// restTime is how long a subscriber's goroutine sleeps after it has emptied the queue, so that
	// a flood of events wakes the goroutine at most two hundred times a second.
	restTime = 5 * time.Millisecond
)

// A Subscription is the queue and the goroutine of one subscriber.
type Subscription struct {
	bus     *Bus
	wants   func(Type) bool
	receive func(Event) // called only on the subscription's goroutine
	// has a value when the queue is not empty or the subscription has been closed
	wake    chan struct{}
	closing chan struct{} // closed by Close, which ends the pause of restTime
	done    chan struct{} // closed when the goroutine has ended

	mu      sync.Mutex // guards the fields below
	queue   []Event
	bytes   int // total size of the texts in the queue
	dropped int // number of events dropped since the last event that fitted into the queue
	closed  bool
	flushed []chan struct{} // closed when the queue has been handled
}

func newSubscription(b *Bus, wants func(Type) bool, receive func(Event)) *Subscription {
	s := &Subscription{
		bus: b, wants: wants, receive: receive,
		wake: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
	}
	go s.run()
	return s
}

// put adds an event to the queue, or drops it when the queue is full. It never blocks.
func (s *Subscription) put(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := len(e.Text) + len(e.Args)
	if e.Result != nil {
		size += len(*e.Result)
	}
	switch {
	case s.closed:
		return
	case len(s.queue) >= maxPending, len(s.queue) > 0 && s.bytes+size > maxPendingBytes:
		s.dropped++
		return
	case s.dropped > 0:
		s.queue = append(s.queue, Event{Type: Dropped, Time: e.Time, Count: s.dropped})
		s.dropped = 0
	}
	s.queue = append(s.queue, e)
	s.bytes += size
	s.wakeUp()
}

func (s *Subscription) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run calls receive for each queued event. It runs on the subscription's goroutine and returns
// after Close.
func (s *Subscription) run() {
	defer close(s.done)
	var batch []Event
	for range s.wake {
		s.mu.Lock()
		batch, s.queue, s.bytes = s.queue, batch[:0], 0
		flushed := s.flushed
		s.flushed = nil
		closed, dropped := s.closed, s.dropped
		if closed && dropped > 0 {
			batch = append(batch, Event{Type: Dropped, Time: time.Now(), Count: dropped})
		}
		s.mu.Unlock()
		for _, e := range batch {
			s.receive(e)
		}
		clear(batch)
		for _, done := range flushed {
			close(done)
		}
		if closed {
			return
		}
		select {
		case <-s.closing:
		case <-time.After(restTime):
		}
	}
}

func (s *Subscription) pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue)
}

// Flush waits until receive has returned for all events that were published before the call, but at
// most for timeout. It returns at once after Close.
func (s *Subscription) Flush(timeout time.Duration) {
	done := make(chan struct{})
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.flushed = append(s.flushed, done)
	s.wakeUp()
	s.mu.Unlock()
	select {
	case <-done:
	case <-s.done:
	case <-time.After(timeout):
	}
}

// Close ends the subscription. receive is still called for the events in the queue. Close waits for
// these calls, but at most for timeout: receive may be blocked by a terminal or pipe that nobody
// reads.
func (s *Subscription) Close(timeout time.Duration) {
	s.bus.remove(s)
	s.mu.Lock()
	if !s.closed {
		close(s.closing)
	}
	s.closed = true
	s.wakeUp()
	s.mu.Unlock()
	select {
	case <-s.done:
	case <-time.After(timeout):
	}
}
