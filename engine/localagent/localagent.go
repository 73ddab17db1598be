// Package localagent is the embedded agent: an agent that runs in this process. The embedded agent
// talks the ElevenLabs protocol over a real WebSocket, and needs no language model, no account and
// no network.
//
// A [brain.Brain] decides what the agent says and does; this package manages the conversations.
// Each conversation has three goroutines. The goroutine that net/http started for the request owns
// the state of the conversation and calls the brain. A second goroutine reads frames from the
// WebSocket, and a third goroutine writes frames to the WebSocket. None of them waits for a tool:
// the conversation keeps a table of running tool calls, and a tool result is handled like any other
// message from the client.
//
// With [Options.TTS] the agent speaks, and with [Options.STT] it understands speech. A conversation
// then has further goroutines: one makes the sound of each response that is spoken, one recognises
// the user's sentence, and one limits the time of the recognition. They own no state of the
// conversation: they pass their results through channels, or post functions to its goroutine.
//
// With [Options.Realtime], a speech-to-speech service takes the place of the brain, of TTS and of
// STT. The client gets the same messages. The session with the service has goroutines of its own:
// see package realtime. Their results are posted to the goroutine of the conversation too.
//
// All these goroutines end with the conversation.
package localagent

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"moonlark/audio/pcm"
	"moonlark/engine/llm"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/localagent/brain/phrases"
	"moonlark/engine/localagent/realtime"
	"moonlark/engine/speech"
	"moonlark/engine/tool"
)

// Options are the settings of the embedded agent. The zero value is an agent without tools.
type Options struct {
	// Brain decides what the agent says and does. Nil means the brain of package phrases, which
	// compares the user's sentence with the phrases and the names of the tools.
	Brain brain.Brain

	// Tools returns the tools that the agent may call. Tools is called when a conversation begins
	// and in every turn, on any goroutine. A later call may return another list, for example after
	// a reload, but a list must not be changed once it has been returned. Nil means no tools.
	Tools func() []*tool.Spec

	// Log gets the following messages. At debug level: the begin and the end of each conversation,
	// each message from a client that was ignored, and each turn that the brain or Realtime could
	// not answer. As errors: failures of TTS and STT, and the end of a session of Realtime. Nil
	// means no log.
	Log *slog.Logger

	// Report is called after each request of the brain to a language model, on any goroutine. It must
	// not block. Nil means no reports.
	Report func(llm.Round)

	// Asking is called before each request of the brain to a language model, on any goroutine. It must
	// neither block nor change the request. Nil means that nobody wants to know.
	Asking func(round int, r llm.Request)

	// Price is what the language model costs, for Round.Cost. The zero Price means that it is not known.
	Price llm.Price

	// FirstSound is called when the agent begins to speak in answer to the user. delay is the time
	// since the agent has detected the end of the user's sentence, or has received the user's
	// message. It is not called if Realtime hears the user: Report gets the delay then. FirstSound is
	// called on any goroutine and must not block. Nil means no reports.
	FirstSound func(delay time.Duration)

	// FirstMessage is the text with which the agent opens a conversation. Empty means the greeting
	// of the brain. A client may override FirstMessage. If the client overrides it with an empty
	// text, the agent waits for the user to speak first.
	FirstMessage string

	// PingInterval is the time between two pings to the client. Zero means 5 s.
	PingInterval time.Duration

	// WordDelay is the pause between two words when a response is sent as text, word by word. The
	// pause gives the user time to interrupt the agent. Zero means no pause.
	WordDelay time.Duration

	// TTS turns text into sound, with the voice that the client has chosen. It passes the sound to
	// play in pieces (mono, at [audio.Rate]), and returns after the last piece. play blocks while
	// more sound is ready than can be sent. play returns an error when the sound is no longer
	// needed; ctx is cancelled at the same time. TTS is called with a whole response, or with one
	// sentence at a time while the brain is still adding text to the response. It runs on a
	// goroutine of its own; each conversation runs one call at a time. If TTS is nil or fails, or if
	// the client asks for text only, the agent sends its responses as text.
	TTS func(ctx context.Context, u speech.Utterance, play func(sound []float32) error) error

	// STT recognises one sentence and returns its text. sound is mono at [audio.Rate]. STT returns
	// "" if nobody said anything. It runs on a goroutine of its own; each conversation runs one
	// call at a time. If STT is nil, the agent ignores the sound that clients send.
	STT func(ctx context.Context, r speech.Request, sound []float32) (string, error)

	// StreamSTT recognises a sentence while the user is speaking: see [speech.Streamer]. It runs in
	// place of STT, which must be set too: STT gets the whole sentence if StreamSTT fails before the
	// end of the sentence. If StreamSTT is nil, STT recognises all sentences.
	StreamSTT func(ctx context.Context, r speech.Request, read func(context.Context) ([]float32, error), partial func(string)) (string, error)

	// Realtime is a speech-to-speech service, which takes the place of Brain, TTS and STT. Nil means
	// no such service.
	Realtime realtime.Service

	// MaxRealtime is the maximum duration of a conversation with Realtime, because the service
	// usually costs money for each minute. A client may ask for less. Zero means 60 minutes.
	MaxRealtime time.Duration

	// Patience says how soon the agent answers, and how soon it lets itself be interrupted. It has
	// an effect with STT, and with Realtime if the service does not detect speech itself
	// (realtime.LocalDetection).
	Patience Patience

	// SpeechTimeout is how long TTS may take until its next sound, and how long STT and StreamSTT
	// may take after the end of a sentence. Zero means 20 s.
	SpeechTimeout time.Duration

	// AgentFormat is the format of the sound that the agent sends. UserFormat is the format of the
	// sound that clients send. Zero means pcm_16000, or the format of Realtime.
	AgentFormat, UserFormat pcm.Format

	// ToolMargin is how much longer than the tool's own deadline the agent waits for a tool result.
	// Zero means 5 s. The agent then waits 20 s for a tool with the default deadline, like an
	// ElevenLabs agent.
	ToolMargin time.Duration

	// OpenTimeout is how long a client may take, after it has connected, to send the message that
	// opens the conversation. Zero means 10 s.
	OpenTimeout time.Duration

	// Token must be sent by clients, as the header Authorization (Bearer), the header xi-api-key or
	// the parameter token of the URL. Empty means that everybody may connect.
	Token string

	// MaxConversations is how many conversations may run at the same time. Zero means any number.
	MaxConversations int

	// Origins are the origins of web pages that may connect: "https://example.com", or "*" for all.
	// Two kinds of client may always connect: pages from loopback addresses (http://localhost:3000)
	// and programs that are not browsers, because they send no origin. All other pages are refused.
	// Without this rule any page that the user visits could run the tools, because browsers let
	// every page connect to a WebSocket, also to one on loopback.
	Origins []string
}

// defaultFormat has the same value as convai.DefaultAudioFormat.
var defaultFormat = pcm.Format{Encoding: pcm.S16, Rate: 16000}

// withDefaults returns a copy of the options in which each zero value is replaced by its default.
func (o Options) withDefaults() Options {
	if o.Brain == nil {
		o.Brain = phrases.Brain{}
	}
	if o.Tools == nil {
		o.Tools = func() []*tool.Spec { return nil }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.FirstSound == nil {
		o.FirstSound = func(time.Duration) {}
	}
	if o.PingInterval <= 0 {
		o.PingInterval = 5 * time.Second
	}
	if o.SpeechTimeout <= 0 {
		o.SpeechTimeout = 20 * time.Second
	}
	if o.Realtime != nil {
		user, agent := o.Realtime.Rates()
		o.UserFormat = cmp.Or(o.UserFormat, pcm.Format{Encoding: pcm.S16, Rate: user})
		o.AgentFormat = cmp.Or(o.AgentFormat, pcm.Format{Encoding: pcm.S16, Rate: agent})
	}
	if o.MaxRealtime <= 0 {
		o.MaxRealtime = time.Hour
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
	if o.OpenTimeout <= 0 {
		o.OpenTimeout = 10 * time.Second
	}
	return o
}
