package llmtest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Completions is the Chat Completions API of OpenAI.
var Completions = &API{
	Name: "completions", Check: checkCompletions, Events: Events, Text: Text, Tool: Tool, Streams: Streams,
	path: "/chat/completions",
	results: func(b Body) (texts []string) {
		for _, m := range b.Messages() {
			if m.Role == "tool" {
				texts = append(texts, *m.Content)
			}
		}
		return texts
	},
}

// A Message is a message in the body of a request.
type Message struct {
	Role       string
	Content    *string
	ToolCalls  []Call `json:"tool_calls"`
	ToolCallID string `json:"tool_call_id"`
}

// A Call is a tool call in a message.
type Call struct {
	ID       string
	Type     string
	Function struct{ Name, Arguments string }
}

// checkCompletions returns an error if a strict server would refuse the body: each tool call must
// have exactly one result, directly behind it; the arguments of calls must be JSON objects; the
// system text must be the first message; user and assistant must take turns, and a tool is followed
// by the assistant.
func checkCompletions(b Body) error {
	var messages []Message
	if err := json.Unmarshal(b.Fields["messages"], &messages); err != nil {
		return err
	}
	open := map[string]bool{}
	last := ""
	for i, m := range messages {
		if len(open) > 0 && m.Role != "tool" {
			return fmt.Errorf("message %d: calls without a result: %v", i, open)
		}
		switch m.Role {
		case "system":
			if i != 0 {
				return fmt.Errorf("message %d: a system text after other messages", i)
			}
		case "user", "assistant":
			if m.Role == last {
				return fmt.Errorf("message %d: two messages of the %s", i, m.Role)
			}
			if last == "tool" && m.Role == "user" {
				return fmt.Errorf("message %d: the user directly after a tool", i)
			}
			if last == "" && m.Role == "assistant" {
				return fmt.Errorf("message %d: the assistant begins", i)
			}
			if len(m.ToolCalls) == 0 && (m.Content == nil || strings.TrimSpace(*m.Content) == "") {
				return fmt.Errorf("message %d: an empty message of the %s", i, m.Role)
			}
			last = m.Role
			for _, call := range m.ToolCalls {
				var arguments map[string]any
				if err := json.Unmarshal([]byte(call.Function.Arguments), &arguments); err != nil || arguments == nil {
					return fmt.Errorf("message %d: arguments %q", i, call.Function.Arguments)
				}
				if call.ID == "" || open[call.ID] {
					return fmt.Errorf("message %d: call id %q", i, call.ID)
				}
				open[call.ID] = true
			}
		case "tool":
			if !open[m.ToolCallID] {
				return fmt.Errorf("message %d: the result of an unknown call %q", i, m.ToolCallID)
			}
			delete(open, m.ToolCallID)
			if last == "assistant" && len(open) == 0 {
				last = "tool"
			}
		default:
			return fmt.Errorf("message %d: role %q", i, m.Role)
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("calls without a result at the end: %v", open)
	}
	if tools, ok := b.Fields["tools"]; ok && string(tools) == "[]" {
		return fmt.Errorf("an empty list of tools")
	}
	return nil
}

// Events replies with a stream of these events of the Chat Completions API.
func Events(events ...string) Reply {
	var parts []string
	for _, e := range events {
		parts = append(parts, fmt.Sprintf("data: %s\n\n", e))
	}
	return raw(append(parts, "data: [DONE]\n\n")...)
}

// chunk returns an event of the Chat Completions API as its documentation has it. finish may be empty.
func chunk(delta, finish string) string {
	reason := "null"
	if finish != "" {
		reason = quote(finish)
	}
	return fmt.Sprintf(`{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"tiny","choices":[{"index":0,"delta":%s,"finish_reason":%s}]}`, delta, reason)
}

// Text replies with a text, in pieces, by the Chat Completions API.
func Text(pieces ...string) Reply {
	events := []string{chunk(`{"role":"assistant","content":""}`, "")}
	for _, p := range pieces {
		events = append(events, chunk(`{"content":`+quote(p)+`}`, ""))
	}
	return Events(append(events, chunk(`{}`, "stop"))...)
}

// Tool replies with tool calls by the Chat Completions API. Each is a name and arguments, such as
// `light {"on":true}`.
func Tool(calls ...string) Reply {
	var list []map[string]any
	for i, call := range withIDs(calls) {
		id, name, arguments := cutCall(call)
		list = append(list, map[string]any{
			"index": i, "id": id, "type": "function", "function": map[string]string{"name": name, "arguments": arguments},
		})
	}
	text, _ := json.Marshal(list)
	return Events(chunk(fmt.Sprintf(`{"role":"assistant","content":null,"tool_calls":%s}`, text), ""), chunk(`{}`, "tool_calls"))
}
