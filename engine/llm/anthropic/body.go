package anthropic

import (
	"cmp"
	"encoding/json"
	"strings"

	"moonlark/engine/llm"
	"moonlark/engine/llm/exchange"
)

// defaultMaxTokens is the maximum length of a reply, which the API wants to know. No model allows
// less.
const defaultMaxTokens = 4096

// cacheMark asks the server to remember what comes before its end.
var cacheMark = map[string]string{"type": "ephemeral"}

// Body implements [exchange.Query].
func (q *query) Body(model string, plain bool) map[string]any {
	r := q.request
	q.hadCache = !q.client.noCache.Load()
	body := map[string]any{
		"model": model, "max_tokens": cmp.Or(max(r.MaxTokens, 0), defaultMaxTokens),
		"messages": q.messages(), "stream": !plain,
	}
	if strings.TrimSpace(r.System) != "" {
		body["system"] = []block{q.cached(block{"type": "text", "text": r.System})}
	}
	if len(r.Tools) > 0 {
		body["tools"] = q.tools()
		if r.NoCalls { // the tools stay, because messages with calls need them, and for the cache
			body["tool_choice"] = map[string]string{"type": "none"}
		}
	}
	q.client.AddExtra(body, r)
	return body
}

// A block is a part of a message, a tool or a part of the system text.
type block map[string]any

// cached marks the end of what the server should remember for the next requests: the tools and the
// system text are the same in all of them.
func (q *query) cached(b block) block {
	if q.hadCache {
		b["cache_control"] = cacheMark
	}
	return b
}

func (q *query) tools() []block {
	var tools []block
	for _, spec := range q.request.Tools {
		t := block{"name": spec.Name, "input_schema": llm.Parameters(spec)}
		if text := llm.Description(spec); text != "" {
			t["description"] = text
		}
		tools = append(tools, t)
	}
	q.cached(tools[len(tools)-1])
	return tools
}

type message struct {
	Role    llm.Role `json:"role"`
	Content []block  `json:"content"`
}

// messages returns the messages of the request. User and assistant take turns. The results of calls
// are a message of the user, and come before its text.
func (q *query) messages() []message {
	var all []message
	add := func(role llm.Role, blocks ...block) {
		if len(blocks) == 0 {
			return
		}
		if n := len(all); n == 0 || all[n-1].Role != role {
			all = append(all, message{Role: role})
		}
		last := &all[len(all)-1]
		last.Content = append(last.Content, blocks...)
	}
	var ids exchange.IDs
	q.Sent = false
	for _, m := range q.request.Messages {
		switch m.Role {
		case llm.User:
			add(llm.User, textBlocks(m.Text)...)
		case llm.Assistant:
			add(llm.Assistant, q.written(m)...)
			for _, call := range m.Calls {
				add(llm.Assistant, callBlock(call, ids.Call(call.ID)))
			}
		case llm.ToolResult:
			if id, ok := ids.Result(m.CallID); ok {
				add(llm.User, resultBlock(m, id))
			}
		}
	}
	return all
}

// textBlocks returns a block with the text. The API refuses blocks without text.
func textBlocks(text string) []block {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	return []block{{"type": "text", "text": text}}
}

func callBlock(call llm.Call, id string) block {
	b := block{"type": "tool_use", "id": id, "name": exchange.ToolName(call.Name), "input": call.Arguments}
	if len(call.Arguments) == 0 {
		b["input"] = struct{}{}
	}
	return b
}

func resultBlock(m llm.Message, id string) block {
	b := block{"type": "tool_result", "tool_use_id": id}
	text := m.Text
	if m.IsError {
		b["is_error"] = true
		if strings.TrimSpace(text) == "" { // the API wants a text
			text = "The tool has failed."
		}
	}
	if strings.TrimSpace(text) != "" {
		b["content"] = text
	}
	return b
}

// written returns the blocks of a message of the assistant that are not calls. The thoughts must be
// what the server has sent. The text can differ, because the user may not have heard all of it.
func (q *query) written(m llm.Message) []block {
	var parts []json.RawMessage
	json.Unmarshal(m.Extra[extraContent], &parts) // stays empty if the message has no thoughts
	if len(parts) == 0 || !q.AreWanted() {
		return textBlocks(m.Text)
	}
	var blocks []block
	var texts strings.Builder
	for _, part := range parts {
		var b block
		json.Unmarshal(part, &b)
		if text, isText := b["text"].(string); isText {
			texts.WriteString(text)
		}
		blocks = append(blocks, b)
	}
	q.Sent = true
	isSame := strings.TrimSpace(texts.String()) == strings.TrimSpace(m.Text)
	rest := textBlocks(m.Text)
	var written []block
	for _, b := range blocks {
		switch text, isText := b["text"].(string); {
		case !isText:
			written = append(written, b)
		case isSame:
			written = append(written, textBlocks(text)...)
		default: // the new text takes the place of the first
			written = append(written, rest...)
			rest = nil
		}
	}
	if !isSame { // there was no text before
		written = append(written, rest...)
	}
	return written
}
