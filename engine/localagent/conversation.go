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

	"moonlark/engine/convai"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/speech"

	"github.com/gorilla/websocket"
)

// A conversation is the WebSocket session of one client. Its state belongs to the goroutine that
// called run. Other goroutines may use only the fields that never change, wake, and the fields
// below mu.
type conversation struct {
	opts   Options // never changes; defaults are filled in
	socket *socket // never changes
	id     string  // never changes
	log    *slog.Logger

	brain    brain.Conversation // nil until the client has opened the conversation
	textOnly bool
	voice    speech.Voice // how the client wants the agent to speak; set by start
	keywords []string     // words that the client expects from the user; set by start
	stuck    bool         // a frame or a response was lost because a queue was full

	workersCtx context.Context // context of the workers; run cancels it when the conversation ends
	workers    sync.WaitGroup  // goroutines that make or encode sound, or recognise speech
	// wake gets a value when a worker, the brain or the session has work for the method loop.
	wake chan struct{}

	lastEvent  int                  // event id of the newest event
	toolCalls  map[string]*toolCall // running tool calls, indexed by tool call id
	responses  responseQueue
	pings      pings
	lastSpeech *speechOutput // sound of the newest spoken response; nil if none was spoken yet
	hearing    *speechInput  // nil if the agent does not listen to this client's sound
	duplex     *duplex       // takes the place of the brain if Options.Realtime is set; otherwise nil
	ending     error         // why the method loop has to end the conversation; nil if it has not

	mu    sync.Mutex // guards the field below
	steps []func()   // functions queued by the method post; the method loop calls them
}

func newConversation(ws *websocket.Conn, opts Options) *conversation {
	id := newID("conv_")
	return &conversation{
		opts:      opts,
		socket:    openSocket(ws, opts.STT != nil || opts.Realtime != nil),
		id:        id,
		log:       opts.Log.With("conversation", id),
		toolCalls: map[string]*toolCall{},
		wake:      make(chan struct{}, 1),
	}
}

// run serves the conversation until the client, the agent or the end of ctx ends it. When run
// returns, all goroutines of the conversation have ended.
func (c *conversation) run(ctx context.Context) {
	err := errors.New("panic") // reported as the reason if open or loop panics
	workersCtx, cancel := context.WithCancel(ctx)
	c.workersCtx = workersCtx
	defer func() {
		cancel()
		if c.brain != nil {
			c.brain.Close()
		}
		c.socket.close(err)
		c.workers.Wait()
		c.log.Debug("conversation ended", "why", err, "unanswered", len(c.toolCalls), "audio_chunks", c.socket.droppedChunks.Load())
	}()
	if err = c.open(ctx); err == nil {
		c.log.Debug("conversation", "text_only", c.textOnly)
		err = c.loop(ctx)
	}
}

var errShuttingDown = closing{websocket.CloseGoingAway, "the agent is shutting down"}

// open waits for the message with which the client opens the conversation, and starts the
// conversation. Messages that have no effect, such as sound, may arrive earlier. Any other message
// that arrives earlier would be lost, so open returns an error for it.
func (c *conversation) open(ctx context.Context) error {
	timeout := time.NewTimer(c.opts.OpenTimeout)
	defer timeout.Stop()
	for {
		select {
		case <-ctx.Done():
			return errShuttingDown
		case <-timeout.C:
			return closing{websocket.ClosePolicyViolation, fmt.Sprintf("no conversation_initiation_client_data within %v", c.opts.OpenTimeout)}
		case got, ok := <-c.socket.in:
			if !ok {
				return c.socket.err
			}
			if got.err != nil {
				return c.refuseMessage(got.err)
			}
			switch m := got.frame.Message.(type) {
			case *convai.ConversationInitiationClientData:
				c.start(m)
				return nil
			case *convai.EnclaveSetupConfig, *convai.UserActivity, *convai.Pong, *convai.ContextualUpdate, *convai.UserAudioChunk:
				c.log.Debug("ignored before the conversation was opened", "type", got.frame.Type)
			default:
				return closing{websocket.ClosePolicyViolation, "conversation_initiation_client_data has to come before " + got.frame.Type}
			}
		}
	}
}

// greetingDelay is the pause between the metadata and the agent's first message. The JavaScript SDK
// begins to listen for messages only after it has processed the metadata. It would miss a message
// that arrives together with the metadata.
const greetingDelay = 20 * time.Millisecond

// start starts the conversation with the settings of the client. The metadata must be the first
// frame that the client gets, because the JavaScript SDK takes whatever frame comes first for the
// metadata.
func (c *conversation) start(m *convai.ConversationInitiationClientData) {
	first := c.opts.FirstMessage
	if first == "" && c.opts.Realtime != nil {
		first = brain.ModelGreeting
	} else if first == "" {
		first = c.opts.Brain.Greeting(c.opts.Tools())
	}
	if o := m.Override; o != nil {
		if o.Agent != nil && o.Agent.FirstMessage != nil {
			first = *o.Agent.FirstMessage
		}
		c.textOnly = o.Conversation != nil && o.Conversation.TextOnly != nil && *o.Conversation.TextOnly
	}
	c.voice, c.keywords = speechSettings(m)
	start := brain.Start{Tools: c.opts.Tools, FirstMessage: first, Settings: m, Report: c.opts.Report, Asking: c.opts.Asking, Log: c.log}
	if c.opts.Realtime != nil {
		c.openDuplex(start)
	} else {
		c.brain = c.opts.Brain.Open(start)
	}
	if c.opts.STT != nil && !c.textOnly && c.duplex == nil {
		c.hearing = newSpeechInput(c.opts.UserFormat, c.opts.Patience)
	}
	c.send(&convai.ConversationInitiationMetadata{
		ConversationID:         c.id,
		AgentOutputAudioFormat: c.opts.AgentFormat.String(),
		UserInputAudioFormat:   c.opts.UserFormat.String(),
	})
	c.pings.next = time.Now().Add(c.opts.PingInterval)
	if first != "" && (c.duplex == nil || c.textOnly) { // otherwise the service speaks it
		c.queueResponse(&response{event: c.newEvent(), text: first, complete: true, due: time.Now().Add(greetingDelay)})
	}
}

var errStuck = errors.New("the client does not read")

// loop runs the conversation after it has started. It returns the reason why the conversation is
// over, which is never nil.
func (c *conversation) loop(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		c.runSteps()
		if hangUp := c.sendResponses(time.Now()); hangUp {
			return closing{websocket.CloseNormalClosure, "the agent ended the conversation"}
		}
		if c.stuck {
			return errStuck
		}
		if c.ending != nil {
			return c.ending
		}
		timer.Reset(time.Until(c.nextTimer()))
		drained := c.socket.drained
		if len(c.responses.queue) == 0 {
			// No response waits for room in the queue of frames.
			drained = nil
		}
		select {
		case <-ctx.Done():
			return errShuttingDown
		case got, ok := <-c.socket.in:
			if !ok {
				return c.socket.err
			}
			if got.err != nil {
				return c.refuseMessage(got.err)
			}
			c.receive(got.frame)
		case got := <-c.hearing.transcripts():
			c.receiveTranscript(got)
		case <-c.wake:
		case <-drained:
		case <-timer.C:
			now := time.Now()
			c.sendPing(now)
			c.expireToolCalls(now)
			c.endSilentInput(now)
			c.duplex.tick(now)
		}
	}
}

// nextTimer returns the next time at which the method loop has work to do, even if nothing else
// happens before.
func (c *conversation) nextTimer() time.Time {
	at := c.pings.next
	for _, call := range c.toolCalls {
		if call.deadline.Before(at) {
			at = call.deadline
		}
	}
	for _, next := range []time.Time{c.responses.next, c.hearing.inputEnd(), c.duplex.nextTick()} {
		if !next.IsZero() && next.Before(at) {
			at = next
		}
	}
	return at
}

// receive handles one frame from the client.
func (c *conversation) receive(f convai.Frame) {
	switch m := f.Message.(type) {
	case *convai.UserMessage:
		c.beginTurn(m.Text, false)
	case *convai.MultimodalMessage:
		if m.Text != nil {
			c.beginTurn(m.Text.Text, false)
		}
	case *convai.ContextualUpdate:
		c.brain.Inform(m.Text)
	case *convai.ClientToolResult:
		c.receiveToolResult(m)
	case *convai.Pong:
		c.pings.receivePong(m.EventID, time.Now())
	case *convai.UserAudioChunk:
		if c.duplex != nil {
			c.duplex.receiveSound(m, time.Now())
			return
		}
		c.receiveSound(m, time.Now())
	default:
		c.log.Debug("ignored", "type", f.Type)
	}
}

// refuseMessage tells the client that its message was invalid. It returns the closing with which
// the conversation has to end.
func (c *conversation) refuseMessage(err error) error {
	const reason = "Invalid message received"
	c.send(&convai.ServerError{
		Code: websocket.ClosePolicyViolation, ErrorType: "invalid_message", Message: reason, DebugMessage: err.Error(),
	})
	return closing{websocket.ClosePolicyViolation, reason}
}

// newID returns an id that cannot be guessed; it begins with prefix.
func newID(prefix string) string { return prefix + strings.ToLower(rand.Text()) }

func (c *conversation) newEvent() int {
	c.lastEvent++
	return c.lastEvent
}

// send queues a message for the client.
func (c *conversation) send(m convai.Message) {
	frame, err := convai.Marshal(m)
	if err != nil {
		// Only a mistake in this program causes this error. The message is not sent.
		c.log.Error("message", "err", err)
		return
	}
	c.sendFrame(frame)
}

func (c *conversation) sendFrame(frame []byte) {
	c.stuck = !c.socket.send(frame) || c.stuck
}
