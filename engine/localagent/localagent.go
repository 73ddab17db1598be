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
//
// With [Options.TTS] it speaks and with [Options.STT] it hears. Then two more
// goroutines come and go with a conversation: one makes the sound of what is
// being said, one recognises what the user said. They end when the conversation
// does.
package localagent

import (
	"context"
	"log/slog"
	"time"

	"moonlark/audio/pcm"
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
	// ignored in it, at debug level, and speech that failed as an error. Nil
	// means silence.
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

	// TTS speaks text: it gives play the sound of it bit by bit, mono at
	// [audio.Rate], and returns when that was all. play waits while more has been
	// spoken than can be sent; its error says that nobody listens any more, and
	// ctx is over then too. Each response has it called by a goroutine of its
	// own, one at a time in a conversation. Nil, or a client that asks for text
	// only, and the agent writes; it does too when TTS fails.
	TTS func(ctx context.Context, text string, play func(sound []float32) error) error

	// STT recognises one sentence, mono at [audio.Rate]; the empty text is that
	// nothing was said. It is called by a goroutine of its own, one at a time in a
	// conversation. Nil, and what the user says aloud is not listened to.
	STT func(ctx context.Context, sound []float32) (string, error)

	// SpeechPatience is how long TTS may take to go on, and STT to be done. Zero
	// means 20 s.
	SpeechPatience time.Duration

	// AgentFormat and UserFormat are how sound is sent: what the agent says, and
	// what the user does. Zero means pcm_16000.
	AgentFormat, UserFormat pcm.Format

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

var defaultFormat = pcm.Format{Encoding: pcm.S16, Rate: 16000} // convai.DefaultAudioFormat

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
	if o.SpeechPatience <= 0 {
		o.SpeechPatience = 20 * time.Second
	}
	if o.AgentFormat == (pcm.Format{}) {
		o.AgentFormat = defaultFormat
	}
	if o.UserFormat == (pcm.Format{}) {
		o.UserFormat = defaultFormat
	}
	if o.ToolMargin <= 0 {
		o.ToolMargin = 5 * time.Second
	}
	if o.Patience <= 0 {
		o.Patience = 10 * time.Second
	}
	return o
}
