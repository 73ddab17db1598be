package convai

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/gorilla/websocket"
)

const (
	// maxQueued and maxQueuedBytes are how much may wait to be written. At
	// the pace of a conversation, even one that sends sound, that is minutes
	// during which nothing got through.
	maxQueued      = 4096
	maxQueuedBytes = 64 << 20

	// The same for what can be left out: see Offer.
	maxOffered      = maxQueued / 16
	maxOfferedBytes = maxQueuedBytes / 16
)

// An outgoing is one thing to write.
type outgoing struct {
	next    *outgoing
	message Message // as it was given to Send; nil for an answer to a ping
	frame   []byte
	opcode  int // of WebSocket: a text message, or the pong of the WebSocket itself
}

// An outbox is what waits to be written, in lanes: control goes first, always,
// then the rest in the order it came, and sound when there is nothing else.
// Anyone adds, one goroutine takes out.
//
// What is being written is still in its lane, so that it is found there if it
// does not get through; but for sound, which nobody would send again.
type outbox struct {
	mu      sync.Mutex   // guards what follows
	changed sync.Cond    // the taker waits here
	control lane         // answers to pings
	rest    lane         // whatever Send was given
	sound   soundLane    // what SendSound was given, the newest of it
	count   int          // in control and rest
	bytes   int          // in control and rest
	depth   atomic.Int64 // count, for whoever does not want to hold up the sound
	closed  bool         // Send is refused
	dead    bool         // and nothing is given out any more
}

// A lane is a first-in-first-out list.
type lane struct {
	first, last *outgoing
}

func newOutbox() *outbox {
	o := new(outbox)
	o.changed.L = &o.mu
	return o
}

// send adds to the end of everything. It never waits.
func (o *outbox) send(m Message, frame []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return ErrOver
	}
	return o.add(&o.rest, &outgoing{message: m, frame: frame, opcode: websocket.TextMessage})
}

// offer is send unless much is waiting: then it is ErrBusy.
func (o *outbox) offer(m Message, frame []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed:
		return ErrOver
	case o.count >= maxOffered || o.bytes+len(frame) > maxOfferedBytes:
		return ErrBusy
	}
	return o.add(&o.rest, &outgoing{message: m, frame: frame, opcode: websocket.TextMessage})
}

// answer adds what goes ahead of all that send has added. It never waits. Once
// the outbox is dead there is nobody left to be answered.
func (o *outbox) answer(opcode int, frame []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead {
		return nil
	}
	return o.add(&o.control, &outgoing{frame: frame, opcode: opcode})
}

// sendSound adds what goes behind everything else, and says how many chunks
// had to go for it. It never waits. What is early is of before the conversation.
func (o *outbox) sendSound(sound []byte, early bool) (dropped int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return 0
	}
	o.changed.Signal()
	if early {
		return o.sound.addEarly(sound)
	}
	return o.sound.add(sound)
}

// add is called with the lock held.
func (o *outbox) add(l *lane, item *outgoing) error {
	if o.count >= maxQueued || o.bytes+len(item.frame) > maxQueuedBytes {
		return fmt.Errorf("write: stuck with %d messages (%d KiB) waiting", o.count, o.bytes>>10)
	}
	o.count++
	o.depth.Store(int64(o.count))
	o.bytes += len(item.frame)
	if l.last == nil {
		l.first = item
	} else {
		l.last.next = item
	}
	l.last = item
	o.changed.Signal()
	return nil
}

// next waits for something to write. It is nil when the outbox is dead, or
// closed and empty; see isDead.
func (o *outbox) next() *outgoing {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		switch {
		case o.dead:
			return nil
		case o.control.first != nil:
			return o.control.first
		case o.rest.first != nil:
			return o.rest.first
		case !o.sound.empty() && !o.closed:
			return o.sound.take()
		case o.closed:
			return nil
		}
		o.changed.Wait()
	}
}

// written takes out what next has given, once it has got through.
func (o *outbox) written(item *outgoing) {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := &o.rest
	switch item {
	case &o.sound.writing:
		return
	case o.control.first:
		l = &o.control
	}
	l.first = item.next
	if l.first == nil {
		l.last = nil
	}
	o.count--
	o.depth.Store(int64(o.count))
	o.bytes -= len(item.frame)
}

// close refuses what is sent from now on; what is there is still given out.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.changed.Signal()
}

// kill is close, and nothing is given out any more.
func (o *outbox) kill() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed, o.dead = true, true
	o.changed.Signal()
}

func (o *outbox) isDead() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.dead
}

// unsent is what Send was given and has not got through, in its order.
func (o *outbox) unsent() []Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	var messages []Message
	for item := o.rest.first; item != nil; item = item.next {
		messages = append(messages, item.message)
	}
	return messages
}
