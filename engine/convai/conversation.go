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
)

const (
	// writeTimeout is how long one message may take to be handed to the
	// network before the connection counts as dead.
	writeTimeout = 10 * time.Second

	// lastWords is how long we listen for the server's close frame after a
	// write has failed: it most often says why.
	lastWords = time.Second

	// goodbyeTimeout is how long we listen for it after our own.
	goodbyeTimeout = 5 * time.Second

	// maxReason is the longest reason a close frame can carry, in bytes.
	maxReason = 123

	// keptBuffer is the most memory that is kept from one frame for the next:
	// that of half a minute of sound.
	keptBuffer = 2 << 20
)

// A Conversation is one conversation with an agent, from Dial to the close of
// its socket. There is no going back to one: who connects again has a new one.
type Conversation struct {
	conn         *websocket.Conn
	ear          *ear
	log          *slog.Logger
	metadata     ConversationInitiationMetadata
	writeTimeout time.Duration // the constants, but for tests
	goodbye      time.Duration
	quiet        time.Duration
	dead         time.Duration
	out          *outbox

	early     []Frame      // the reader's: what came before Run, metadata included
	buffer    bytes.Buffer // the reader's
	audio     Audio        // the reader's: the latest
	complaint string       // the reader's: what the last error event said

	running atomic.Bool   // somebody has begun to carry it
	over    chan struct{} // closed when nothing runs any more

	mu       sync.Mutex // guards what follows
	reason   string     // that Close was given
	leaving  bool       // all is written, and our own close frame is next or out
	writeErr error      // why the writer gave up
	cause    error      // why it is over; nil as long as it goes on
}

func newConversation(conn *websocket.Conn, socket *ear, log *slog.Logger) *Conversation {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	c := &Conversation{
		conn: conn, ear: socket, log: log,
		writeTimeout: writeTimeout, goodbye: goodbyeTimeout, quiet: quietTime, dead: deadTime,
		out: newOutbox(), over: make(chan struct{}),
	}
	conn.SetReadLimit(MaxFrame)
	// The WebSocket has a ping of its own. gorilla would answer it from the
	// reader and wait for the writer to do so.
	conn.SetPingHandler(func(data string) error { return c.out.answer(websocket.PongMessage, []byte(data)) })
	return c
}

// Metadata is what the server said of the conversation when it began.
func (c *Conversation) Metadata() ConversationInitiationMetadata { return c.metadata }

// Run carries the conversation until it is over and says why: a *CloseError
// when it was closed, by the server or by Close, and clean when that went as
// it should; the context's cause when ctx was cancelled, which cuts the
// connection without a word; else what became of the network. Nothing is left
// running then.
//
// handler gets every frame the server sent, in order, from the very first on,
// the metadata and those of unknown types included. Pings have been answered
// already. It is called on the goroutine of Run, which reads nothing in the
// meantime: it must not block, and not call Close. A frame's Inner, and an
// Audio, are its own only until it returns: sound is not copied on its way.
// Frames that make no sense are logged and left out.
//
// Run carries a conversation once. When called again, or after Close, it waits
// for the end and says the same.
func (c *Conversation) Run(ctx context.Context, handler func(Frame)) error {
	if !c.running.CompareAndSwap(false, true) {
		<-c.over
		return c.cause // nobody writes it any more
	}
	return c.run(ctx, handler)
}

func (c *Conversation) run(ctx context.Context, handler func(Frame)) error {
	cut := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		c.end(context.Cause(ctx))
		close(cut)
	})
	watching, unwatch := context.WithCancel(context.Background())
	var others sync.WaitGroup
	others.Go(c.write)
	others.Go(func() { c.watch(watching) })

	for _, frame := range c.early {
		handler(frame)
	}
	c.early = nil
	for {
		frame, err := c.read(lent)
		if err != nil {
			c.end(c.lastly(err))
			break
		}
		handler(frame)
	}

	unwatch()
	others.Wait()
	if !stop() {
		<-cut
	}
	close(c.over)
	return c.cause
}

// Whose a frame's memory is: the caller's, or the reader's until it reads again.
const (
	kept = false
	lent = true
)

// read is the next frame that makes sense. Its errors are ready to be shown,
// and the last: the socket is of no use after one.
func (c *Conversation) read(lent bool) (Frame, error) {
	for {
		opcode, r, err := c.conn.NextReader()
		if err == nil {
			c.buffer.Reset()
			_, err = c.buffer.ReadFrom(r)
		}
		if err != nil {
			return Frame{}, readError(err, c.complaint)
		}
		text, audio := c.buffer.Bytes(), &c.audio
		if !lent {
			text, audio = bytes.Clone(text), nil
		}
		if c.buffer.Cap() > keptBuffer {
			c.buffer = bytes.Buffer{}
		}
		if opcode != websocket.TextMessage {
			c.log.Warn("convai: binary frame ignored", "bytes", len(text))
			continue
		}
		frame, err := parse(text, serverTable, audio)
		if err != nil {
			c.log.Warn("convai: frame ignored", "err", err, "bytes", len(text), "begins", shorten(string(text), 120))
			continue
		}
		if ping, ok := frame.Message.(*Ping); ok {
			pong, err := Marshal(&Pong{EventID: ping.EventID})
			if err == nil {
				err = c.out.answer(websocket.TextMessage, pong)
			}
			if err != nil {
				return Frame{}, err
			}
		} else if said := complaint(frame.Message); said != "" {
			c.complaint = said
		}
		return frame, nil
	}
}

// write writes what the outbox gives out, and closes when it has been emptied
// for good.
func (c *Conversation) write() {
	for item := c.out.next(); item != nil; item = c.out.next() {
		if err := c.put(item.opcode, item.frame); err != nil {
			c.stuck(err)
			return
		}
		c.out.written(item)
	}
	if c.out.isDead() {
		return
	}
	c.mu.Lock()
	c.leaving = true // before the server can answer
	reason := c.reason
	c.mu.Unlock()
	if err := c.put(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, reason)); err != nil {
		c.stuck(err)
		return
	}
	c.conn.NetConn().SetReadDeadline(time.Now().Add(c.goodbye))
}

// put writes one frame. Only one goroutine at a time may.
func (c *Conversation) put(opcode int, frame []byte) error {
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

// stuck is the writer giving up. The reader decides what it means, when it has
// heard the server's last words or there are none.
func (c *Conversation) stuck(err error) {
	c.mu.Lock()
	c.writeErr = err
	c.mu.Unlock()
	c.out.kill()
	c.conn.NetConn().SetReadDeadline(time.Now().Add(lastWords))
}

// lastly is why the conversation is over, given why reading is.
func (c *Conversation) lastly(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var closed *CloseError
	errors.As(err, &closed)
	switch {
	case c.leaving && (closed == nil || closed.Clean() || closed.Code == websocket.CloseNoStatusReceived):
		// However the other side takes our leaving.
		return &CloseError{Code: websocket.CloseNormalClosure, Reason: c.reason}
	case c.writeErr != nil && closed == nil:
		return c.writeErr
	}
	return err
}

// end makes the conversation be over, for the first cause it is given. The
// goroutines that carry it notice.
func (c *Conversation) end(cause error) {
	c.mu.Lock()
	if c.cause == nil {
		c.cause = cause
	}
	c.mu.Unlock()
	c.out.kill()
	c.conn.Close()
}

// Send queues a message and returns at once. Messages are written in the order
// they were sent, and none is ever dropped: after Run has returned, each one
// for which Send returned nil has been written or is among those of Unsent.
// Any goroutine may call it, before Run too.
//
// Its error is ErrOver when the conversation is over or being closed, and that
// of Marshal for a message that cannot be written. With too much waiting the
// connection counts as dead: Send says so, and so does Run, which ends.
func (c *Conversation) Send(m Message) error {
	frame, err := Marshal(m)
	if err != nil {
		return err
	}
	err = c.out.send(m, frame)
	if err != nil && err != ErrOver {
		c.end(err)
	}
	return err
}

// SendSound queues what the user says, a chunk in the format that the metadata
// announced; it does not keep sound. It goes out after all that Send was given.
// When the network is slow the oldest chunks, those that have waited for two
// seconds, are dropped: SendSound
// says how many, which is an error's worth only to whoever counts. Any goroutine may call it. It does not
// allocate in the long run. Once the conversation is over it does nothing.
func (c *Conversation) SendSound(sound []byte) (dropped int) { return c.out.sendSound(sound, false) }

// SendEarlySound is SendSound for what the user said before the conversation,
// up to twelve seconds, all of which may wait. It comes before SendSound.
func (c *Conversation) SendEarlySound(sound []byte) (dropped int) {
	return c.out.sendSound(sound, true)
}

// Offer is Send for a message that can be left out. When much is waiting to be
// written already it returns ErrBusy, and all goes on.
func (c *Conversation) Offer(m Message) error {
	frame, err := Marshal(m)
	if err != nil {
		return err
	}
	return c.out.offer(m, frame)
}

// Unsent are the messages that were given to Send and not written, in their
// order. It is complete and final when Run has returned. What was written has
// left this process; whether it arrived nobody can say.
func (c *Conversation) Unsent() []Message { return c.out.unsent() }

// Close ends the conversation in good order: nothing more can be sent, what is
// queued is written, then the close frame (1000, with the first 123 bytes of
// the reason), and Run returns when the server has closed too, with a clean
// *CloseError. It waits for that, but no longer than 5 s and than ctx, whose
// cause it returns if the conversation had to be cut; otherwise nil, also when
// the conversation was over before.
//
// Any goroutine may call it, any number of times, but for the one that runs the
// handler. Of several reasons the first counts. A conversation that Run has not
// been called for ends the same way, and nobody sees what still comes in.
func (c *Conversation) Close(ctx context.Context, reason string) error {
	c.mu.Lock()
	if c.reason == "" {
		c.reason = shorten(reason, maxReason)
	}
	c.mu.Unlock()
	c.out.close()
	if c.running.CompareAndSwap(false, true) {
		go c.run(context.Background(), func(Frame) {})
	}
	select {
	case <-c.over:
		return nil
	case <-ctx.Done():
	}
	c.end(c.lastly(fmt.Errorf("close: %w", context.Cause(ctx))))
	<-c.over
	return context.Cause(ctx)
}
