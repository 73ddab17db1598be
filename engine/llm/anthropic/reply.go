package anthropic

import (
	"encoding/json"
	"slices"
	"strings"

	"moonlark/engine/llm/exchange"
	"moonlark/engine/provider"
)

// A reply puts a reply together from the events of a stream.
type reply struct {
	known    bool // there was an event of the API
	started  bool // there was text, a thought or a call
	parts    []*part
	finished bool   // the server has said that the reply is complete
	stop     string // why the model has stopped; empty if the server does not say
	usage    usage
}

// A part is a block of the reply.
type part struct {
	index  int
	kind   string                     // text, tool_use, thinking, redacted_thinking, ...
	fields map[string]json.RawMessage // JSON fields of the block, by name
	// The texts that later events have added to the JSON fields text, thinking, signature and
	// input.
	text, thinking, signature, input strings.Builder
}

// An event is one event of a stream, or a whole reply.
type event struct {
	Type    string
	Index   *int
	Message *whole
	Block   map[string]json.RawMessage `json:"content_block"`
	Delta   struct {
		Text, Thinking, Signature string
		Input                     json.RawMessage `json:"partial_json"`
		StopReason                string          `json:"stop_reason"`
	}
	Usage usage
	Error json.RawMessage
	whole
}

// A whole has the fields of a whole reply.
type whole struct {
	Content    []map[string]json.RawMessage
	StopReason string `json:"stop_reason"`
	Usage      usage
}

// usage is the number of tokens. A field is nil if the server does not say it.
type usage struct {
	Input         *exchange.Count `json:"input_tokens"`
	CacheCreation *exchange.Count `json:"cache_creation_input_tokens"`
	CacheRead     *exchange.Count `json:"cache_read_input_tokens"`
	Output        *exchange.Count `json:"output_tokens"`
}

// update takes over what the server says now. The numbers of later events are totals.
func (u *usage) update(now usage) {
	for _, field := range []struct{ old, now **exchange.Count }{
		{&u.Input, &now.Input}, {&u.CacheCreation, &now.CacheCreation}, {&u.CacheRead, &now.CacheRead}, {&u.Output, &now.Output},
	} {
		if *field.now != nil {
			*field.old = *field.now
		}
	}
}

// passing are the types of errors in a stream after which the same request may succeed.
var passing = []string{"overloaded_error", "api_error", "rate_limit_error", "timeout_error"}

// Add implements [exchange.Reply].
func (r *reply) Add(data []byte) (text string, err error) {
	var e event
	if err := exchange.Decode(data, &e); err != nil {
		return "", err
	}
	if e.Type == "error" || provider.MessageIn(e.Error) != "" {
		text, code := provider.ParseError(data)
		return "", &exchange.StreamError{Text: text, Code: code, Passing: slices.Contains(passing, code)}
	}
	switch e.Type {
	case "message_start":
		r.known = true
		if e.Message != nil {
			r.usage.update(e.Message.Usage)
		}
	case "content_block_start":
		r.known = true
		text = r.begin(e.Index, e.Block)
	case "content_block_delta":
		r.known = true
		text = r.extend(&e)
	case "content_block_stop":
		r.known = true
	case "message_delta":
		r.known = true
		r.usage.update(e.Usage)
		if e.Delta.StopReason != "" {
			r.stop, r.finished = e.Delta.StopReason, true
		}
	case "message_stop":
		r.known, r.finished = true, true
	case "message": // a whole reply
		r.known, r.finished = true, true
		r.usage.update(e.Usage)
		r.stop = e.StopReason
		for _, fields := range e.Content {
			text += r.begin(nil, fields)
		}
	}
	if len(r.parts) > exchange.MaxParts {
		return "", exchange.ErrTooManyParts
	}
	return text, nil
}

// begin adds a block. It returns the text that the block begins with.
func (r *reply) begin(index *int, fields map[string]json.RawMessage) string {
	p := &part{index: len(r.parts), kind: textIn(fields["type"]), fields: fields}
	if index != nil {
		p.index = *index
	}
	r.parts = append(r.parts, p)
	p.text.WriteString(textIn(fields["text"]))
	p.thinking.WriteString(textIn(fields["thinking"]))
	p.signature.WriteString(textIn(fields["signature"]))
	r.started = r.started || p.kind != "text" || p.text.Len() > 0
	if p.kind != "text" {
		return ""
	}
	return p.text.String()
}

// extend adds an event to its block. It returns the text of the event.
func (r *reply) extend(e *event) string {
	p := r.find(e)
	if p == nil {
		return ""
	}
	d := &e.Delta
	p.thinking.WriteString(d.Thinking)
	p.signature.WriteString(d.Signature)
	if len(d.Input) > 0 && d.Input[0] == '{' { // some servers send the object itself
		p.input.Reset()
		p.input.Write(d.Input)
	} else {
		p.input.WriteString(textIn(d.Input))
	}
	if p.kind != "text" {
		return ""
	}
	p.text.WriteString(d.Text)
	r.started = r.started || d.Text != ""
	return d.Text
}

// find returns the block to which the event belongs, nil if there is none. An event with text that
// belongs to no block begins one.
func (r *reply) find(e *event) *part {
	for _, p := range slices.Backward(r.parts) {
		if e.Index == nil || p.index == *e.Index {
			return p
		}
	}
	if e.Delta.Text == "" {
		return nil
	}
	r.begin(e.Index, map[string]json.RawMessage{"type": json.RawMessage(`"text"`)})
	return r.parts[len(r.parts)-1]
}

// textIn returns the string in a field, or "" if the field is something else.
func textIn(field json.RawMessage) (text string) {
	json.Unmarshal(field, &text)
	return text
}

// Started implements [exchange.Reply].
func (r *reply) Started() bool { return r.started }

// Finished implements [exchange.Reply].
func (r *reply) Finished() bool { return r.finished }
