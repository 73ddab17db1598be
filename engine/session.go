package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"moonlark/engine/agent"
	"moonlark/engine/convai"
	"moonlark/luastd"
)

// A session is the conversation as scripts see it. Its methods are called on
// executors and do not block, but for PlayFile.
type session struct{ e *Engine }

var _ luastd.Conversation = session{}

var errNoConversation = errors.New("there is no conversation")

// mostSaid is the longest text, in bytes, that a script may send.
const mostSaid = 256 << 10

func (s session) SendText(text string) error {
	if len(text) > mostSaid {
		return tooLong(text)
	}
	return s.e.say(text, s.offer)
}

func (s session) SendContext(text, id string) error {
	if len(text) > mostSaid {
		return tooLong(text)
	}
	return s.offer(&convai.ContextualUpdate{Text: text, ContextID: id})
}

func (s session) SendActivity() error {
	if t := s.e.current(); t != nil {
		t.userSpoke()
	}
	return s.offer(new(convai.UserActivity))
}

func (s session) SendFeedback(eventID int, score string) error {
	m := &convai.Feedback{EventID: eventID}
	if score != "" {
		m.Score = new(convai.Score(score))
	}
	return s.offer(m)
}

func (s session) SendFile(fileID, text string) error {
	if len(text) > mostSaid {
		return tooLong(text)
	}
	if t := s.e.current(); t != nil {
		t.userSpoke()
	}
	m := &convai.MultimodalMessage{FileID: fileID}
	if text != "" {
		m.Text = &convai.UserMessage{Text: text}
	}
	return s.offer(m)
}

func (s session) Approve(callID string, approved bool) error {
	t := s.e.current()
	if t == nil {
		return errNoConversation
	}
	return t.approve(callID, approved)
}

func tooLong(text string) error {
	return fmt.Errorf("the text has %d bytes; %d are allowed", len(text), mostSaid)
}

// offer sends what a script has to say, unless that is too much: a flood of it
// must not end the conversation.
func (s session) offer(m convai.Message) error {
	return s.e.tell(func(c *convai.Conversation) error { return c.Offer(m) })
}

func (s session) Start(settings []byte, preroll bool) error {
	parsed, err := agent.Parse(settings)
	if err != nil {
		return luastd.Mistake{Err: err}
	}
	return s.e.start(start{parsed, preroll})
}

// Stop ends the conversation once the agent has finished with what is under way,
// or after 2 s; what it has said by then is heard. One that is still waited for
// is given up.
func (s session) Stop() error {
	if t := s.e.current(); t != nil {
		t.leave("User ended conversation")
	} else {
		s.e.giveUp()
	}
	return nil
}

func (s session) Status() string { return s.e.Status() }

// current is the conversation, nil when there is none.
func (e *Engine) current() *talk {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.talk
}

func (e *Engine) send(m convai.Message) error {
	return e.tell(func(c *convai.Conversation) error { return c.Send(m) })
}

// tell has send send something in the conversation.
func (e *Engine) tell(send func(*convai.Conversation) error) error {
	t := e.current()
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
