// Package realtime defines how the embedded agent uses a speech-to-speech service: a model that
// hears the user and speaks itself, so that no speech to text, no brain and no text to speech are
// needed. Each API has a package below this one, which implements [Service]; package choice makes
// the Service that the user has chosen.
//
// A session has goroutines of its own: one reads from the service, and one handles timeouts. They
// call the methods of [Events], which must not wait, so that nothing delays the sound. The methods
// of [Session] do not wait either. A session that loses its connection opens another one by itself,
// and tells the service what was said before.
package realtime

import (
	"context"
	"fmt"
	"time"

	"moonlark/engine/llm"
	"moonlark/engine/localagent/brain"
)

// A Detection says who detects when the user begins and stops speaking.
type Detection string

const (
	// ServerDetection means that the service detects speech by the level of the sound. It is the
	// default.
	ServerDetection Detection = "server"
	// SemanticDetection means that the service also judges by the words whether the user has
	// finished.
	SemanticDetection Detection = "semantic"
	// LocalDetection means that the embedded agent detects speech: see Session.BeginSpeech.
	LocalDetection Detection = "off"
)

// ParseDetection returns the Detection with this name. An empty name means ServerDetection.
func ParseDetection(name string) (Detection, error) {
	switch d := Detection(name); d {
	case "":
		return ServerDetection, nil
	case ServerDetection, SemanticDetection, LocalDetection:
		return d, nil
	}
	return "", fmt.Errorf("%q: want server, semantic or off", name)
}

// A Service is a speech-to-speech service. Its methods may be called on any goroutine.
type Service interface {
	// Open begins a session for a conversation. It returns at once; the session connects to the
	// service on a goroutine of its own.
	Open(start Start, events Events) Session

	// Probe opens a connection, sets a session up and closes the connection. It returns how long
	// that took. The error is an *llm.Error, or the cause of ctx.
	Probe(ctx context.Context, start Start) (time.Duration, error)

	// Rates returns the number of samples per second of the user's sound and of the agent's sound.
	// All sound is mono, with signed little-endian samples of 16 bits.
	Rates() (user, agent int)

	// Detection returns who detects the user's speech.
	Detection() Detection

	// IsNear reports whether the service is on this machine or in the local network. It then
	// usually costs no money.
	IsNear() bool

	// String returns the service and the model, such as "openai gpt-realtime", for people.
	String() string
}

// A Start describes a new conversation to a Service.
type Start struct {
	// Start holds the tools, the settings and the log. If FirstMessage is not empty, the agent
	// speaks it; with TextOnly, the client has got it as text already.
	brain.Start

	// TextOnly means that the client wants text only: there is no sound in either direction.
	TextOnly bool
}

// Events is told what happens in a session. The session calls the methods one at a time, on
// goroutines of its own, and may hold a lock meanwhile. So they must neither wait nor call the
// session. An item is something that the agent or the user says; its name is unique in the
// conversation.
type Events interface {
	// AgentSound is called with the next piece of the agent's sound. It may keep the slice.
	AgentSound(item string, sound []byte)
	// AgentText is called with the next piece of the text that the agent speaks or writes.
	AgentText(item, text string)
	// AgentDone is called when no more sound and text follows for the item.
	AgentDone(item string)

	// UserBegan is called when the user has begun to speak. The agent must be silent now.
	UserBegan(item string)
	// UserText is called with the text of what the user has said. It may be called after the agent
	// has begun to answer, but the texts come in the order in which they were said. An empty text
	// means that the text is not known.
	UserText(item, text string)

	// Calls is called with tool calls of the model, at least one. Session.Results must be called
	// with a result for each.
	Calls(calls []llm.Call)

	// ResponseDone is called at the end of each answer of the model. If Calls was called for the
	// answer, another answer follows after Session.Results. err says why there is no answer, or is
	// nil.
	ResponseDone(round llm.Round, err error)

	// Failed is called with the reason when the session has ended by itself. No other method is
	// called after it.
	Failed(err error)
}

// A Session is one conversation with a Service. Its methods may be called on any goroutine, except
// from Events. They do not wait, except for Close.
type Session interface {
	// Sound passes sound of the user to the service. The session does not keep the slice.
	Sound(sound []byte)

	// BeginSpeech must be called when the user begins to speak, and EndSpeech when the user has
	// stopped, if the Detection of the Service is LocalDetection. Otherwise they must not be called.
	BeginSpeech()
	EndSpeech()

	// Say passes a text that the user has written. The agent answers it. If the agent is answering
	// something else, it stops.
	Say(text string)

	// Inform tells the agent something that it may need later. The agent does not answer it.
	Inform(text string)

	// Results passes the results of tool calls to the service, and makes the agent answer. Results
	// for unknown calls are ignored.
	Results(results []Result)

	// Interrupted must be called when the user has interrupted the item of the agent. played is the
	// duration of the item's sound that the user has heard, and heard is the text of that sound.
	Interrupted(item string, played time.Duration, heard string)

	// Close ends the session. When Close returns, all goroutines of the session have ended.
	Close()
}

// A Result is the result of a tool call.
type Result struct {
	CallID  string
	Text    string
	IsError bool // the call failed
}
