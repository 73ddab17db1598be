// Package wire contains what the clients of all speech-to-speech services have in common: a
// [Service] describes the server and connects to it, a [Conn] is a WebSocket to which messages are
// written without waiting, and a [Loop] opens a new connection when one is lost.
//
// A Conn has one goroutine, which writes; its queue of messages is guarded by a mutex. The
// goroutine that runs the Loop reads, and calls all functions of the Loop except for Tick. Tick is
// called on a second goroutine. So the functions of the Loop need a mutex for what they share with
// Tick.
package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/provider"
)

const (
	maxMessage   = 16 << 20         // maximum size of a message from the service, in bytes
	writeTimeout = 10 * time.Second // how long it may take to write one message
	pingInterval = 15 * time.Second // time between two pings to the service
	// If nothing is received for readTimeout, not even the answer to a ping, the connection is lost.
	readTimeout = 40 * time.Second

	// maxQueued is the maximum number of bytes that wait to be written: about 15 s of sound. If
	// there are more, the oldest sound is dropped. Other messages are not dropped: if they fill the
	// queue to twice this size, the connection is closed.
	maxQueued = 1 << 20
)

// buffers holds write buffers that no connection needs at the moment.
var buffers sync.Pool

// A Conn is a connection to a service. Its methods may be called on any goroutine, but Read by one
// goroutine at a time.
type Conn struct {
	ws *websocket.Conn // only the writer writes messages

	wake    chan struct{} // gets a value when there is something to write
	aborted atomic.Bool   // Abort was called
	done    chan struct{} // closed by Abort
	written chan struct{} // closed when the writer has ended

	mu    sync.Mutex // guards the fields below
	queue []outgoing
	size  int   // number of bytes in queue
	err   error // why the connection was closed by put or the writer; nil if they have not closed it
}

// An outgoing is a message that waits to be written.
type outgoing struct {
	text  []byte // nil if it was dropped
	sound bool   // the message may be dropped
}

// dial opens a connection to the URL address, whose scheme is ws or wss, with the headers. model is
// the name of the server and the model, for errors. ctx limits the time until the connection is
// open. The error is an *llm.Error, or the cause of ctx.
func dial(ctx context.Context, e *provider.Endpoint, model, address string, header http.Header) (*Conn, error) {
	stop := func() bool { return true }
	defer func() { stop() }()
	dialer := websocket.Dialer{
		// The WebSocket library does not react to the end of ctx while it waits for the response to
		// the handshake, so the network connection is closed then.
		NetDialContext: func(_ context.Context, _, addr string) (net.Conn, error) {
			conn, err := e.DialTCP(ctx, addr)
			if err == nil {
				stop = context.AfterFunc(ctx, func() { conn.Close() })
			}
			return conn, err
		},
		ReadBufferSize: 4 << 10, WriteBufferSize: 4 << 10, WriteBufferPool: &buffers,
	}
	ws, response, err := dialer.DialContext(ctx, address, header)
	if ctx.Err() != nil {
		if err == nil {
			ws.Close()
		}
		return nil, context.Cause(ctx)
	}
	if errors.Is(err, websocket.ErrBadHandshake) && response != nil {
		body, _ := io.ReadAll(response.Body) // the library keeps at most 1 KiB of the body
		return nil, refusal(e, model, response, body)
	}
	if err != nil {
		return nil, failure(e, model, err)
	}
	c := &Conn{ws: ws, wake: make(chan struct{}, 1), done: make(chan struct{}), written: make(chan struct{})}
	ws.SetReadLimit(maxMessage)
	c.extend()
	ws.SetPongHandler(func(string) error { c.extend(); return nil })
	answer := ws.PingHandler()
	ws.SetPingHandler(func(data string) error { c.extend(); return answer(data) })
	go c.write()
	return c, nil
}

// extend makes Read wait for up to readTimeout from now on.
func (c *Conn) extend() { c.ws.SetReadDeadline(time.Now().Add(readTimeout)) }

// Read waits for the next message and returns it. An error means that the connection is over.
func (c *Conn) Read() ([]byte, error) {
	_, data, err := c.ws.ReadMessage()
	if err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		var late net.Error
		switch {
		case c.err != nil:
			return nil, c.err
		case errors.As(err, &late) && late.Timeout():
			return nil, fmt.Errorf("nothing received for %v", readTimeout)
		}
		return nil, err
	}
	c.extend()
	return data, nil
}

// Send queues a message. If the service does not read, so that too much is queued, Send closes the
// connection.
func (c *Conn) Send(text []byte) { c.put(outgoing{text, false}) }

// SendSound queues a message with sound. If the service does not read fast enough, the oldest sound
// is dropped.
func (c *Conn) SendSound(text []byte) { c.put(outgoing{text, true}) }

// put queues a message. See maxQueued for what happens if the queue is full.
func (c *Conn) put(m outgoing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := 0; m.sound && c.size > maxQueued && i < len(c.queue); i++ {
		if c.queue[i].sound {
			c.size -= len(c.queue[i].text)
			c.queue[i] = outgoing{}
		}
	}
	if c.size > 2*maxQueued {
		c.fail(errors.New("the service does not read"))
		return
	}
	c.queue = append(c.queue, m)
	c.size += len(m.text)
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// fail closes the connection, so that Read returns err. The caller must hold c.mu.
func (c *Conn) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.ws.NetConn().Close()
}

// write writes the queued messages and the pings until Abort is called.
func (c *Conn) write() {
	defer close(c.written)
	ping := time.NewTicker(pingInterval)
	defer ping.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-ping.C:
			// Read notices a lost connection, so the error is ignored.
			_ = c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout))
		case <-c.wake:
		}
		c.mu.Lock()
		queue := c.queue
		c.queue, c.size = nil, 0
		c.mu.Unlock()
		for _, m := range queue {
			if m.text == nil {
				continue
			}
			c.ws.SetWriteDeadline(time.Now().Add(writeTimeout))
			if err := c.ws.WriteMessage(websocket.TextMessage, m.text); err != nil {
				c.mu.Lock()
				c.fail(fmt.Errorf("write: %w", err))
				c.mu.Unlock()
				break
			}
		}
	}
}

// Close closes the connection with a close frame, unless Abort was called before. It returns when
// the writer has ended, and does not wait for the service.
func (c *Conn) Close() {
	if !c.aborted.Load() {
		_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(100*time.Millisecond))
	}
	c.Abort()
	<-c.written
}

// Abort closes the connection at once and does not wait. It may be called more than once. Close
// must be called too.
func (c *Conn) Abort() {
	if c.aborted.CompareAndSwap(false, true) {
		close(c.done)
		c.ws.Close()
	}
}
