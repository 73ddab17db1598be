package convai

import (
	"sync"
	"sync/atomic"
	"time"
)

// A writeBatch collects what is written to a timedConn, so that several WebSocket frames need only
// one system call. The zero value collects nothing.
type writeBatch struct {
	holding atomic.Bool // whether Write keeps the bytes

	mu   sync.Mutex // guards held, and keeps the writes in their order
	held []byte     // the bytes that Write has kept since hold
}

// hold makes Write keep all bytes until flush is called, whichever goroutine calls Write.
func (c *timedConn) hold() { c.batch.holding.Store(true) }

// flush writes the bytes that Write has kept since hold. It fails if that takes until deadline.
func (c *timedConn) flush(deadline time.Time) error {
	c.batch.mu.Lock()
	defer c.batch.mu.Unlock()
	c.batch.holding.Store(false)
	c.Conn.SetWriteDeadline(deadline)
	_, err := c.Conn.Write(c.batch.held)
	c.batch.held = c.batch.held[:0]
	return err
}

func (c *timedConn) Write(p []byte) (int, error) {
	c.batch.mu.Lock()
	defer c.batch.mu.Unlock()
	if c.batch.holding.Load() {
		c.batch.held = append(c.batch.held, p...)
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// SetWriteDeadline sets the deadline of Write. It does nothing while Write keeps the bytes, because
// flush sets a deadline of its own.
func (c *timedConn) SetWriteDeadline(deadline time.Time) error {
	if c.batch.holding.Load() {
		return nil
	}
	return c.Conn.SetWriteDeadline(deadline)
}
