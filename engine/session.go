package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"moonlark/engine/convai"
	"moonlark/engine/script"
)

// A session is the conversation as scripts see it. Its methods are called on
// executors and do not block.
type session struct{ e *Engine }

var _ script.Session = session{}

var errNoConversation = errors.New("there is no conversation")

// mostSaid is the longest text, in bytes, that a script may send.
const mostSaid = 256 << 10

func (s session) SendText(text string) error {
	if len(text) > mostSaid {
		return tooLong(text)
	}
	return s.e.say(text, s.offer)
}

func (s session) SendContext(text string) error {
	if len(text) > mostSaid {
		return tooLong(text)
	}
	return s.offer(&convai.ContextualUpdate{Text: text})
}

func tooLong(text string) error {
	return fmt.Errorf("the text has %d bytes; %d are allowed", len(text), mostSaid)
}

// offer sends what a script has to say, unless that is too much: a flood of it
// must not end the conversation.
func (s session) offer(m convai.Message) error {
	return s.e.tell(func(c *convai.Conversation) error { return c.Offer(m) })
}

// StopSession ends the conversation once the agent has finished with what is
// under way, or after 2 s; what it has said by then is heard.
func (s session) StopSession() error {
	s.e.mu.Lock()
	t := s.e.talk
	s.e.mu.Unlock()
	if t != nil {
		t.leave("User ended conversation")
	}
	return nil
}

func (e *Engine) send(m convai.Message) error {
	return e.tell(func(c *convai.Conversation) error { return c.Send(m) })
}

// tell has send send something in the conversation.
func (e *Engine) tell(send func(*convai.Conversation) error) error {
	e.mu.Lock()
	t := e.talk
	e.mu.Unlock()
	if t == nil {
		return errNoConversation
	}
	return send(t.conv)
}

// A logHandler makes events of what the parts of the engine log.
type logHandler struct {
	e    *Engine
	part string // who logs: "embedded agent: ", or ""
	with string // " name=value" for each attribute that is set for all records
}

func (h logHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h logHandler) Handle(_ context.Context, r slog.Record) error {
	text := h.part + r.Message + h.with
	r.Attrs(func(a slog.Attr) bool {
		text += " " + a.String()
		return true
	})
	h.e.log("", r.Level, text)
	return nil
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		h.with += " " + a.String()
	}
	return h
}

func (h logHandler) WithGroup(string) slog.Handler { return h }
