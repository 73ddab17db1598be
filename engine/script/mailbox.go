package script

import (
	"errors"
	"sync"
)

const (
	mostCalls  = 64  // tool calls waiting to start, a script
	mostEvents = 256 // events waiting to be delivered, a script
	mostStarts = 256 // spawned functions waiting to start, a script
	mostTasks  = 256 // tasks alive, a script
)

// A class of messages is admitted by its own rule.
type class uint8

const (
	urgent     class = iota // completions, kills, control: always admitted
	aCall                   // a tool call: refused when too many wait
	anEvent                 // an event: the oldest goes when too many wait
	aStart                  // a spawned function: refused when too many wait
	aTurn                   // a timer's turn: there is one of each timer at most
	numClasses              //
)

var (
	errBusy   = errors.New("too many calls are waiting")
	errStarts = errors.New("too many functions are waiting to start")
	errClosed = errors.New("the script has been closed")
)

// A message asks the executor for one thing. Exactly one of its four forms is
// used.
type message struct {
	class class
	do    func() // runs on the executor's goroutine

	resume *task // continue this task, if ticket is still the one it waits on
	ticket uint64
	value  any

	event *Event // deliver it

	call *Call // begin it
}

// A mailbox holds what an executor has yet to do: one first-in first-out list,
// so that Lua starts work in the order of the wire. Anyone may put, the
// executor takes.
type mailbox struct {
	wake chan struct{} // has a value when there may be something new

	mu      sync.Mutex // guards what follows
	items   []*message // nil where one was taken out of its turn
	head    int
	holes   int // nils from head on
	waiting [numClasses]int
	dropped int // events, since they were last asked for
	lost    int // events, in all
	closed  bool
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

// put queues m, or says why not.
func (b *mailbox) put(m *message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errClosed
	}
	switch m.class {
	case aCall:
		if b.waiting[aCall] >= mostCalls {
			return errBusy
		}
	case aStart:
		if b.waiting[aStart] >= mostStarts {
			return errStarts
		}
	case anEvent:
		if m.event.Merge != nil && b.merge(m.event) {
			return nil
		}
		if b.waiting[anEvent] >= mostEvents {
			b.dropOldestEvent()
		}
	}
	b.waiting[m.class]++
	if b.holes > 64 && b.holes > (len(b.items)-b.head)/2 {
		b.squeeze()
	}
	b.items = append(b.items, m)
	select {
	case b.wake <- struct{}{}:
	default:
	}
	return nil
}

// merge folds e into the newest queued event of its type, if it has one that
// takes it.
func (b *mailbox) merge(e *Event) bool {
	for i := len(b.items) - 1; i >= b.head; i-- {
		if m := b.items[i]; m != nil && m.event != nil && m.event.Type == e.Type {
			merged, ok := e.Merge(*m.event)
			if ok {
				m.event = &merged
			}
			return ok
		}
	}
	return false
}

func (b *mailbox) dropOldestEvent() {
	for i := b.head; i < len(b.items); i++ {
		if m := b.items[i]; m != nil && m.class == anEvent {
			b.remove(i)
			b.dropped++
			b.lost++
			return
		}
	}
}

// take removes the oldest message, nil when there is none. Without starts it
// passes over those that would start a task.
func (b *mailbox) take(starts bool) *message {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := b.head; i < len(b.items); i++ {
		if m := b.items[i]; m != nil && (starts || m.class == urgent) {
			b.remove(i)
			return m
		}
	}
	return nil
}

// remove takes out item i, which is not nil.
func (b *mailbox) remove(i int) {
	b.waiting[b.items[i].class]--
	b.items[i] = nil
	b.holes++
	for b.head < len(b.items) && b.items[b.head] == nil {
		b.head++
		b.holes--
	}
	if b.head == len(b.items) {
		b.items, b.head = b.items[:0], 0
	} else if b.head > 1024 && b.head > len(b.items)/2 {
		b.squeeze()
	}
}

// squeeze moves what waits to the front, without holes.
func (b *mailbox) squeeze() {
	n := 0
	for _, m := range b.items[b.head:] {
		if m != nil {
			b.items[n] = m
			n++
		}
	}
	clear(b.items[n:])
	b.items, b.head, b.holes = b.items[:n], 0, 0
}

// move gives what came over the wire and still waits here to another mailbox, in
// its order: the events, and the calls that takes takes. to is that of a
// generation that is new, and so has room.
func (b *mailbox) move(to *mailbox, takes func(*Call) bool) {
	b.mu.Lock()
	var moved []*message
	for i := b.head; i < len(b.items); i++ {
		if m := b.items[i]; m != nil && (m.event != nil || m.call != nil && takes(m.call)) {
			moved = append(moved, m)
			b.waiting[m.class]--
			b.items[i] = nil
		}
	}
	b.squeeze()
	b.mu.Unlock()
	for _, m := range moved {
		to.put(m)
	}
}

// takeDropped is how many events were dropped since it was last called.
func (b *mailbox) takeDropped() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.dropped
	b.dropped = 0
	return n
}

// close refuses all that comes later. What waits already is still taken.
func (b *mailbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}
