package cli

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/convai"
	"moonlark/engine/fleet/host"
	"moonlark/engine/life"
	"moonlark/engine/remote"
	"moonlark/engine/safetext"
)

const (
	sayPause = 200 * time.Millisecond // between attempts to give the agent a text
	// maxSay is how long the agent may be away, because the network is, until a text of the user is
	// dropped.
	maxSay = time.Minute
	// maxResume limits the text of the earlier turns that the agent gets when a host takes over a conversation, in bytes.
	maxResume = 32 << 10
)

// A hostedEngine runs the conversations of a host, each in an engine of its own. It is a host.Engine.
type hostedEngine struct {
	opts   engine.Options // of each engine
	events *bus.Bus       // receives the log of all conversations
}

// A conversationInfo is what scripts of a host see as the global variable conversation.
type conversationInfo struct {
	ID    string `luar:"id"`
	Fence uint64 `luar:"fence"` // see host.Conversation
}

// Open runs a conversation: see host.Engine.
func (e *hostedEngine) Open(ctx context.Context, c *host.Conversation) error {
	said := &memory{turns: c.Turns}
	opts := e.opts
	opts.Bus = new(bus.Bus)
	opts.Agent = c.Settings.Over(opts.Agent)
	opts.Held, opts.Resume = c.Held, said.text
	opts.User = func(ctx context.Context, r *remote.Remote) error { return e.say(ctx, r, c) }
	opts.Globals = map[string]any{"conversation": conversationInfo{ID: c.ID, Fence: c.Fence}}
	opts.Bus.Attach(bus.Receiver{
		Wants: func(t bus.Type, _ string) bool {
			return t == bus.Connected || t == bus.User || t == bus.Agent || t == bus.Log || t == bus.Error || t == bus.Print
		},
		Receive: func(ev bus.Event) { e.receive(ev, c, said) },
	})
	running, err := engine.New(opts)
	if err != nil {
		return err
	}
	return running.Run(ctx)
}

// receive handles an event of the engine of a conversation.
func (e *hostedEngine) receive(ev bus.Event, c *host.Conversation, said *memory) {
	switch ev.Type {
	case bus.Connected:
		c.Started()
	case bus.User:
		said.add(host.User, ev.Text)
		c.Said(host.User, ev.Text)
	case bus.Agent:
		said.add(host.Agent, ev.Text)
		c.Said(host.Agent, ev.Text)
	case bus.Print:
		ev.Text = c.ID + ": " + ev.Text
		e.events.Publish(ev)
	default:
		level := slog.LevelError
		if ev.Type == bus.Log {
			level.UnmarshalText([]byte(ev.Level)) // the level of a Log event is always valid
		}
		e.events.Log(ev.Script, level, "conversation "+c.ID+": "+ev.Text)
	}
}

// say gives the agent what the user says, until ctx is done.
func (e *hostedEngine) say(ctx context.Context, r *remote.Remote, c *host.Conversation) error {
	if c.Message != "" {
		if err := r.AwaitGreeting(ctx); err != nil {
			return nil // the conversation has ended
		}
		e.sayOne(ctx, r, c, c.Message)
	}
	for {
		select {
		case text := <-c.Texts():
			e.sayOne(ctx, r, c, text)
		case <-ctx.Done():
			return nil
		}
	}
}

// sayOne gives the agent a text. It waits while the agent is connected again.
func (e *hostedEngine) sayOne(ctx context.Context, r *remote.Remote, c *host.Conversation, text string) {
	ctx, cancel := context.WithTimeout(ctx, maxSay)
	defer cancel()
	for {
		err := r.Say(text)
		if err == nil {
			return
		}
		waits := errors.Is(err, life.ErrNoConversation) || errors.Is(err, convai.ErrBusy) || errors.Is(err, convai.ErrOver)
		select {
		case <-time.After(sayPause):
		case <-ctx.Done():
			waits = false
		}
		if !waits {
			e.events.Log("", slog.LevelWarn, "conversation "+c.ID+": what the user has said does not reach the agent: "+err.Error())
			return
		}
	}
}

// A memory has the newest turns of a conversation, for the agent after a reconnection.
type memory struct {
	mu    sync.Mutex // guards turns
	turns []host.Turn
}

func (m *memory) add(who, text string) {
	if text == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turns = append(m.turns, host.Turn{Who: who, Text: safetext.Cut(text, host.MaxText, "…")})
	m.turns = m.turns[max(0, len(m.turns)-host.MaxTurns):]
}

// text returns what an agent must know that has not heard the turns, or "" if there are none: see
// engine.Options.Resume.
func (m *memory) text() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var lines []string
	size := 0
	for i := len(m.turns) - 1; i >= 0; i-- {
		line := m.turns[i].Who + ": " + m.turns[i].Text
		if size += len(line) + 1; size > maxResume {
			break
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("This conversation goes on after an interruption. It was last said, and what the user has said last may not have been answered:")
	for i := len(lines) - 1; i >= 0; i-- {
		b.WriteString("\n" + lines[i])
	}
	return b.String()
}
