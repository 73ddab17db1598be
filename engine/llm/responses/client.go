// Package responses talks to language models through the Responses API of OpenAI. Its newest models
// think and call tools at the same time only in this API. Azure, xAI, OpenRouter, Groq, Ollama, LM
// Studio and vLLM have it too.
//
// The server keeps nothing of the conversation: each request has all of it, and the thoughts of the
// model travel with it in encrypted form.
package responses

import (
	"context"
	"strings"
	"sync/atomic"

	"moonlark/engine/llm"
	"moonlark/engine/llm/exchange"
	"moonlark/engine/provider"
)

// A Client is a model on a server with the Responses API. The exported fields must not be changed
// after the first call of a method. Any goroutine may call the methods.
type Client struct {
	exchange.Client

	noThoughts atomic.Bool // the server has refused the thoughts that it has sent
}

var _ llm.Model = (*Client)(nil)

// New returns a client for the server. It does not connect to the server.
func New(endpoint provider.Endpoint) *Client {
	return &Client{Client: exchange.Client{Endpoint: endpoint}}
}

// Stream implements [llm.Model].
func (c *Client) Stream(ctx context.Context, r llm.Request, say func(string)) (llm.Reply, error) {
	return c.Client.Stream(ctx, &r, &query{client: c, request: &r, Thoughts: exchange.Thoughts{Refused: &c.noThoughts}}, say)
}

// A query is a request to the model, in the form that the server accepts.
type query struct {
	client  *Client
	request *llm.Request
	exchange.Thoughts
}

// Path implements [exchange.Query].
func (q *query) Path() string { return "/responses" }

// NewReply implements [exchange.Query].
func (q *query) NewReply() exchange.Reply { return new(reply) }

// OptionalFields implements [exchange.Query].
func (q *query) OptionalFields() []exchange.Field {
	return []exchange.Field{
		{Name: "include", Words: []string{"encrypted_content", "encrypted content"}},
		{Name: "parallel_tool_calls"}, {Name: "max_output_tokens"}, {Name: "temperature"},
		{Name: "reasoning"},
	}
}

// Adapt implements [exchange.Query].
func (q *query) Adapt(failed *exchange.Failure) string {
	text := strings.ToLower(failed.Err.Text)
	isThought := failed.Code == "invalid_encrypted_content" || strings.Contains(text, "could not be verified") ||
		strings.Contains(text, "reasoning") && (strings.Contains(text, "item") || strings.Contains(text, "input"))
	if q.Sent && isThought && (failed.IsRefusal() || failed.Err.Status == 404) {
		return q.Refuse()
	}
	return ""
}
