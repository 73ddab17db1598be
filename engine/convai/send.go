package convai

import (
	"fmt"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// writeTimeout is how long writing one message to the network may take. After that, the
	// connection counts as dead.
	writeTimeout = 10 * time.Second

	// closeFrameTimeout is how long the reader waits for the server's close frame after a failed
	// write. The close frame usually says why the write failed.
	closeFrameTimeout = time.Second
)

// Send queues a message and returns at once. Messages are written in the order in which they were
// queued, and none is dropped. Once Run has returned, each message for which Send returned nil
// either was written or is in the list that Unsent returns. Any goroutine may call Send, also
// before Run.
//
// Send returns ErrOver if the conversation has ended or is being closed, and the error of Marshal
// if the message cannot be encoded. If too many messages are queued, the connection counts as dead:
// Send returns an error, and Run ends and returns the same error.
func (c *Conversation) Send(m Message) error {
	frame, err := Marshal(m)
	if err != nil {
		return err
	}
	err = c.queue.send(m, frame)
	if err != nil && err != ErrOver {
		c.end(err)
	}
	return err
}

// Offer queues a message that may be left out. It works like Send with one difference: if many
// messages are queued already, Offer returns ErrBusy and the conversation continues.
func (c *Conversation) Offer(m Message) error {
	frame, err := Marshal(m)
	if err != nil {
		return err
	}
	return c.queue.offer(m, frame)
}

// SendSound queues a chunk of the user's sound, in the format that the server announced in its
// first message (see Metadata). The caller may change the slice afterwards. Chunks are written only
// when no message is queued. If the network is too slow, chunks that were queued for more than two
// seconds are dropped; SendSound returns how many it dropped. After the end of the conversation,
// SendSound does nothing and returns 0. Any goroutine may call it.
func (c *Conversation) SendSound(sound []byte) (dropped int) { return c.queue.sendSound(sound, false) }

// SendEarlySound queues a chunk of sound that was recorded just before the conversation. These
// chunks are written before those of SendSound. The queue has room for at least twelve seconds of
// them. If it is full, SendEarlySound drops the chunk and returns 1. Otherwise it returns 0.
func (c *Conversation) SendEarlySound(sound []byte) (dropped int) {
	return c.queue.sendSound(sound, true)
}

// Unsent returns the messages that were queued by Send or Offer and were not written, in their
// order. The list does not change after Run has returned. A message that was written may still have
// been lost before it reached the server.
func (c *Conversation) Unsent() []Message { return c.queue.unsent() }

// Waiting returns how many messages are queued, not counting sound. Any goroutine may call it.
func (c *Conversation) Waiting() int { return c.queue.len() }

// write writes the queued frames. When the queue is closed and empty, it writes the close frame and
// returns. It returns earlier if the queue is stopped or if a write fails.
func (c *Conversation) write() {
	for frames := c.queue.next(); frames != nil; frames = c.queue.next() {
		if err := c.writeFrames(frames); err != nil {
			c.writeFailed(err)
			return
		}
		c.queue.written()
	}
	if c.queue.isStopped() {
		return
	}
	c.mu.Lock()
	c.closing = true // set closing first, because the server may reply to the close frame at once
	reason := c.reason
	c.mu.Unlock()
	if err := c.writeFrame(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, reason)); err != nil {
		c.writeFailed(err)
		return
	}
	c.conn.NetConn().SetReadDeadline(time.Now().Add(c.closeTimeout))
}

// writeFrames writes frames with one system call if there are several of them. The call may take
// writeTimeout. Only one goroutine at a time may call writeFrames.
func (c *Conversation) writeFrames(frames []queuedFrame) error {
	switch len(frames) {
	case 0:
		return nil
	case 1:
		return c.writeFrame(frames[0].opcode, frames[0].frame)
	}
	c.socket.hold()
	for _, f := range frames {
		if err := c.writeFrame(f.opcode, f.frame); err != nil {
			return err
		}
	}
	if err := c.socket.flush(time.Now().Add(c.writeTimeout)); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// writeFrame writes one WebSocket frame. opcode is the WebSocket opcode. Only one goroutine at a
// time may call writeFrame.
func (c *Conversation) writeFrame(opcode int, frame []byte) error {
	deadline := time.Now().Add(c.writeTimeout)
	var err error
	if opcode == websocket.TextMessage {
		c.conn.SetWriteDeadline(deadline)
		err = c.conn.WriteMessage(opcode, frame)
	} else {
		err = c.conn.WriteControl(opcode, frame, deadline)
	}
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// writeFailed stops the writer after the error err. The conversation ends when the reader has
// received the server's close frame, or after closeFrameTimeout.
func (c *Conversation) writeFailed(err error) {
	c.mu.Lock()
	c.writeErr = err
	c.mu.Unlock()
	c.queue.stop()
	c.conn.NetConn().SetReadDeadline(time.Now().Add(c.closeFrameTimeout))
}
