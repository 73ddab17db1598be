package dialog

import (
	"encoding/json"
	"log/slog"
	"strings"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/convai"
)

// handle receives every message of the conversation, in order, on the goroutine that reads the
// socket. It must not block.
func (d *Dialog) handle(f convai.Frame) {
	ev := bus.Event{Type: bus.AgentMessage}
	turns := d.opts.Turns
	switch m := f.Message.(type) {
	case *convai.Ping:
		if m.PingMS != nil {
			d.roundTrip.Store(int64(time.Duration(max(*m.PingMS, 0)) * time.Millisecond))
		}
		d.publish(ev, f)
		return // package convai has answered the ping already, and a ping does not affect the turn
	case *convai.Audio:
		d.playSound(m)
	case *convai.ClientToolCall:
		d.call(m)
	case *convai.AgentResponse:
		d.NoteActivity()
		turns.agentSpoke(m.EventID)
		ev = bus.Event{Type: bus.Agent, Text: m.Text, EventID: m.EventID}
	case *convai.AgentChatResponsePart:
		d.NoteActivity()
		if m.Part == convai.PartStop {
			turns.agentSpoke(m.EventID)
		} else {
			turns.agentBegan(m.EventID)
		}
		ev = bus.Event{Type: bus.AgentPart, Text: m.Text, EventID: m.EventID, Part: string(m.Part)}
	case *convai.AgentResponseCorrection:
		ev = bus.Event{Type: bus.AgentCorrected, Text: m.Corrected, EventID: m.EventID}
	case *convai.AgentResponseComplete:
		turns.agentEnded()
	case *convai.UserTranscript:
		d.NoteActivity()
		ev = bus.Event{Type: bus.User, Text: m.Text, EventID: m.EventID}
	case *convai.TentativeUserTranscript:
		d.NoteActivity() // the user is still speaking
	case *convai.Interruption:
		if d.opts.Voice != nil {
			d.opts.Voice.Interrupt(m.EventID)
		}
		ev = bus.Event{Type: bus.Interruption, EventID: m.EventID}
	case *convai.VADScore:
		if d.opts.Voice != nil {
			d.opts.Voice.NoteScore(m.Score)
		}
	case *convai.AgentToolRequest:
		d.noteRequest(m)
	case *convai.AgentToolResponse:
		d.noteResponse(m)
	case *convai.AgentToolResponseFullPayload:
		d.noteResponse(&m.AgentToolResponse)
	case *convai.MCPToolCall:
		d.noteMCPState(m)
	case *convai.ServerError:
		if m.ErrorType == convai.EmbeddedAgentError {
			turns.failed()
			ev = bus.Event{Type: bus.Error, Text: m.Message}
			break
		}
		text := joinNonEmpty(m.ErrorType, m.Message, m.Reason)
		ev = bus.Event{Type: bus.Error, Text: text, Code: m.Code, Hint: convai.Hint(m.Code, text)}
	case *convai.ClientError:
		text := joinNonEmpty(m.ErrorName, m.Message)
		ev = bus.Event{Type: bus.Error, Text: text, Code: m.Code, Hint: convai.Hint(m.Code, text)}
	case nil:
		d.log(slog.LevelDebug, "a message of an unknown type: "+f.Type)
	}
	turns.agentMoved()
	d.publish(ev, f)
}

func joinNonEmpty(parts ...string) string {
	var filled []string
	for _, part := range parts {
		if part != "" {
			filled = append(filled, part)
		}
	}
	return strings.Join(filled, ": ")
}

// publish publishes ev, an event made from the message f. If a script listens to messages of f's
// type, the event also contains the message.
func (d *Dialog) publish(ev bus.Event, f convai.Frame) {
	if d.opts.Scripts.Listens(f.Type) {
		m, err := scriptMessage(f)
		if err != nil {
			d.warn("%s: %v", f.Type, err)
		}
		ev.Message = m
	}
	d.opts.Bus.Publish(ev)
}

// scriptMessage returns the message f in the form in which scripts receive it.
func scriptMessage(f convai.Frame) (*bus.Message, error) {
	message := &bus.Message{Name: f.Type}
	switch m := f.Message.(type) {
	case *convai.Audio:
		message.Bytes = map[string]string{"audio": string(m.Sound)}
		fields, err := json.Marshal(struct {
			EventID   int               `json:"event_id"`
			Alignment *convai.Alignment `json:"alignment,omitempty"`
			IsFinal   bool              `json:"is_final"`
		}{m.EventID, m.Alignment, m.IsFinal})
		message.Fields = fields
		return message, err
	case *convai.VADScore:
		// scripts need only the newest score
		message.Merge = func(*bus.Message) (*bus.Message, bool) { return message, true }
	case *convai.AgentChatResponsePart:
		message.Merge = func(older *bus.Message) (*bus.Message, bool) { return mergeParts(older, message) }
	}
	message.Fields = f.Inner
	return message, nil
}

// mergeParts joins two pieces of one response to one message. It reports false when the pieces
// belong to different responses, or when one of them is the start or the stop of a response.
func mergeParts(older, newer *bus.Message) (*bus.Message, bool) {
	var first, second convai.AgentChatResponsePart
	if json.Unmarshal(older.Fields, &first) != nil || json.Unmarshal(newer.Fields, &second) != nil ||
		first.EventID != second.EventID || first.Part != convai.PartDelta || second.Part != convai.PartDelta {
		return nil, false
	}
	second.Text = first.Text + second.Text
	fields, err := json.Marshal(second)
	if err != nil {
		return nil, false
	}
	joined := &bus.Message{Name: newer.Name, Fields: fields}
	joined.Merge = func(older *bus.Message) (*bus.Message, bool) { return mergeParts(older, joined) }
	return joined, true
}

// toolCallArgs returns the arguments of a tool call as a JSON object, {} when there are none.
func toolCallArgs(args json.RawMessage) json.RawMessage {
	if len(args) == 0 {
		return json.RawMessage("{}")
	}
	return args
}
