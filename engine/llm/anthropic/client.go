// Package anthropic talks to language models through the Messages API of Anthropic. Ollama, LM
// Studio, llama.cpp and vLLM have it too.
package anthropic

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"

	"moonlark/engine/llm"
	"moonlark/engine/llm/exchange"
	"moonlark/engine/provider"
)

// version is the version of the API. Each request must name it. Other servers than Anthropic's know
// only this one. Version 2026-10-21 has the same form, but refuses temperature, top_p and top_k, which
// --llm-extra may add.
const version = "2023-06-01"

// A Client is a model on a server with the Messages API. The exported fields must not be changed
// after the first call of a method. Any goroutine may call the methods.
type Client struct {
	exchange.Client

	noThoughts atomic.Bool // the server has refused the thoughts that it has sent
	noCache    atomic.Bool // the server does not know cache_control
}

var _ llm.Model = (*Client)(nil)

// New returns a client for the server. It does not connect to the server.
func New(endpoint provider.Endpoint) *Client {
	header := endpoint.Header.Clone()
	if header == nil {
		header = make(http.Header)
	}
	header.Set("Anthropic-Version", version)
	endpoint.Header = header
	if kind := endpoint.Kind(); kind == "" || kind == "anthropic" { // the others have the header of OpenAI
		endpoint.KeyHeader = "X-Api-Key"
	}
	return &Client{Client: exchange.Client{Endpoint: endpoint, ListPath: "/models?limit=1000"}}
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
	// hadCache means that the body of the last attempt had marks for the cache. Another request may
	// have found out since then that the server refuses them.
	hadCache bool
}

// Path implements [exchange.Query].
func (q *query) Path() string { return "/messages" }

// NewReply implements [exchange.Query].
func (q *query) NewReply() exchange.Reply { return new(reply) }

// OptionalFields implements [exchange.Query].
func (q *query) OptionalFields() []exchange.Field {
	return []exchange.Field{
		{Name: "temperature"}, {Name: "top_p"}, {Name: "top_k"}, {Name: "thinking"}, {Name: "output_config"},
		{Name: "tool_choice"},
	}
}

// Adapt implements [exchange.Query].
func (q *query) Adapt(failed *exchange.Failure) string {
	if !failed.IsRefusal() {
		return ""
	}
	text := strings.ToLower(failed.Err.Text)
	isThought := strings.Contains(text, "signature") || strings.Contains(text, "cannot be modified")
	switch {
	case q.Sent && isThought && strings.Contains(text, "thinking"):
		return q.Refuse()
	case q.hadCache && strings.Contains(text, "cache_control"):
		q.client.noCache.Store(true)
		return "the server does not know cache_control, which is left out from now on"
	}
	return ""
}
