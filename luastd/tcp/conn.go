package tcp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"

	"moonlark/luastd"
	"moonlark/luastd/sockets"
)

// A conn is an open connection. Any goroutine may call its methods, except where they say
// otherwise.
type conn struct {
	host      string // as the script has named it
	port      uint16
	localPort int
	raw       net.Conn // the connection below TLS
	budget    *luastd.Budget
	release   func()        // gives the slot of the connection back
	turn      chan struct{} // has a value while a goroutine sends, or begins TLS

	// The fields below belong to the executor's goroutine.
	used      bool // the script has called a method
	returned  bool // a server has given the connection back before
	receiving bool // a task receives

	mu       sync.Mutex       // guards the fields below
	stream   net.Conn         // raw, or TLS over it
	cleanup  *runtime.Cleanup // closes the connection when the script has forgotten it
	closed   bool             // the script, or the end of the script, has closed the connection
	buf      []byte           // bytes that have been read and not been delivered
	scanned  int              // how many bytes at the beginning of buf have no LF
	seen     int              // the length of buf when take has last found too little in it
	err      error            // why nothing more can be read; nil while it can
	reading  chan struct{}    // closed when the goroutine that reads has ended; nil if there is none
	wakeTask func()           // ends the wait of receive; nil if no task waits
}

// chunk is how many bytes are read at a time.
const chunk = 16 << 10

var (
	errScriptClosed = sockets.Fail("closed", "the script has closed the connection")
	errNoBudget     = sockets.Fail("full", "%s", luastd.BudgetReason)
)

func newConn(raw net.Conn, host string, port uint16, budget *luastd.Budget, release func()) *conn {
	c := &conn{host: host, port: port, raw: raw, stream: raw, budget: budget, release: release, turn: make(chan struct{}, 1)}
	if local, ok := raw.LocalAddr().(*net.TCPAddr); ok {
		c.localPort = local.Port
	}
	return c
}

// name returns the host and the port for messages.
func (c *conn) name() string { return net.JoinHostPort(c.host, strconv.Itoa(int(c.port))) }

// close closes the connection. It may be called more than once.
func (c *conn) close() {
	if c.shut() {
		c.hangUp()
	}
}

// shut says that the connection is closed. It returns true the first time; the caller must then
// call hangUp.
func (c *conn) shut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.closed = true
	c.err = errScriptClosed
	c.budget.Give(len(c.buf))
	c.buf, c.scanned = nil, 0
	c.wake()
	if c.cleanup != nil {
		c.cleanup.Stop()
	}
	return true
}

// leave marks a connection that the script has not used as closed, but does not close its stream, which
// another server of the script can use. It returns false if the connection had been closed before.
func (c *conn) leave() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.closed, c.err = true, errScriptClosed
	if c.cleanup != nil {
		c.cleanup.Stop()
	}
	c.release()
	return true
}

// hangUp closes the connection after shut. It may take half a second.
func (c *conn) hangUp() {
	c.mu.Lock()
	secure, isTLS := c.stream.(*tls.Conn)
	c.mu.Unlock()
	if isTLS {
		// The other end gets to know that nothing is missing, unless it reads nothing.
		timer := time.AfterFunc(500*time.Millisecond, func() { c.raw.Close() })
		secure.Close()
		timer.Stop()
	}
	c.raw.Close()
	c.release()
}

// Abort closes the connection at once.
func (c *conn) Abort() {
	c.raw.Close()
	c.close()
}

// wake ends the wait of receive. The caller holds c.mu.
func (c *conn) wake() {
	if c.wakeTask != nil {
		c.wakeTask()
		c.wakeTask = nil
	}
}

// startReading starts a goroutine that reads once, unless there is one. The caller holds c.mu.
func (c *conn) startReading() {
	if c.reading != nil || c.err != nil {
		return
	}
	done := make(chan struct{})
	c.reading = done
	go c.read(c.stream, done)
}

// read reads once and adds the bytes to the buffer.
func (c *conn) read(from net.Conn, done chan struct{}) {
	p := make([]byte, chunk)
	n, err := from.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(done)
	c.reading = nil
	defer c.wake()
	if c.closed {
		return
	}
	switch {
	case !c.budget.Take(n):
		c.err = errNoBudget
		c.raw.Close()
		return
	case err != nil && !errors.Is(err, os.ErrDeadlineExceeded): // otherwise startTLS has interrupted it
		c.err = err
	}
	c.buf = append(c.buf, p[:n]...)
}

// stopReading ends the goroutine that reads, and waits for its end.
func (c *conn) stopReading() {
	c.mu.Lock()
	done := c.reading
	c.mu.Unlock()
	if done == nil {
		return
	}
	c.raw.SetReadDeadline(time.Unix(1, 0))
	<-done
	c.raw.SetReadDeadline(time.Time{})
}

// failure returns the failure for err, which is not nil.
func (c *conn) failure(err error) *sockets.Failure {
	if errors.Is(err, io.EOF) {
		return sockets.Fail("closed", "%s has closed the connection", c.name())
	}
	return sockets.Explain(err, c.name())
}

// write sends all bytes of s. It waits for its turn, and returns when all bytes are sent or ctx is
// done. If only a part has been sent, it closes the connection.
func (c *conn) write(ctx context.Context, s string) error {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	c.mu.Lock()
	stream, closed := c.stream, c.closed
	c.mu.Unlock()
	if closed {
		return errScriptClosed
	}
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		c.raw.SetWriteDeadline(time.Unix(1, 0))
	})
	var err error
	for sent := 0; sent < len(s) && err == nil; {
		var n int
		n, err = stream.Write([]byte(s[sent:min(len(s), sent+4*chunk)]))
		sent += n
	}
	if stop() {
		return err
	}
	<-interrupted // otherwise it could interrupt the next call
	if err != nil {
		c.Abort()
		return ctx.Err()
	}
	c.raw.SetWriteDeadline(time.Time{}) // all bytes were sent at the last moment
	return nil
}

// startTLS begins TLS. It closes the connection if that fails.
func (c *conn) startTLS(ctx context.Context, o *sockets.TLS) error {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	c.stopReading()
	c.mu.Lock()
	rest, closed, err := len(c.buf), c.closed, c.err
	_, isTLS := c.stream.(*tls.Conn)
	c.mu.Unlock()
	switch {
	case closed:
		return errScriptClosed
	case isTLS:
		return sockets.Fail("invalid", "the connection uses TLS already")
	case err != nil:
		return err
	case rest > 0:
		// Somebody on the way could have added them, for the script to take them for what has come
		// over TLS.
		c.Abort()
		return sockets.Fail("invalid", "%s has sent %d bytes that the script has not received before TLS; the connection is closed", c.name(), rest)
	}
	secure, err := handshake(ctx, c.raw, o, c.host)
	if err != nil {
		c.Abort()
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stream = secure
	return nil
}
