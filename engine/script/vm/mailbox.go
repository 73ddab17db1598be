package vm

import (
	"errors"
	"sync"
)

// A Class is the kind of a message. It decides how many messages of the kind may be queued, and
// when the executor may take them.
type Class uint8

const (
	// Control messages are always accepted. The executor takes them even while no task may start.
	Control Class = iota
	// Request messages are refused while MaxRequests are queued. The executor handles them even
	// after Close.
	Request
	// Notification messages are always accepted. While MaxNotifications are queued, each new
	// message makes the mailbox drop the oldest.
	Notification
	// Start messages each start one task. They are refused while MaxStarts are queued.
	Start
	// Timer messages each start a task of a timer. They are always accepted, because each timer
	// queues at most one at a time.
	Timer
	numClasses
)

// The maximal numbers of messages of a class in one mailbox.
const (
	MaxRequests      = 64
	MaxNotifications = 256
	MaxStarts        = 256
)

var (
	// ErrFull means that too many messages of this class are queued.
	ErrFull = errors.New("the mailbox is full")

	// ErrClosed means that the executor has been closed and accepts no messages.
	ErrClosed = errors.New(closedReason)
)

// A MergeFunc merges a new item with a queued item. matched reports whether the two items are of
// the same kind. merged is the item that replaces both, or nil if the two cannot be merged. The
// mailbox is locked during the call.
type MergeFunc func(queued any) (merged any, matched bool)

// A message is one thing that the executor has to do. Exactly one of do, item and resume is set.
type message struct {
	class Class
	do    func() // the function to run
	item  any    // the item to pass to Options.Handle

	// resume is the waiting task to continue. The message has no effect if the task has finished
	// that wait already, so that ticket is not the number of its latest Await.
	resume *Task
	ticket uint64 // number of the call of Await that the message ends
	value  any    // the value that the call of Await returns
}

// A mailbox holds the queued messages of an executor in the order in which they came. Any goroutine
// may put messages into the mailbox. Only the executor takes them out.
type mailbox struct {
	// gets a value when a message is put, which wakes the executor
	wake chan struct{}

	mu         sync.Mutex // guards the fields below
	messages   []*message // an element is nil if its message was removed before older messages
	head       int        // index of the oldest message
	holes      int        // number of nil elements after the index head
	queued     [numClasses]int
	dropped    int // number of dropped notifications since the last call of TakeDropped
	allDropped int // number of dropped notifications since the mailbox was made
	closed     bool
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

// put queues m. It returns ErrFull or ErrClosed if m is refused.
func (b *mailbox) put(m *message) error { return b.putOrMerge(m, nil) }

// putOrMerge queues m. If m is a Notification and merge is not nil, it first tries to merge m.item
// with a queued item. It returns ErrFull or ErrClosed if m is refused.
func (b *mailbox) putOrMerge(m *message, merge MergeFunc) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return ErrClosed
	}
	switch m.class {
	case Request:
		if b.queued[Request] >= MaxRequests {
			return ErrFull
		}
	case Start:
		if b.queued[Start] >= MaxStarts {
			return ErrFull
		}
	case Notification:
		if merge != nil && b.merge(merge) {
			return nil
		}
		if b.queued[Notification] >= MaxNotifications {
			b.dropOldestNotification()
		}
	}
	b.queued[m.class]++
	if b.holes > 64 && b.holes > (len(b.messages)-b.head)/2 {
		b.compact()
	}
	b.messages = append(b.messages, m)
	select {
	case b.wake <- struct{}{}:
	default:
	}
	return nil
}

// merge passes the queued items to the function merge, newest first, until the function reports a
// match. If the function could merge that item with the new one, the merged item replaces the
// queued item, and merge returns true. Otherwise merge returns false.
func (b *mailbox) merge(merge MergeFunc) bool {
	for i := len(b.messages) - 1; i >= b.head; i-- {
		m := b.messages[i]
		if m == nil || m.item == nil {
			continue
		}
		if merged, matched := merge(m.item); matched {
			if merged != nil {
				m.item = merged
			}
			return merged != nil
		}
	}
	return false
}

func (b *mailbox) dropOldestNotification() {
	for i := b.head; i < len(b.messages); i++ {
		if m := b.messages[i]; m != nil && m.class == Notification {
			b.remove(i)
			b.dropped++
			b.allDropped++
			return
		}
	}
}

// take removes and returns the oldest message, or the oldest Control message if mayStart is false.
// It returns nil if there is no such message.
func (b *mailbox) take(mayStart bool) *message {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := b.head; i < len(b.messages); i++ {
		if m := b.messages[i]; m != nil && (mayStart || m.class == Control) {
			b.remove(i)
			return m
		}
	}
	return nil
}

// remove removes the message at index i, which must not be nil.
func (b *mailbox) remove(i int) {
	b.queued[b.messages[i].class]--
	b.messages[i] = nil
	b.holes++
	for b.head < len(b.messages) && b.messages[b.head] == nil {
		b.head++
		b.holes--
	}
	if b.head == len(b.messages) {
		b.messages, b.head = b.messages[:0], 0
	} else if b.head > 1024 && b.head > len(b.messages)/2 {
		b.compact()
	}
}

// compact moves the queued messages to the start of the slice and removes the nil elements.
func (b *mailbox) compact() {
	n := 0
	for _, m := range b.messages[b.head:] {
		if m != nil {
			b.messages[n] = m
			n++
		}
	}
	clear(b.messages[n:])
	b.messages, b.head, b.holes = b.messages[:n], 0, 0
}

// move moves the items for which accept returns true to the mailbox dst, and keeps their order. The
// mailbox dst must have room for them.
func (b *mailbox) move(dst *mailbox, accept func(item any) bool) {
	b.mu.Lock()
	var moved []*message
	for i := b.head; i < len(b.messages); i++ {
		if m := b.messages[i]; m != nil && m.item != nil && accept(m.item) {
			moved = append(moved, m)
			b.queued[m.class]--
			b.messages[i] = nil
		}
	}
	b.compact()
	b.mu.Unlock()
	for _, m := range moved {
		dst.put(m)
	}
}

// close makes the mailbox refuse new messages. The queued messages can still be taken.
func (b *mailbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
}

// Post queues the function do as a Control message. It returns ErrClosed after the executor has
// been closed.
func (x *Executor) Post(do func()) error { return x.Put(Control, do) }

// Put queues the function do, which usually starts a task. It returns ErrFull or ErrClosed if the
// message is refused.
func (x *Executor) Put(class Class, do func()) error {
	return x.mailbox.put(&message{class: class, do: do})
}

// PutItem queues item, which is passed to Options.Handle later. If merge is not nil and class is
// Notification, PutItem first tries to merge item with a queued item. It returns ErrFull or
// ErrClosed if the message is refused.
func (x *Executor) PutItem(class Class, item any, merge MergeFunc) error {
	return x.mailbox.putOrMerge(&message{class: class, item: item}, merge)
}

// MoveItems moves the queued items for which accept returns true to the executor dst, and keeps
// their order. The mailbox of x is locked while accept runs. The executor dst must be new, so that
// its mailbox has room.
func (x *Executor) MoveItems(dst *Executor, accept func(item any) bool) {
	x.mailbox.move(dst.mailbox, accept)
}

// Queued returns how many messages of a class are queued.
func (x *Executor) Queued(class Class) int {
	x.mailbox.mu.Lock()
	defer x.mailbox.mu.Unlock()
	return x.mailbox.queued[class]
}

// Dropped returns how many notifications have been dropped since New.
func (x *Executor) Dropped() int {
	x.mailbox.mu.Lock()
	defer x.mailbox.mu.Unlock()
	return x.mailbox.allDropped
}

// TakeDropped returns how many notifications have been dropped since its previous call.
func (x *Executor) TakeDropped() int {
	x.mailbox.mu.Lock()
	defer x.mailbox.mu.Unlock()
	n := x.mailbox.dropped
	x.mailbox.dropped = 0
	return n
}
