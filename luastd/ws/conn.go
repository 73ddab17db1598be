package ws

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"moonlark/luastd"
	"moonlark/luastd/sockets"
)

// A conn is an open WebSocket. Any goroutine may call its methods, except where they say otherwise.
type conn struct {
	socket     *websocket.Conn // read by the goroutine of run, written by that of write
	wire       *wire
	target     *url.URL
	host       string // host and port, for messages
	url        string // for messages
	ping       time.Duration
	maxMessage int
	budget     *luastd.Budget
	release    func()        // gives the slot of the connection back
	wake       chan struct{} // has a value when there is something to do for write
	ended      chan struct{} // closed when end has been set
	done       chan struct{} // closed when both goroutines have ended

	mu       sync.Mutex // guards the fields below
	in       queue      // received messages
	room     *sync.Cond // signalled when in may have room
	isPaused bool       // nothing is read, because in is full
	out      queue      // messages to send
	closing  *ending    // what the script has asked for; nil before
	end      *ending    // why the connection has ended; nil before
	wakeTask func()     // ends the wait of receive; nil if no task waits
}

// An ending says why a connection has ended.
type ending struct {
	code    int // 1006 if the connection was lost, 1005 if the server gave no code
	reason  string
	failure *sockets.Failure // what send and receive return
}

// A message is a message of a WebSocket.
type message struct {
	data string
	kind int // websocket.TextMessage or websocket.BinaryMessage
}

// A queue has messages in their order.
type queue struct {
	messages []message
	bytes    int
}

// isFull reports whether a message of size bytes must wait.
func (q *queue) isFull(size int) bool {
	return len(q.messages) >= maxQueue || len(q.messages) > 0 && q.bytes+size > maxQueueBytes
}

func (q *queue) add(m message) {
	q.messages = append(q.messages, m)
	q.bytes += len(m.data)
}

// take removes the first message. ok is false if there is none.
func (q *queue) take() (m message, ok bool) {
	if len(q.messages) == 0 {
		return message{}, false
	}
	m = q.messages[0]
	q.messages[0] = message{}
	if q.messages = q.messages[1:]; len(q.messages) == 0 {
		q.messages = nil
	}
	q.bytes -= len(m.data)
	return m, true
}

func newConn(r *request, socket *websocket.Conn, w *wire) *conn {
	c := &conn{
		socket: socket, wire: w, target: r.url, host: r.host(), url: r.shown(), ping: r.ping, maxMessage: r.maxMessage, budget: r.m.budget,
		release: func() {}, wake: make(chan struct{}, 1), ended: make(chan struct{}), done: make(chan struct{}),
	}
	c.room = sync.NewCond(&c.mu)
	socket.SetReadLimit(int64(r.maxMessage))
	return c
}

// run reads messages until the connection has ended, and then closes it.
func (c *conn) run() {
	var writer sync.WaitGroup
	writer.Go(c.write)
	e := c.read()
	c.finish(e)
	if e.code != websocket.CloseAbnormalClosure {
		// The server gets to know why. To close a connection whose bytes have not been read would
		// destroy what has been sent.
		c.wire.closeWrite()
		c.wire.SetReadDeadline(time.Now().Add(closeTimeout / 2))
		io.Copy(io.Discard, io.LimitReader(c.wire, maxMessage))
	}
	c.wire.Close()
	writer.Wait()
	c.clear(&c.out)
	c.release()
	close(c.done)
}

// finish records why the connection has ended. Only the first call has an effect.
func (c *conn) finish(e *ending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil {
		return
	}
	if c.closing != nil {
		e = c.closing
	}
	c.end = e
	close(c.ended)
	c.room.Signal()
	c.wakeReceiver()
}

// wakeReceiver ends the wait of receive. The caller holds c.mu.
func (c *conn) wakeReceiver() {
	if c.wakeTask != nil {
		c.wakeTask()
		c.wakeTask = nil
	}
}

func (c *conn) clear(q *queue) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.budget.Give(q.bytes)
	*q = queue{}
}

// startClose makes the goroutine of write send the messages that wait, and then end the connection.
// Only the first call has an effect.
func (c *conn) startClose(code int, reason string) {
	c.mu.Lock()
	if c.closing == nil && c.end == nil {
		c.closing = &ending{code, reason, sockets.Fail("closed", "the script has closed the connection")}
		c.room.Signal()
		c.wakeReceiver()
	}
	c.mu.Unlock()
	c.clear(&c.in)
	c.notify()
}

// notify wakes the goroutine of write.
func (c *conn) notify() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Abort closes the connection at once.
func (c *conn) Abort() {
	c.startClose(websocket.CloseGoingAway, "")
	c.wire.Close()
}

// goAway closes the connection because the generation has ended. It waits a second at most.
func (c *conn) goAway() {
	c.startClose(websocket.CloseGoingAway, "")
	select {
	case <-c.done:
	case <-time.After(time.Second):
		c.wire.Close()
		<-c.done
	}
}

// read reads messages and puts them into the queue. It returns why the connection has ended.
func (c *conn) read() *ending {
	chunk := make([]byte, 4096)
	for {
		kind, r, err := c.socket.NextReader()
		if err != nil {
			return c.explain(err)
		}
		text, err := c.readMessage(r, chunk)
		if err != nil {
			return c.explain(err)
		}
		if kind == websocket.TextMessage && !utf8.ValidString(text) {
			c.budget.Give(len(text))
			return c.refuse(websocket.CloseInvalidFramePayloadData, "invalid", "%s has sent a text that is not UTF-8", c.host)
		}
		c.deliver(message{text, kind})
	}
}

// readMessage reads a message, which then counts in the budget.
func (c *conn) readMessage(r io.Reader, chunk []byte) (text string, err error) {
	var b strings.Builder
	for {
		n, err := r.Read(chunk)
		switch {
		case n > 0 && b.Len()+n > c.maxMessage:
			err = websocket.ErrReadLimit
		case n > 0 && !c.budget.Take(n):
			err = errNoBudget
		default:
			b.Write(chunk[:n])
		}
		if err == io.EOF {
			return b.String(), nil
		}
		if err != nil {
			c.budget.Give(b.Len())
			return "", err
		}
	}
}

var errNoBudget = errors.New(luastd.BudgetReason)

// deliver puts m into the queue. It waits while the queue is full.
func (c *conn) deliver(m message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.in.isFull(len(m.data)) && c.closing == nil && c.end == nil {
		c.isPaused = true
		c.room.Wait()
	}
	if c.isPaused {
		c.isPaused = false
		// The answers to pings have not been read meanwhile, so the time of the silence begins
		// anew.
		c.wire.noteHeard()
		c.notify()
	}
	if c.closing != nil || c.end != nil {
		c.budget.Give(len(m.data))
		return
	}
	c.in.add(m)
	c.wakeReceiver()
}

// explain returns the ending for an error of the goroutine that reads.
func (c *conn) explain(err error) *ending {
	if e, ok := err.(*websocket.CloseError); ok && e.Code != websocket.CloseAbnormalClosure {
		text := fmt.Sprintf("%s has closed the connection (%d)", c.host, e.Code)
		if e.Text != "" {
			text += ": " + e.Text
		}
		return &ending{e.Code, e.Text, sockets.Fail("closed", "%s", text)}
	}
	switch text := err.Error(); {
	case err == websocket.ErrReadLimit:
		return c.refuse(websocket.CloseMessageTooBig, "too_large", "%s has sent a message of more than %d bytes", c.host, c.maxMessage)
	case err == errNoBudget:
		return c.refuse(websocket.CloseMessageTooBig, "full", "%s", text)
	case strings.HasPrefix(text, "websocket: ") && !strings.HasPrefix(text, "websocket: close 1006"):
		return c.refuse(websocket.CloseProtocolError, "invalid", "%s does not follow the rules of WebSockets: %s", c.host, strings.TrimPrefix(text, "websocket: "))
	case strings.HasPrefix(text, "flate: "):
		return c.refuse(websocket.CloseInvalidFramePayloadData, "invalid", "%s has sent a message that cannot be decompressed", c.host)
	}
	return c.lost("%s has closed the connection without a close frame", c.host)
}

// lost returns the ending of a connection that was lost.
func (c *conn) lost(format string, args ...any) *ending {
	return &ending{websocket.CloseAbnormalClosure, "", sockets.Fail("closed", format, args...)}
}

// refuse tells the server why the connection ends, and returns the ending.
func (c *conn) refuse(closeCode int, code, format string, args ...any) *ending {
	c.socket.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(closeCode, ""), time.Now().Add(time.Second))
	return &ending{closeCode, "", sockets.Fail(code, format, args...)}
}
