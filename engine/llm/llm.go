// Package llm defines how the embedded agent uses a language model, whichever API serves it. Each
// API has a package below this one, which implements [Model]; package choice makes the Model that
// the user has chosen.
package llm

import (
	"context"
	"encoding/json"
	"time"

	"moonlark/engine/tool"
)

// A Model is a language model on a server. Its methods may be called from any goroutine. They
// return when ctx ends, with its cause, and then close the connection, so that the server stops
// working.
type Model interface {
	// Stream sends the request and returns the reply when it is complete. It calls say with each
	// piece of the reply's text as it arrives. Text that must not be spoken, such as the thoughts
	// of the model, is left out. Stream repeats a request that failed for a passing reason, as long
	// as it has not called say. Its errors are *Error, or the cause of ctx.
	Stream(ctx context.Context, r Request, say func(text string)) (Reply, error)

	// List returns the names of the models on the server. Its errors are *Error, or the cause of
	// ctx.
	List(ctx context.Context) ([]string, error)

	// Name returns the name of the model that the user has chosen, or "" if the server has only
	// one.
	Name() string

	// String returns the server and the model, such as "ollama qwen3", for people.
	String() string

	// IsNear reports whether the server is on this machine or in the local network. Moonlark sends
	// it requests that only prepare it, because they usually cost no money there.
	IsNear() bool
}

// A Request is what a Model answers.
type Request struct {
	// Model is the name of the model. Empty means the model that the user has chosen.
	Model string
	// System is the system text: who the model is, and what it should do. It should not change
	// during a conversation, so that the server's prompt cache stays valid.
	System   string
	Messages []Message
	Tools    []*tool.Spec // the tools that the model may call, in a fixed order
	NoCalls  bool         // the model must not call tools
	// MaxTokens limits the length of the reply. Zero means the limit of the server.
	MaxTokens int
	// Extra has fields to add to the body of the request. A field with the value nil is removed
	// from the body.
	Extra map[string]any
	// WaitForModel makes Stream wait for minutes, not for seconds, while the server starts or loads
	// the model.
	WaitForModel bool
}

// A Role says whom a Message is from.
type Role string

const (
	User       Role = "user"
	Assistant  Role = "assistant"
	ToolResult Role = "tool"
)

// A Message is a part of the conversation.
type Message struct {
	Role Role
	Text string

	Calls []Call // of an Assistant
	// Extra has the fields that the API sent with an Assistant's message and needs back.
	Extra map[string]json.RawMessage

	CallID  string // of a ToolResult: the ID of the Call
	IsError bool   // of a ToolResult: the call failed
}

// A Call is the model's request to run a tool.
type Call struct {
	ID   string
	Name string
	// Arguments is a JSON object. If the model has sent something else, Arguments is {} and Problem
	// says what is wrong, for the model.
	Arguments json.RawMessage
	Problem   string
	// Extra has the fields that the API sent with the call and needs back.
	Extra map[string]json.RawMessage
}

// A Reply is what the model answered.
type Reply struct {
	Text  string // all that say was called with
	Calls []Call
	Extra map[string]json.RawMessage // see Message.Extra

	// Cut says why the server ended the reply early: "length", "content_filter", or "" if it did
	// not.
	Cut string
	// Warning is a sentence for the log about a mistake of the server or of its settings, or "".
	Warning string
	Usage   Usage
}

// Usage is what a reply has cost.
type Usage struct {
	InputTokens  int           // 0 if the server does not say
	OutputTokens int           // 0 if the server does not say
	FirstToken   time.Duration // time from sending the request to the first piece of the reply
	Duration     time.Duration // time from sending the request to the end of the reply
	Attempts     int           // number of requests, at least 1
}
