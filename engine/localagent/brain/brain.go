// Package brain defines the interface between the server of the embedded agent and its brain.
//
// The server (package localagent) manages the WebSocket, recognises what the user says, runs the
// tools that the brain calls, and sends what the brain says as text or as sound. The brain decides
// what to say, which tools to call and when to hang up. Package phrases contains a brain that needs
// no language model.
package brain

import (
	"encoding/json"
	"log/slog"

	"moonlark/engine/convai"
	"moonlark/engine/llm"
	"moonlark/engine/tool"
)

// A Brain decides what an agent says and does, in any number of conversations. Its methods may be
// called on any goroutine.
type Brain interface {
	// Greeting returns the text with which the agent opens a conversation. The server calls it when
	// the settings of the agent contain no first message.
	Greeting(tools []*tool.Spec) string

	// Open creates the brain's part of a new conversation.
	Open(start Start) Conversation
}

// Start describes a new conversation to a Brain.
type Start struct {
	// Tools returns the tools that the agent may call now. The list may change from turn to turn,
	// because scripts are reloaded. Tools may be called on any goroutine.
	Tools func() []*tool.Spec

	// FirstMessage is the text with which the agent opens the conversation. It is empty if the
	// agent waits for the user to speak first.
	FirstMessage string

	// Settings is the message with which the client opened the conversation. It can override the
	// prompt, the language, the model and other settings of the agent.
	Settings *convai.ConversationInitiationClientData

	// Report is called after each request to a language model. It must not block. Nil means that
	// nobody wants to know.
	Report func(llm.Round)

	// Asking is called before each request to a language model. round is the number of the request in its
	// turn. Asking must neither block nor change the request. Nil means that nobody wants to know.
	Asking func(round int, r llm.Request)

	// Log gets what the brain has to say about the conversation. Nil means no log.
	Log *slog.Logger
}

// A Conversation is the brain's part of one conversation. The server calls its methods on one
// goroutine, one at a time, and they must return at once. A brain that has to wait, for example for
// a language model, waits on a goroutine of its own and then calls the methods of the Turn.
type Conversation interface {
	// Hear begins a turn: the user said text. Earlier turns may not have ended yet, and their tools
	// may still be running. A brain that is still making the answer to an earlier turn should stop,
	// because the user has moved on.
	Hear(turn Turn, text string)

	// Inform tells the brain something that it may need in later turns. Nobody expects an answer.
	Inform(text string)

	// Results continues a turn with the results of the tool calls that the brain made last in this
	// turn, in the order of the calls.
	Results(turn Turn, results []Result)

	// Interrupted reports that the user interrupted the agent while it was saying text. heard is
	// the part of the text that the user heard. turn is the turn in which the brain said the text,
	// or nil for the first message of the conversation. If the brain is still adding to the text,
	// it should stop, because the server drops the rest.
	Interrupted(turn Turn, text, heard string)

	// Close ends the conversation. When Close returns, no goroutine of the brain works for this
	// conversation any more.
	Close()
}

// A Turn is one message of the user that a brain has to answer. Its methods may be called on any
// goroutine and never wait. They do nothing after End or after the end of the conversation.
type Turn interface {
	// Say adds text to the answer. A brain may pass its answer in pieces. If the agent writes, it
	// sends each piece at once. If it speaks, it speaks each sentence as soon as the sentence is
	// complete. The next Call or End completes the answer. Text that is said after a Call is a new
	// answer.
	Say(text string)

	// Call runs tools, all of them at the same time. When every call has a result or has timed out,
	// the server calls Results. Until then, a brain must not call more tools in this turn. If calls
	// is empty, Call only completes the answer.
	Call(calls ...Call)

	// HangUp ends the conversation after the answer of this turn has been said.
	HangUp()

	// End ends the turn. A non-nil error says why there is no complete answer. The server logs this
	// error and sends it to the client.
	End(err error)
}

// A Call is a request to run a tool.
type Call struct {
	Tool      *tool.Spec
	Arguments json.RawMessage // an object that the tool's schema accepts
}

// A Result is the outcome of one Call.
type Result struct {
	Text    string // what the tool returned, or an error message
	IsError bool   // the tool failed, the user rejected the call, or there was no result in time
}
