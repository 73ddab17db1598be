package convai

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/safetext"
)

const (
	// closeTimeout is how long the reader waits for the server's close frame after our own close
	// frame was sent.
	closeTimeout = 5 * time.Second

	// maxCloseReason is the maximum size of the reason in a close frame, in bytes. The WebSocket
	// protocol sets this limit.
	maxCloseReason = 123
)

// A Conversation is one conversation with an agent. It begins with Dial and ends when its WebSocket
// is closed. A conversation that has ended cannot be resumed: call Dial again for a new one.
type Conversation struct {
	conn     *websocket.Conn
	socket   *timedConn    // the network connection that conn uses
	watcher  *frameWatcher // the connection from which conn reads
	log      *slog.Logger
	metadata ConversationInitiationMetadata
	queue    *sendQueue

	// These fields have the values of the constants of the same names. Only tests change them.
	writeTimeout, closeFrameTimeout, closeTimeout time.Duration

	// These fields do not change after Dial: see setServerTimeout.
	quietTime, deadTime time.Duration
	endsDead            bool

	// Only the goroutine that reads uses the fields early, serverError, problems and incoming.
	// early has the frames that Dial received, including the metadata. Run passes them to its
	// handler.
	early       []Frame
	serverError string          // the text of the last error message from the server
	problems    map[string]bool // the problems of frames that have been logged
	incoming    bytes.Buffer    // the message that is being read

	running atomic.Bool   // whether Run or Close has started the goroutines
	done    chan struct{} // closed when all goroutines of the conversation have ended

	mu     sync.Mutex // guards the fields below
	reason string     // the reason that was passed to Close
	// closing says that all queued messages were written, so that the close frame is the last frame
	// to write.
	closing  bool
	writeErr error // the error of the failed write after which nothing more is written
	endErr   error // the error that Run returns; nil until the conversation ends
}

func newConversation(conn *websocket.Conn, socket *timedConn, watcher *frameWatcher, log *slog.Logger) *Conversation {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	c := &Conversation{
		conn: conn, socket: socket, watcher: watcher, log: log, queue: newSendQueue(), done: make(chan struct{}),
		writeTimeout: writeTimeout, closeFrameTimeout: closeFrameTimeout, closeTimeout: closeTimeout,
	}
	c.setServerTimeout(0)
	conn.SetReadLimit(MaxFrame)
	conn.SetPingHandler(c.answerWebSocketPing)
	return c
}

// Metadata returns the server's first message, which describes the conversation.
func (c *Conversation) Metadata() ConversationInitiationMetadata { return c.metadata }

// Run reads and writes the messages of the conversation until the conversation has ended. It
// returns why the conversation ended (see [EndingOf]):
//
// - a *CloseError if the server or Close ended the conversation with a close frame;
// - the cause of ctx if ctx was cancelled, which closes the connection without a close frame;
// - otherwise an error of the network.
//
// When Run returns, all goroutines of the conversation have ended.
//
// Run calls handler for each frame from the server, in order. The first frames are those that Dial
// received, including the metadata. Frames of unknown types are passed to handler too. If the frame
// is a ping, the pong has been queued before. handler runs on the goroutine of Run, which reads
// nothing until handler returns. So handler must not block, and must not call Close. handler may
// keep the frame. Run logs and skips frames that cannot be parsed.
//
// Only the first call of Run does all this. A later call, or a call after Close, waits until the
// conversation has ended and returns the same error.
func (c *Conversation) Run(ctx context.Context, handler func(Frame)) error {
	if !c.running.CompareAndSwap(false, true) {
		<-c.done
		return c.endErr // c.mu is not needed: endErr does not change after done is closed
	}
	return c.run(ctx, handler)
}

func (c *Conversation) run(ctx context.Context, handler func(Frame)) error {
	cancelled := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		c.end(context.Cause(ctx))
		close(cancelled)
	})
	keepAlive, stopKeepAlive := context.WithCancel(context.Background())
	var others sync.WaitGroup
	others.Go(c.write)
	others.Go(func() { c.keepAlive(keepAlive) })

	for _, frame := range c.early {
		handler(frame)
	}
	c.early = nil
	for {
		frame, err := c.read()
		if err != nil {
			c.end(c.finalError(err))
			break
		}
		handler(frame)
	}

	stopKeepAlive()
	others.Wait()
	if !stop() {
		<-cancelled
	}
	close(c.done)
	return c.endErr
}

// finalError returns the error that says why the conversation ended. readErr is the error that
// stopped the reader. If we have sent a close frame, the conversation has ended normally, unless
// the server's close frame has the code of an error. If a write failed, the server's close frame is
// the reason; without one, the error of the write is.
func (c *Conversation) finalError(readErr error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var closed *CloseError
	errors.As(readErr, &closed)
	switch {
	case c.closing && (closed == nil || closed.Clean() || closed.Code == websocket.CloseNoStatusReceived):
		return &CloseError{Code: websocket.CloseNormalClosure, Reason: c.reason, Local: true}
	case c.writeErr != nil && closed == nil:
		return c.writeErr
	}
	return readErr
}

// end stops the goroutines of the conversation and closes the connection. Run returns the err of
// the first call of end.
func (c *Conversation) end(err error) {
	c.mu.Lock()
	if c.endErr == nil {
		c.endErr = err
	}
	c.mu.Unlock()
	c.queue.stop()
	c.conn.Close()
}

// Close ends the conversation normally. From now on, no more messages are accepted. Close waits
// until the queued messages and a close frame (code 1000 and the first 123 bytes of reason) are
// written, and then at most 5 s for the server's close frame. Run then returns a *CloseError that
// is Clean and Local. Close returns nil once the conversation has ended. If ctx ends first, Close
// closes the connection and returns the cause of ctx.
//
// Any goroutine except that of the handler may call Close, and may call it more than once. Only the
// reason of the first call is sent. If Run was not called, Close itself reads the remaining frames,
// and drops them.
func (c *Conversation) Close(ctx context.Context, reason string) error {
	c.mu.Lock()
	if c.reason == "" {
		c.reason = safetext.Cut(reason, maxCloseReason, "")
	}
	c.mu.Unlock()
	c.queue.close()
	if c.running.CompareAndSwap(false, true) {
		go c.run(context.Background(), func(Frame) {})
	}
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
	}
	c.end(c.finalError(fmt.Errorf("close: %w", context.Cause(ctx))))
	<-c.done
	return context.Cause(ctx)
}
