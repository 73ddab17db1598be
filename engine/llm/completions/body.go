package completions

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"moonlark/engine/llm"
	"moonlark/engine/llm/exchange"
)

// maxTools is how many tools OpenAI accepts.
const maxTools = 128

// A query is a request to the model, in the form that the server accepts.
type query struct {
	client  *Client
	request *llm.Request
	cool    bool // the temperature is low
	short   bool // the ids of tool calls are short; set by Body
}

// Path implements [exchange.Query].
func (q *query) Path() string { return "/chat/completions" }

// NewReply implements [exchange.Query].
func (q *query) NewReply() exchange.Reply {
	return &accumulator{keepThoughts: q.client.EchoThoughts}
}

// Body implements [exchange.Query]. The body has few fields, because servers refuse those that they
// do not know.
func (q *query) Body(model string, plain bool) map[string]any {
	r := q.request
	q.short = q.client.wantsShortIDs()
	body := map[string]any{"model": model, "messages": messages(r, q.short), "stream": !plain}
	if !plain {
		body["stream_options"] = map[string]any{"include_usage": true}
	}
	if tools := toolsOf(r); len(tools) > 0 {
		body["tools"] = tools
		body["parallel_tool_calls"] = true // llama.cpp allows one call at a time otherwise
	}
	if r.MaxTokens > 0 {
		body["max_tokens"] = r.MaxTokens
	}
	q.client.AddExtra(body, r)
	if q.cool {
		body["temperature"] = 0.1
	}
	return body
}

// OptionalFields implements [exchange.Query].
func (q *query) OptionalFields() []exchange.Field {
	return []exchange.Field{
		{Name: "stream_options"}, {Name: "parallel_tool_calls"}, {Name: "max_tokens"}, {Name: "temperature"},
		{Name: "reasoning_effort", Words: []string{"reasoning"}},
	}
}

// Adapt implements [exchange.Query].
func (q *query) Adapt(failed *exchange.Failure) string {
	if failed.Code == "tool_use_failed" && !q.cool { // Groq: the model has written a wrong call
		q.cool = true
		return "the model has written a wrong tool call, and was asked again"
	}
	text := strings.ToLower(failed.Err.Text)
	if failed.IsRefusal() && !q.short && (strings.Contains(text, "tool call id") || strings.Contains(text, "tool_call_id")) && strings.Contains(text, "9") {
		q.client.short.Store(true)
		return "the server wants short ids"
	}
	return ""
}

// Reduce implements [exchange.Query].
func (q *query) Reduce() string { return "" }

type function struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters"`
}

// toolsOf returns the tools of a request. There are none if the model must not call tools, because
// not every server has the field tool_choice.
func toolsOf(r *llm.Request) []any {
	if r.NoCalls {
		return nil
	}
	var tools []any
	for _, spec := range r.Tools {
		if len(tools) == maxTools {
			break
		}
		tools = append(tools, map[string]any{"type": "function", "function": function{
			spec.Name, llm.Description(spec), llm.Parameters(spec),
		}})
	}
	return tools
}

// messages returns the messages of a request. Messages of the same role that follow each other are
// joined, because some chat templates insist on user and assistant in turn.
func messages(r *llm.Request, shortIDs bool) []map[string]any {
	id := func(id string) string {
		if shortIDs {
			sum := sha256.Sum256([]byte(id))
			return hex.EncodeToString(sum[:])[:9]
		}
		return id
	}
	var all []map[string]any
	if r.System != "" {
		all = append(all, map[string]any{"role": "system", "content": r.System})
	}
	for _, m := range r.Messages {
		if m.Role == llm.ToolResult {
			text := m.Text
			if m.IsError {
				text = "Error: " + text
			}
			all = append(all, map[string]any{"role": "tool", "tool_call_id": id(m.CallID), "content": text})
			continue
		}
		if n := len(all); n > 0 && all[n-1]["role"] == string(m.Role) && all[n-1]["tool_calls"] == nil {
			earlier, _ := all[n-1]["content"].(string)
			if len(m.Calls) == 0 {
				all[n-1]["content"] = earlier + "\n\n" + m.Text
				continue
			}
			all = all[:n-1]
			if m.Text != "" {
				earlier += "\n\n" + m.Text
			}
			m.Text = earlier
		}
		if n := len(all); n > 0 && all[n-1]["role"] == "tool" && m.Role == llm.User {
			// some servers refuse a message of the user directly after a tool
			all = append(all, map[string]any{"role": "assistant", "content": "…"})
		}
		message := map[string]any{"role": string(m.Role), "content": m.Text}
		for name, value := range m.Extra {
			message[name] = value
		}
		if len(m.Calls) > 0 {
			if m.Text == "" {
				message["content"] = nil
			}
			var calls []map[string]any
			for _, call := range m.Calls {
				fields := map[string]any{
					"id": id(call.ID), "type": "function",
					"function": map[string]any{"name": call.Name, "arguments": string(call.Arguments)},
				}
				for name, value := range call.Extra {
					fields[name] = value
				}
				calls = append(calls, fields)
			}
			message["tool_calls"] = calls
		}
		all = append(all, message)
	}
	return all
}
