package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/event"
	"moonlark/engine/script"
)

const (
	drainTime   = time.Second            // for tool calls to end, when the process does
	goodbyeTime = 500 * time.Millisecond // for the server to close too
	stopTime    = 2 * time.Second        // for results and farewell, after session.stop()
	showTime    = 10 * time.Second       // for what is still to be shown, when the agent has ended it
)

// A talk is one conversation as the engine sees it: its tool calls belong to
// it, and each gets exactly one outcome in it.
type talk struct {
	e    *Engine
	conv *convai.Conversation
	id   string

	turns int // see turnTracker.begin
	began time.Time
	heard atomic.Int64 // when the user last said something, since began

	mu        sync.Mutex               // guards what follows
	calls     map[string]*toolCall     // every one there was, by id
	waits     map[string]time.Duration // how long the agent waits for a call, by id, where it has said so
	approvals map[string]*approval     // every MCP tool call that has awaited one, by id
	over      bool                     // nothing can be approved any more

	ctx  context.Context // done when the process ends: then nothing is waited for
	stop sync.Once       // leave works once
	left atomic.Bool     // and has been called
}

// converse carries an open conversation to its end. It returns nil when that
// was asked for here, a clean *convai.CloseError when the agent closed it, and
// else an *EndedError. again says that it takes the place of one that was cut
// short, preroll that the agent is to hear what was said just before.
func (e *Engine) converse(ctx context.Context, conv *convai.Conversation, again, preroll bool) error {
	t := &talk{
		e: e, conv: conv, id: conv.Metadata().ConversationID, began: time.Now(), ctx: ctx,
		calls: make(map[string]*toolCall), waits: make(map[string]time.Duration), approvals: make(map[string]*approval),
	}
	t.turns = e.turns.begin()
	e.setTalk(t)
	e.out.post(event.Event{Type: event.Connected, ConversationID: t.id})
	e.beginVoice(conv, preroll)
	e.setStatus(statusConnected, "")
	if again {
		e.dispatch(reconnectedEvent, map[string]any{"conversation_id": t.id})
	}

	guarding, unguard := context.WithCancel(context.Background())
	var guards sync.WaitGroup
	guards.Go(func() { t.guard(guarding) })
	wound := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		e.wind(t)
		close(wound)
	})
	err := conv.Run(context.Background(), t.handle)
	asked := ctx.Err() != nil || t.left.Load()
	e.turns.hungUp()
	unguard()
	guards.Wait()
	e.endVoice(ctx)
	if !unwatch() {
		<-wound
	}
	e.setTalk(nil)
	t.end()
	e.reportEnd(t, err)
	e.reportSound()

	var closed *convai.CloseError
	switch {
	case asked:
		return nil
	case errors.As(err, &closed) && closed.Clean():
		return closed
	}
	return &EndedError{err}
}

func (e *Engine) setTalk(t *talk) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.talk = t
}

// wind ends a conversation in good order, because the process ends: calls get
// a second, then on_unload runs, then all that is queued goes out.
func (e *Engine) wind(t *talk) {
	drain, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	e.scripts.Drain(drain)
	e.scripts.Close()
	goodbye, cancel := context.WithTimeout(context.Background(), goodbyeTime)
	defer cancel()
	t.conv.Close(goodbye, "User ended conversation")
}

// reportEnd shows how a conversation ended.
func (e *Engine) reportEnd(t *talk, err error) {
	ev := event.Event{Type: event.Disconnected, ConversationID: t.id, Hint: Hint(err)}
	var closed *convai.CloseError
	if errors.As(err, &closed) {
		ev.Code, ev.Text = closed.Code, closed.Reason
	} else if err != nil {
		ev.Text = err.Error()
	}
	e.out.post(ev)
}

// handle sees every frame of the conversation, in order, on the goroutine that
// reads the socket. It must not block.
func (t *talk) handle(f convai.Frame) {
	e := t.e
	switch m := f.Message.(type) {
	case *convai.Audio:
		if e.voice != nil {
			e.voice.Audio(m)
		}
	case *convai.Ping:
		t.dispatch(f)
		return // answered already; no sign of a turn
	case *convai.ClientToolCall:
		t.call(m)
	case *convai.AgentResponse:
		e.turns.agentSpoke(m.EventID)
		e.out.post(event.Event{Type: event.Agent, Text: m.Text, EventID: m.EventID})
	case *convai.AgentChatResponsePart:
		if m.Part == convai.PartStop {
			e.turns.agentSpoke(m.EventID)
		} else {
			e.turns.agentBegan(m.EventID)
		}
		e.out.post(event.Event{Type: event.AgentPart, Text: m.Text, EventID: m.EventID, Part: string(m.Part)})
	case *convai.AgentResponseCorrection:
		e.out.post(event.Event{Type: event.AgentCorrected, Text: m.Corrected, EventID: m.EventID})
	case *convai.AgentResponseComplete:
		e.turns.agentEnded()
	case *convai.UserTranscript:
		t.userSpoke()
		e.out.post(event.Event{Type: event.User, Text: m.Text, EventID: m.EventID})
	case *convai.Interruption:
		if e.voice != nil {
			e.voice.Interrupt(m.EventID)
		}
		e.out.post(event.Event{Type: event.Interruption, EventID: m.EventID})
	case *convai.AgentToolRequest:
		t.announce(m)
	case *convai.AgentToolResponse:
		t.toolDone(m)
	case *convai.AgentToolResponseFullPayload:
		t.toolDone(&m.AgentToolResponse)
	case *convai.MCPToolCall:
		t.mcpCall(m)
	case *convai.ServerError:
		e.out.post(event.Event{Type: event.Error, Text: describe(m.ErrorType, m.Message, m.Reason), Code: m.Code, Hint: convai.Hint(m.Code, m.ErrorType+" "+m.Message+" "+m.Reason)})
	case *convai.ClientError:
		e.out.post(event.Event{Type: event.Error, Text: describe(m.ErrorName, m.Message), Code: m.Code, Hint: convai.Hint(m.Code, m.ErrorName+" "+m.Message)})
	case nil:
		e.log("", slog.LevelDebug, "a message of an unknown type: "+f.Type)
	}
	e.turns.agentMoved()
	t.dispatch(f)
}

// describe joins what there is of an error's words.
func describe(words ...string) string {
	text := ""
	for _, w := range words {
		switch {
		case w == "":
		case text == "":
			text = w
		default:
			text += ": " + w
		}
	}
	return text
}

// dispatch gives a frame to the scripts that listen for its type.
func (t *talk) dispatch(f convai.Frame) {
	if !t.e.scripts.Listens(f.Type) {
		return
	}
	ev := script.Event{Type: f.Type}
	if f.Type != "audio" {
		ev.Data = bytes.Clone(f.Inner) // it is the reader's
	}
	switch m := f.Message.(type) {
	case *convai.Audio:
		sound, err := m.Base64.AppendBytes(nil)
		if err != nil {
			t.e.log("", slog.LevelWarn, fmt.Sprintf("audio: %v", err))
			return
		}
		ev.Data, _ = json.Marshal(struct {
			EventID   int               `json:"event_id"`
			Alignment *convai.Alignment `json:"alignment,omitempty"`
			IsFinal   bool              `json:"is_final"`
		}{m.EventID, m.Alignment, m.IsFinal})
		ev.Bytes = map[string]string{"audio": string(sound)}
	case *convai.VADScore:
		ev.Merge = func(script.Event) (script.Event, bool) { return ev, true }
	case *convai.AgentChatResponsePart:
		ev.Merge = mergeParts(ev, *m)
	}
	t.e.scripts.Dispatch(ev)
}

// mergeParts joins a piece of a response to the piece before it, if that is of
// the same response and neither begins nor ends it.
func mergeParts(ev script.Event, m convai.AgentChatResponsePart) func(script.Event) (script.Event, bool) {
	return func(older script.Event) (script.Event, bool) {
		var before convai.AgentChatResponsePart
		if json.Unmarshal(older.Data, &before) != nil || before.EventID != m.EventID ||
			before.Part != convai.PartDelta || m.Part != convai.PartDelta {
			return older, false
		}
		m.Text = before.Text + m.Text
		ev.Data, _ = json.Marshal(m)
		ev.Merge = mergeParts(ev, m)
		return ev, true
	}
}

// end reports what is left when the conversation is over.
func (t *talk) end() {
	t.endCalls()
	t.endApprovals()
}
