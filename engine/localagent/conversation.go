package localagent

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"moonlark/engine/convai"
)

// A conversation is all that one client and the agent have to do with each
// other. Everything in it belongs to the goroutine that called run.
type conversation struct {
	opts   Options // fixed; complete
	socket *socket // fixed
	id     string  // fixed
	log    *slog.Logger

	textOnly bool
	stuck    bool // the writer's queue was full

	life    context.Context // of the workers: over when the conversation is
	workers sync.WaitGroup  // goroutines that make sound or recognise it
	wake    chan struct{}   // a worker has something

	lastEvent int       // the newest event id
	asked     *question // what the next sentence may answer
	calls     map[string]*pending
	speech    speech
	pings     pings
	voice     *voice // the newest; nil before the first
	ear       *ear   // nil for none
}

func newConversation(ws *websocket.Conn, opts Options) *conversation {
	id := newID("conv_")
	return &conversation{
		opts:   opts,
		socket: open(ws, opts.STT != nil),
		id:     id,
		log:    opts.Log.With("conversation", id),
		calls:  map[string]*pending{},
		wake:   make(chan struct{}, 1),
	}
}

var errStuck = errors.New("the client does not read")

// run holds the conversation until one side ends it, and leaves nothing of it
// behind.
func (c *conversation) run(ctx context.Context) {
	err := errors.New("panic") // unless it is replaced: the socket is closed in any case
	life, cancel := context.WithCancel(ctx)
	c.life = life
	defer func() {
		cancel()
		c.socket.end(err)
		c.workers.Wait()
		c.log.Debug("conversation over", "why", err, "unanswered", len(c.calls), "audio_chunks", c.socket.chunks.Load())
	}()
	if err = c.begin(ctx); err == nil {
		c.log.Debug("conversation", "text_only", c.textOnly)
		err = c.hold(ctx)
	}
}

// begin waits for the client to say what conversation it wants. Before that it
// may send sound and the like, which is dropped, but nothing that would be
// lost.
func (c *conversation) begin(ctx context.Context) error {
	patience := time.NewTimer(c.opts.Patience)
	defer patience.Stop()
	for {
		select {
		case <-ctx.Done():
			return closing
		case <-patience.C:
			return leave{websocket.ClosePolicyViolation, fmt.Sprintf("no conversation_initiation_client_data within %v", c.opts.Patience)}
		case got, ok := <-c.socket.in:
			if !ok {
				return c.socket.err
			}
			if got.err != nil {
				return c.invalid(got.err)
			}
			switch m := got.frame.Message.(type) {
			case *convai.ConversationInitiationClientData:
				return c.greet(m)
			case *convai.EnclaveSetupConfig, *convai.UserActivity, *convai.Pong, *convai.ContextualUpdate, *convai.UserAudioChunk:
				c.log.Debug("before the beginning", "type", got.frame.Type)
			default:
				return leave{websocket.ClosePolicyViolation, "conversation_initiation_client_data has to come before " + got.frame.Type}
			}
		}
	}
}

// breath is the pause between the metadata and the first message. The
// JavaScript SDK begins to listen only after it has seen the metadata, and
// loses what comes in the same moment.
const breath = 20 * time.Millisecond

// greet opens the conversation. The metadata is the first frame of all: the
// JavaScript SDK looks at no other for it.
func (c *conversation) greet(m *convai.ConversationInitiationClientData) error {
	first := c.opts.FirstMessage
	if first == "" {
		first = welcome(c.opts.Tools())
	}
	if o := m.Override; o != nil {
		if o.Agent != nil && o.Agent.FirstMessage != nil {
			first = *o.Agent.FirstMessage
		}
		c.textOnly = o.Conversation != nil && o.Conversation.TextOnly != nil && *o.Conversation.TextOnly
	}
	if c.opts.STT != nil && !c.textOnly {
		c.ear = newEar(c.opts.UserFormat)
	}
	c.send(&convai.ConversationInitiationMetadata{
		ConversationID:         c.id,
		AgentOutputAudioFormat: c.opts.AgentFormat.String(),
		UserInputAudioFormat:   c.opts.UserFormat.String(),
	})
	c.pings.next = time.Now().Add(c.opts.PingEvery)
	if first != "" {
		c.say(&response{event: c.newEvent(), text: first, due: time.Now().Add(breath)})
	}
	return nil
}

var closing = leave{websocket.CloseGoingAway, "the agent is shutting down"}

// hold carries the conversation from its opening to its end, and says why it
// is over.
func (c *conversation) hold(ctx context.Context) error {
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	for {
		if over := c.speak(time.Now()); over {
			return leave{websocket.CloseNormalClosure, "the agent ended the conversation"}
		}
		if c.stuck {
			return errStuck
		}
		alarm.Reset(time.Until(c.nextAlarm()))
		drained := c.socket.drained
		if len(c.speech.queue) == 0 {
			drained = nil // nothing waits for room
		}
		select {
		case <-ctx.Done():
			return closing
		case got, ok := <-c.socket.in:
			if !ok {
				return c.socket.err
			}
			if got.err != nil {
				return c.invalid(got.err)
			}
			if err := c.receive(got.frame); err != nil {
				return c.invalid(err)
			}
		case got := <-c.ear.transcripts():
			c.understand(got)
		case <-c.wake: // there is more to say
		case <-drained: // there may be room to go on speaking
		case <-alarm.C:
			now := time.Now()
			c.ping(now)
			c.expire(now)
			c.deafen(now)
		}
	}
}

// nextAlarm is when something has to be done though nothing happens.
func (c *conversation) nextAlarm() time.Time {
	at := c.pings.next
	for _, p := range c.calls {
		if p.deadline.Before(at) {
			at = p.deadline
		}
	}
	for _, next := range []time.Time{c.speech.next, c.ear.lost()} {
		if !next.IsZero() && next.Before(at) {
			at = next
		}
	}
	return at
}

// receive does what one frame from the client asks for. The error is what is
// wrong with it.
func (c *conversation) receive(f convai.Frame) error {
	switch m := f.Message.(type) {
	case *convai.UserMessage:
		c.hear(m.Text, false)
	case *convai.MultimodalMessage:
		if m.Text != nil {
			c.hear(m.Text.Text, false)
		}
	case *convai.ClientToolResult:
		c.result(m)
	case *convai.Pong:
		c.pings.pong(m.EventID, time.Now())
	case *convai.UserAudioChunk:
		return c.listen(m, time.Now())
	default: // it is news for an agent with a model
		c.log.Debug("not acted on", "type", f.Type)
	}
	return nil
}

// invalid is the end of a conversation with a client that sent what the
// protocol does not have.
func (c *conversation) invalid(err error) error {
	const reason = "Invalid message received"
	c.send(&convai.ServerError{
		Code: websocket.ClosePolicyViolation, ErrorType: "invalid_message", Message: reason, DebugMessage: err.Error(),
	})
	return leave{websocket.ClosePolicyViolation, reason}
}

// nudge makes the goroutine of the conversation look at what its workers have.
func (c *conversation) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// newID is an id that nobody can guess.
func newID(prefix string) string { return prefix + strings.ToLower(rand.Text()) }

func (c *conversation) newEvent() int {
	c.lastEvent++
	return c.lastEvent
}

// send queues a message for the client.
func (c *conversation) send(m convai.Message) {
	frame, err := convai.Marshal(m)
	if err != nil {
		c.log.Error("message", "err", err) // our own mistake: the client can do without it
		return
	}
	c.queue(frame)
}

func (c *conversation) queue(frame []byte) {
	c.stuck = !c.socket.send(frame) || c.stuck
}
