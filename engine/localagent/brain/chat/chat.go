// Package chat contains a brain for the embedded agent that asks a language model.
//
// Each message of the user begins an exchange. It consists of rounds: the model answers with text
// or with tool calls, and after the results of the calls it is asked again. A new message of the
// user stops the request of an earlier exchange, but not its tools: the model gets their results
// after the newest exchange has ended.
//
// The server calls the methods of a conversation on its own goroutine. Each request to the model
// has a goroutine of its own, of which at most one runs at a time; the mutex of the conversation
// guards everything that both use.
package chat

import (
	"maps"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/llm"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/tool"
)

// A Brain is a [brain.Brain] that asks a language model. When the model cannot answer, the brain
// still understands the phrases of the tools: see [phrases.Calls].
type Brain struct {
	Model llm.Model // must be set
	// PhrasesFirst makes the brain call tools without the model if what the user says is without
	// doubt a phrase of them.
	PhrasesFirst bool
	// Now returns the time that the model is told. Nil means time.Now.
	Now func() time.Time
}

// Greeting implements [brain.Brain]. It is a fixed text, because a request would delay it.
func (*Brain) Greeting([]*tool.Spec) string { return brain.ModelGreeting }

// protected are the fields of all APIs that the settings of a conversation must not replace,
// because any client of serve can send them: the conversation, the tools, and what would cost more
// money.
var protected = []string{
	"model", "messages", "tools", "stream", "n", // Chat Completions
	"instructions", "input", "store", "previous_response_id", "conversation", "prompt", "background", // Responses
	"system", "mcp_servers", "container", // Messages
}

// wantedModel returns the model and the additional fields of the body that the settings of a
// conversation ask for.
func wantedModel(settings *convai.ConversationInitiationClientData) (model string, extra map[string]any) {
	if settings == nil {
		return "", nil
	}
	if o := settings.Override; o != nil && o.Agent != nil && o.Agent.Prompt != nil {
		model = o.Agent.Prompt.LLM
	}
	extra = maps.Clone(settings.CustomLLMExtraBody)
	for _, name := range protected {
		delete(extra, name)
	}
	return model, extra
}
