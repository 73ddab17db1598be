// Package localagent is an agent that speaks the ElevenLabs protocol over a
// real WebSocket and needs no model, no account and no network.
//
// It has two halves. The brain ([decide] and what it calls) is pure: from a
// sentence and the tools there are it makes a plan, by the tools' phrases
// first, then by their names and descriptions. The server holds conversations.
// Each has three goroutines: the one that net/http started for it owns all of
// the conversation's state and does everything that is thinking; one reads the
// socket, one writes it. None of them ever waits for a tool: a call is a row in
// a table, and the answer is a message like any other.
package localagent

import (
	"log/slog"
	"time"

	"moonlark/engine/tool"
)

// Options are the settings of an agent. The zero value is an agent without
// tools.
type Options struct {
	// Tools are the tools there are. It is asked at the opening of every
	// conversation and at every turn, by any goroutine, so what it returns
	// must not be changed afterwards; another slice next time is how a reload
	// shows. Nil means none.
	Tools func() []*tool.Spec

	// Log gets the beginning and the end of each conversation and what was
	// ignored in it, at debug level. Nil means silence.
	Log *slog.Logger

	// FirstMessage is how the agent opens a conversation. Empty means a
	// greeting that says what can be said to it. A client may override it, also
	// with the empty string: then the user begins.
	FirstMessage string

	// PingEvery is the time between pings. Zero means 5 s.
	PingEvery time.Duration

	// WordPace is the pause between the words of a streamed response, so that
	// it can be interrupted. Zero means none.
	WordPace time.Duration

	// ToolMargin is how much longer than the tool's own deadline the agent
	// waits for a result. Zero means 5 s: 20 s for a tool that does not say,
	// which is what ElevenLabs waits.
	ToolMargin time.Duration

	// Patience is how long a client may take to open the conversation once it
	// is connected. Zero means 10 s.
	Patience time.Duration

	// Origins are the origins of web pages that may hold a conversation:
	// "https://example.com", or "*" for all. Pages of this machine
	// (http://localhost:3000) always may, and so do programs, which have no
	// origin. The rest is refused, since any page a user happens to visit
	// could otherwise run the tools: a browser lets every page connect to a
	// WebSocket, on the loopback interface too.
	Origins []string
}

// complete is o with every zero replaced by what it means.
func (o Options) complete() Options {
	if o.Tools == nil {
		o.Tools = func() []*tool.Spec { return nil }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.PingEvery <= 0 {
		o.PingEvery = 5 * time.Second
	}
	if o.ToolMargin <= 0 {
		o.ToolMargin = 5 * time.Second
	}
	if o.Patience <= 0 {
		o.Patience = 10 * time.Second
	}
	return o
}
