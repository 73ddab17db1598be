package responses

import (
	"encoding/json"
	"strings"

	"moonlark/engine/llm"
	"moonlark/engine/llm/exchange"
)

const (
	// maxTools is how many tools OpenAI accepts.
	maxTools = 128
	// minTokens is the smallest limit for the length of a reply that OpenAI accepts.
	minTokens = 16
)

// Body implements [exchange.Query].
func (q *query) Body(model string, plain bool) map[string]any {
	r := q.request
	body := map[string]any{
		"model": model, "input": q.input(), "stream": !plain,
		"store": false, "include": []string{"reasoning.encrypted_content"},
	}
	if r.System != "" {
		body["instructions"] = r.System
	}
	if tools := toolsOf(r); len(tools) > 0 {
		body["tools"] = tools
		body["parallel_tool_calls"] = true
	}
	if r.MaxTokens > 0 {
		body["max_output_tokens"] = max(r.MaxTokens, minTokens)
	}
	q.client.AddExtra(body, r)
	return body
}

// A function is a tool in the form of the API.
type function struct {
	Type        string          `json:"type"`
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters"`
	Strict      bool            `json:"strict"` // the default of the API is true, which few schemas fulfil
}

// toolsOf returns the tools of a request. There are none if the model must not call tools, because
// not every server has the field tool_choice.
func toolsOf(r *llm.Request) []function {
	if r.NoCalls {
		return nil
	}
	var tools []function
	for _, spec := range r.Tools[:min(len(r.Tools), maxTools)] {
		tools = append(tools, function{"function", spec.Name, llm.Description(spec), llm.Parameters(spec), false})
	}
	return tools
}

// An item is a part of the conversation.
type item map[string]any

// input returns the conversation. Messages of the same role that follow each other are joined,
// because some chat templates insist on user and assistant in turn.
func (q *query) input() []item {
	var all []item
	say := func(role llm.Role, text string) {
		if strings.TrimSpace(text) == "" {
			return
		}
		if n := len(all); n > 0 && all[n-1]["role"] == role {
			all[n-1]["content"] = all[n-1]["content"].(string) + "\n\n" + text
			return
		}
		all = append(all, item{"role": role, "content": text})
	}
	var ids exchange.IDs
	q.Sent = false
	for _, m := range q.request.Messages {
		switch m.Role {
		case llm.User, llm.Assistant:
			say(m.Role, m.Text)
			for _, call := range m.Calls {
				all = append(all, q.thoughts(call)...)
				arguments := string(call.Arguments)
				if arguments == "" {
					arguments = "{}"
				}
				all = append(all, item{"type": "function_call", "call_id": ids.Call(call.ID), "name": exchange.ToolName(call.Name), "arguments": arguments})
			}
		case llm.ToolResult:
			if id, ok := ids.Result(m.CallID); ok {
				text := m.Text
				if m.IsError {
					text = "Error: " + text
				}
				all = append(all, item{"type": "function_call_output", "call_id": id, "output": text})
			}
		}
	}
	return all
}

// thoughts returns the items with the thoughts that the server has sent before the call.
func (q *query) thoughts(call llm.Call) []item {
	if !q.AreWanted() {
		return nil
	}
	var items []item
	json.Unmarshal(call.Extra[extraReasoning], &items) // stays empty if there were no thoughts
	q.Sent = q.Sent || len(items) > 0
	return items
}
