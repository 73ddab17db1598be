// Package completions talks to language models through the Chat Completions API of OpenAI, which
// nearly every server has: Ollama, llama.cpp, vLLM, LM Studio, OpenRouter, Groq, Mistral, Gemini
// and others.
package completions

import (
	"context"
	"sync/atomic"

	"moonlark/engine/llm"
	"moonlark/engine/llm/exchange"
	"moonlark/engine/provider"
)

// A Client is a model on a server with the Chat Completions API. The exported fields must not be
// changed after the first call of a method. Any goroutine may call the methods.
type Client struct {
	exchange.Client
	// ShortIDs says that the server accepts only ids of nine letters and digits for tool calls.
	ShortIDs bool
	// EchoThoughts says that the server needs the thoughts of the model back.
	EchoThoughts bool

	short atomic.Bool // the server wants short ids, as an error said
}

var _ llm.Model = (*Client)(nil)

// New returns a client for the server. It does not connect to the server.
func New(endpoint provider.Endpoint) *Client {
	return &Client{Client: exchange.Client{Endpoint: endpoint}}
}

// Stream implements [llm.Model].
func (c *Client) Stream(ctx context.Context, r llm.Request, say func(string)) (llm.Reply, error) {
	return c.Client.Stream(ctx, &r, &query{client: c, request: &r}, say)
}

// wantsShortIDs reports whether the server accepts only short ids for tool calls.
func (c *Client) wantsShortIDs() bool { return c.ShortIDs || c.short.Load() }
