package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

const (
	// maxPending is the maximum number of requests of one client that have no answer yet.
	maxPending = 256

	// answerTimeout is how long the requests that came before the end of stdin may still take, so that
	// a client can be a pipe such as `echo '{...}' | moonlark mcp lights.lua`.
	answerTimeout = 300 * time.Millisecond

	// closeTimeout is how long a client may take to read the last answers.
	closeTimeout = 300 * time.Millisecond
)

// ServeStdio serves one client, which writes its messages to in and reads those of the server from
// out, one in each line. It returns when in has ended, ctx is done, or out cannot be written; the
// calls in progress are cancelled then. The error is that of out, and nil in the other cases.
//
// A line that is not a message of the protocol gets an answer that says so, and does not end the
// connection. Two goroutines may stay until the process ends: one that reads in, and one that writes
// to out if nobody reads it.
func (s *Server) ServeStdio(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &stdioConnection{
		ctx: ctx, out: out, answerTimeout: s.answerTimeout, messages: make(chan jsonrpc.Message),
		ended: make(chan struct{}), closed: make(chan struct{}),
		pending: map[jsonrpc.ID]*pendingRequest{}, written: make(chan struct{}, 1),
	}
	go c.readAll(in)
	// not ctx, so that the answers in progress can still be written
	session, err := s.sdk.Connect(context.WithoutCancel(ctx), onlyConnection{c}, nil)
	if err != nil {
		return err
	}
	isOver := make(chan struct{})
	go func() {
		defer close(isOver)
		session.Wait()
	}()
	<-c.ended
	select {
	case <-isOver:
	case <-time.After(closeTimeout):
	}
	c.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failure
}

// onlyConnection is a transport that has this one connection.
type onlyConnection struct{ c *stdioConnection }

func (t onlyConnection) Connect(context.Context) (sdk.Connection, error) { return t.c, nil }

// A stdioConnection is the connection to a client on stdin and stdout. It implements
// [sdk.Connection]: the library calls Read on one goroutine and Write on any. Its own goroutine runs
// readAll.
type stdioConnection struct {
	ctx      context.Context // done when the program ends
	messages chan jsonrpc.Message
	ended    chan struct{} // closed when Read has returned an error: no more messages come
	closed   chan struct{} // closed by Close
	written  chan struct{} // of capacity 1: an answer was written
	writing  sync.Mutex    // guards out
	out      io.Writer

	answerTimeout time.Duration // how long requests may still take after the end of the input

	mu        sync.Mutex // guards the fields below
	pending   map[jsonrpc.ID]*pendingRequest
	unwritten int   // the number of answers that are being written
	failure   error // the first error of a write; nil if there was none
}

// A pendingRequest is a request of the client that has no answer yet.
type pendingRequest struct {
	method    string
	cancelled bool // the client does not want the answer any more
}

// readAll reads lines and passes on the messages in them, until the input ends.
func (c *stdioConnection) readAll(in io.Reader) {
	defer close(c.messages)
	readMessages(in, func(line []byte) (goOn bool) {
		message := c.parse(line)
		if message == nil {
			return true
		}
		select {
		case c.messages <- message:
			return true
		case <-c.closed:
			return false
		}
	}, c.refuse)
}

// parse returns the message in a line. If the line is not a message, or the message must not be passed
// on, parse sends the client an error and returns nil.
func (c *stdioConnection) parse(line []byte) jsonrpc.Message {
	message, err := parseMessage(line)
	if err != nil {
		c.refuse(err.id, err.code, err.why)
		return nil
	}
	request, ok := message.(*jsonrpc.Request)
	if !ok {
		return message
	}
	if !request.IsCall() {
		if request.Method == "notifications/cancelled" {
			c.noteCancelled(request.Params)
		}
		return message
	}
	if why := c.add(request); why != "" {
		c.refuse(request.ID, jsonrpc.CodeInvalidRequest, why)
		return nil
	}
	return message
}

// add notes a request that needs an answer. It returns why the request cannot be taken, or "".
func (c *stdioConnection) add(request *jsonrpc.Request) (why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.pending[request.ID] != nil:
		return "another request with this id has no answer yet"
	case len(c.pending)+c.unwritten >= maxPending:
		return fmt.Sprintf("%d requests have no answer yet; more are not taken", maxPending)
	}
	c.pending[request.ID] = &pendingRequest{method: request.Method}
	return ""
}

// listenMethod is the method of the request for notifications, which lasts until the client cancels it.
// Its answer says that no more notifications come.
const listenMethod = "subscriptions/listen"

// noteCancelled notes that the client does not want the answer to a request any more. params are
// those of the notification.
func (c *stdioConnection) noteCancelled(params json.RawMessage) {
	var cancelled struct{ RequestID json.RawMessage }
	json.Unmarshal(params, &cancelled) // without an id, no request is found
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.pending[idOf(cancelled.RequestID)]; p != nil && p.method != listenMethod {
		p.cancelled = true
	}
}

// idOf returns the id of a request from its JSON, which may be empty. It returns the invalid id if the
// text is not an id.
func idOf(text json.RawMessage) jsonrpc.ID {
	var value any
	if json.Unmarshal(text, &value) != nil {
		return jsonrpc.ID{}
	}
	id, err := jsonrpc.MakeID(value)
	if err != nil {
		return jsonrpc.ID{}
	}
	return id
}

// refuse answers a line that cannot be handled with an error. The id in the answer is null if id is
// invalid.
func (c *stdioConnection) refuse(id jsonrpc.ID, code int, why string) {
	c.write(errorAnswer(id, code, why))
}

// Read returns the next message of the client. It returns io.EOF after the last one and the answers to
// it, and when the program ends.
func (c *stdioConnection) Read(context.Context) (jsonrpc.Message, error) {
	select {
	case message, ok := <-c.messages:
		if ok {
			return message, nil
		}
		c.awaitAnswers()
	case <-c.ctx.Done():
	case <-c.closed:
	}
	close(c.ended)
	return nil, io.EOF
}

// awaitAnswers waits until all requests have been answered, for at most c.answerTimeout.
func (c *stdioConnection) awaitAnswers() {
	timeout := time.After(c.answerTimeout)
	for c.awaited() {
		select {
		case <-c.written:
		case <-timeout:
			return
		case <-c.ctx.Done():
			return
		case <-c.closed:
			return
		}
	}
}

// awaited reports whether the client waits for the answer to a request.
func (c *stdioConnection) awaited() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.pending {
		if !p.cancelled && p.method != listenMethod {
			return true
		}
	}
	return c.unwritten > 0
}

// Write sends a message to the client. It drops the answer to a request that the client has cancelled.
func (c *stdioConnection) Write(_ context.Context, message jsonrpc.Message) error {
	text, err := jsonrpc.EncodeMessage(message)
	if err != nil {
		return err
	}
	if response, ok := message.(*jsonrpc.Response); ok {
		if c.noteAnswer(response.ID) {
			return nil
		}
		defer c.noteWritten()
	}
	return c.write(text)
}

// noteAnswer notes that a request has an answer. It reports whether the client does not want the answer;
// otherwise the caller must write it and call noteWritten. From now on, the client may use the id for
// another request.
func (c *stdioConnection) noteAnswer(id jsonrpc.ID) (unwanted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.pending[id]
	delete(c.pending, id)
	if p != nil && p.cancelled {
		return true
	}
	c.unwritten++
	return false
}

// noteWritten notes that an answer was written.
func (c *stdioConnection) noteWritten() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unwritten--
	select {
	case c.written <- struct{}{}:
	default:
	}
}

// write sends a line. The first error ends the connection.
func (c *stdioConnection) write(text []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	_, err := c.out.Write(append(text, '\n'))
	if err != nil {
		c.mu.Lock()
		if c.failure == nil {
			c.failure = err
		}
		c.mu.Unlock()
		c.Close()
	}
	return err
}

// Close ends the connection. It may be called several times, by any goroutine.
func (c *stdioConnection) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.closed:
	default:
		close(c.closed)
	}
	return nil
}

// SessionID returns "", because there is one session only.
func (c *stdioConnection) SessionID() string { return "" }
