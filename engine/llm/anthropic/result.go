package anthropic

import (
	"encoding/json"
	"fmt"

	"moonlark/engine/llm"
	"moonlark/engine/llm/exchange"
)

// extraContent is the key in llm.Message.Extra for the blocks of a message that are not calls. They
// are stored only if some of them are thoughts, which later requests must contain unchanged.
const extraContent = "content"

// Result implements [exchange.Reply].
func (r *reply) Result(bool) (llm.Reply, error) {
	var result llm.Reply
	if !r.known {
		return result, exchange.ErrNoReply
	}
	isFull := r.stop == "max_tokens" || r.stop == "model_context_window_exceeded"
	hasText := false
	for i, p := range r.parts {
		hasText = hasText || p.kind == "text" && p.text.Len() > 0
		if p.kind != "tool_use" {
			continue
		}
		arguments := p.arguments()
		text := exchange.WithoutTokens(arguments)
		if !r.finished || isFull && (text == "" || !json.Valid([]byte(text))) {
			return result, exchange.ErrCut
		}
		if call, ok := p.call(i, arguments); ok {
			result.Calls = append(result.Calls, call)
		}
	}
	if !r.finished {
		return result, exchange.ErrIncomplete
	}
	switch r.stop {
	case "model_context_window_exceeded":
		if !hasText && len(result.Calls) == 0 {
			return result, &exchange.StreamError{Text: "the conversation is longer than the model can read", Code: r.stop}
		}
		result.Cut = "length"
	case "max_tokens":
		result.Cut = "length"
	case "refusal": // what the model has written before does not count
		result.Cut, result.Calls = "content_filter", nil
	case "pause_turn":
		result.Warning = "the server has paused a tool of its own, which Moonlark cannot continue: do not add such tools with --llm-extra"
	}
	if len(result.Calls) > 0 {
		result.Extra = r.extra()
	}
	result.Usage.InputTokens = sum(r.usage.Input, r.usage.CacheCreation, r.usage.CacheRead)
	result.Usage.OutputTokens = sum(r.usage.Output)
	return result, nil
}

// arguments returns the arguments of a call: the pieces, or the object in the block if there were no
// pieces.
func (p *part) arguments() string {
	if p.input.Len() > 0 {
		return p.input.String()
	}
	if input := string(p.fields["input"]); input != "{}" {
		return input
	}
	return ""
}

// call returns the call in the part with this position. It returns false if the call has no name.
func (p *part) call(position int, arguments string) (llm.Call, bool) {
	call := llm.Call{ID: textIn(p.fields["id"]), Name: exchange.WithoutTokens(textIn(p.fields["name"]))}
	if call.ID == "" {
		call.ID = fmt.Sprintf("call_%d", position)
	}
	call.Arguments, call.Problem = exchange.Repair(arguments)
	return call, call.Name != ""
}

// extra returns the blocks that are not calls, if there are thoughts among them. Thoughts without a
// signature are left out, because the API refuses them.
func (r *reply) extra() map[string]json.RawMessage {
	var blocks []map[string]any
	hasThoughts := false
	for _, p := range r.parts {
		switch {
		case p.kind == "text":
			blocks = append(blocks, map[string]any{"type": p.kind, "text": p.text.String()})
		case p.kind == "thinking" && p.signature.Len() > 0:
			hasThoughts = true
			blocks = append(blocks, map[string]any{"type": p.kind, "thinking": p.thinking.String(), "signature": p.signature.String()})
		case p.kind == "redacted_thinking":
			hasThoughts = true
			blocks = append(blocks, map[string]any{"type": p.kind, "data": p.fields["data"]})
		}
	}
	if !hasThoughts {
		return nil
	}
	content, err := json.Marshal(blocks)
	if err != nil { // the data of a block was not JSON, so this cannot happen
		return nil
	}
	return map[string]json.RawMessage{extraContent: content}
}

// sum returns the sum of the counts that are known.
func sum(counts ...*exchange.Count) (total int) {
	for _, c := range counts {
		if c != nil {
			total += int(*c)
		}
	}
	return total
}
