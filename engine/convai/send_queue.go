package convai

import (
	"fmt"
	"slices"
	"sync"

	"github.com/gorilla/websocket"
)

const (
	// maxQueued and maxQueuedBytes are the maximum number and size of queued messages, not counting
	// sound. With the usual number of messages, the queue reaches these limits only if nothing
	// could be written for minutes.
	maxQueued      = 4096
	maxQueuedBytes = 64 << 20

	// maxOffered and maxOfferedBytes are the maximum number and size of queued messages when Offer
	// adds one. If there are more, Offer returns ErrBusy.
	maxOffered      = maxQueued / 16
	maxOfferedBytes = maxQueuedBytes / 16

	// maxBatch and maxBatchBytes are the maximum number and size of the frames that are written
	// together. A frame that is larger than maxBatchBytes is written alone.
	maxBatch      = 64
	maxBatchBytes = 16 << 10
)

// A queuedFrame is one WebSocket frame that is queued for writing.
type queuedFrame struct {
	message Message // the message passed to Send or Offer; nil for sound, pings and pongs
	frame   []byte  // the encoded message
	opcode  int     // the WebSocket opcode: text, ping or pong
}

// A sendQueue holds the frames that the writer must write. It returns pings and pongs first, then
// messages in their order, then sound. Any goroutine may add frames. Only one goroutine, the
// writer, removes them.
//
// A message stays in the queue until it was written. So unsent returns the message if the write
// fails.
type sendQueue struct {
	mu       sync.Mutex    // guards the fields below
	changed  sync.Cond     // wakes the goroutine that writes after a change
	answers  []queuedFrame // pings, and replies to pings
	messages []queuedFrame // messages passed to Send and Offer
	sound    soundQueue    // chunks passed to SendSound and SendEarlySound
	bytes    int           // the size of all frames in answers and messages together
	closed   bool          // whether the queue refuses messages and sound
	stopped  bool          // whether next returns nil, even if frames are queued

	batch           []queuedFrame // the frames that next or nextAnswers has returned
	batchedAnswers  int           // how many frames of batch are the first ones of answers
	batchedMessages int           // how many frames of batch are the first ones of messages
}

func newSendQueue() *sendQueue {
	q := new(sendQueue)
	q.changed.L = &q.mu
	return q
}

// send adds a message without waiting. frame is the encoded message. send returns ErrOver if the
// queue is closed, and another error if the queue is full.
func (q *sendQueue) send(m Message, frame []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrOver
	}
	return q.add(&q.messages, queuedFrame{message: m, frame: frame, opcode: websocket.TextMessage})
}

// offer adds a message as send does, but it returns ErrBusy if many messages are queued already.
func (q *sendQueue) offer(m Message, frame []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return ErrOver
	case q.count() >= maxOffered || q.bytes+len(frame) > maxOfferedBytes:
		return ErrBusy
	}
	return q.add(&q.messages, queuedFrame{message: m, frame: frame, opcode: websocket.TextMessage})
}

// answer adds a ping or the reply to a ping, which will be written before all messages. It does not
// wait. It returns an error if the queue is full. If the queue is stopped, answer drops the frame
// and returns nil.
func (q *sendQueue) answer(opcode int, frame []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stopped {
		return nil
	}
	return q.add(&q.answers, queuedFrame{frame: frame, opcode: opcode})
}

// sendSound adds a chunk of the user's sound without waiting. It returns how many chunks were
// dropped because the queue was full or too old. early says that the sound was recorded before the
// conversation.
func (q *sendQueue) sendSound(sound []byte, early bool) (dropped int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return 0
	}
	q.changed.Signal()
	if early {
		return q.sound.addEarly(sound)
	}
	return q.sound.add(sound)
}

// add appends f to list, which is q.answers or q.messages. It returns an error if the queue is
// full. The caller holds mu.
func (q *sendQueue) add(list *[]queuedFrame, f queuedFrame) error {
	if q.count() >= maxQueued || q.bytes+len(f.frame) > maxQueuedBytes {
		return fmt.Errorf("write: stuck with %d messages (%d KiB) waiting", q.count(), q.bytes>>10)
	}
	*list = append(*list, f)
	q.bytes += len(f.frame)
	q.changed.Signal()
	return nil
}

// count returns how many frames are queued, not counting sound. The caller holds mu.
func (q *sendQueue) count() int { return len(q.answers) + len(q.messages) }

// len returns how many frames are queued, not counting sound.
func (q *sendQueue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count()
}

// next waits until a frame is queued and returns the frames to write now: one or more answers, or
// else messages, or else one chunk of sound. Answers and messages stay in the queue until the writer
// calls written. next returns nil if the queue is stopped, or if it is closed and has no more
// messages. Sound that is queued in a closed queue is not returned. The slice is valid until the
// next call of next or nextAnswers.
func (q *sendQueue) next() []queuedFrame {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		switch {
		case q.stopped:
			return nil
		case q.count() > 0:
			q.batch = q.batch[:0]
			q.batchedAnswers = q.addToBatch(q.answers)
			if q.batchedMessages = 0; q.batchedAnswers == 0 {
				q.batchedMessages = q.addToBatch(q.messages)
			}
			return q.batch
		case q.closed:
			return nil
		case !q.sound.empty():
			q.batchedAnswers, q.batchedMessages = 0, 0
			q.batch = append(q.batch[:0], queuedFrame{frame: q.sound.take(), opcode: websocket.TextMessage})
			return q.batch
		}
		q.changed.Wait()
	}
}

// addToBatch appends the first frames of list to the batch and returns how many it appended, at
// least one if list is not empty. The caller holds mu.
func (q *sendQueue) addToBatch(list []queuedFrame) int {
	size := 0
	for i, f := range list {
		size += len(f.frame)
		if i == maxBatch || i > 0 && size > maxBatchBytes {
			return i
		}
		q.batch = append(q.batch, f)
	}
	return len(list)
}

// nextAnswers returns the queued pings and replies to pings. It does not wait.
func (q *sendQueue) nextAnswers() []queuedFrame {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.batch = q.batch[:0]
	q.batchedAnswers, q.batchedMessages = q.addToBatch(q.answers), 0
	return q.batch
}

// written removes from the queue the frames that next or nextAnswers returned. Call it when they
// were written.
func (q *sendQueue) written() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, f := range q.batch[:q.batchedAnswers+q.batchedMessages] {
		q.bytes -= len(f.frame)
	}
	q.answers = slices.Delete(q.answers, 0, q.batchedAnswers)
	q.messages = slices.Delete(q.messages, 0, q.batchedMessages)
	clear(q.batch) // so that the garbage collector can free the frames
}

// close makes the queue refuse more messages and sound. Messages that are queued already will still
// be written, but queued sound will not.
func (q *sendQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.changed.Signal()
}

// stop closes the queue and makes next return nil at once.
func (q *sendQueue) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.stopped = true, true
	q.changed.Signal()
}

func (q *sendQueue) isStopped() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.stopped
}

// unsent returns the messages that send and offer queued and that were not written, in their order.
func (q *sendQueue) unsent() []Message {
	q.mu.Lock()
	defer q.mu.Unlock()
	var messages []Message
	for _, f := range q.messages {
		messages = append(messages, f.message)
	}
	return messages
}
