package completions

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"strings"

	"moonlark/engine/llm"
	"moonlark/engine/llm/exchange"
	"moonlark/engine/provider"
)

// An accumulator puts a reply together from the chunks of a stream. Servers differ in how they cut
// a tool call into pieces, and in what they leave out; the accumulator accepts all known ways.
type accumulator struct {
	keepThoughts bool // the server needs the model's thoughts back

	chunks   int // number of chunks
	calls    []*partialCall
	thoughts strings.Builder
	started  bool // there was text, a thought or a call; some servers send an empty chunk before
	finish   string
	usage    usage
}

// extra returns the fields of the message that the server needs back.
func (a *accumulator) extra() map[string]json.RawMessage {
	if a.thoughts.Len() == 0 {
		return nil
	}
	text, _ := json.Marshal(a.thoughts.String())
	return map[string]json.RawMessage{"reasoning_content": text}
}

// A partialCall is a tool call of which more pieces may arrive.
type partialCall struct {
	index     int // -1 if the server does not say
	id, name  string
	arguments string
	extra     map[string]json.RawMessage
}

// A chunk is one event of a stream, or a whole reply. Fields whose types differ between servers are
// raw JSON.
type chunk struct {
	Choices []choice        `json:"choices"`
	Usage   *usage          `json:"usage"`
	Error   json.RawMessage `json:"error"`
}

type choice struct {
	Delta   *delta  `json:"delta"`
	Message *delta  `json:"message"` // in a reply that is not a stream
	Finish  *string `json:"finish_reason"`
}

type delta struct {
	Content      json.RawMessage   `json:"content"`
	Refusal      json.RawMessage   `json:"refusal"`
	Reasoning    json.RawMessage   `json:"reasoning_content"`
	ReasoningToo json.RawMessage   `json:"reasoning"` // the same at Ollama and OpenRouter
	ToolCalls    []json.RawMessage `json:"tool_calls"`
}

type usage struct {
	Prompt     exchange.Count `json:"prompt_tokens"`
	Completion exchange.Count `json:"completion_tokens"`
}

// Add implements [exchange.Reply].
func (a *accumulator) Add(data []byte) (text string, err error) {
	var c chunk
	if err := json.Unmarshal(data, &c); err != nil {
		return "", err
	}
	if text := provider.MessageIn(c.Error); text != "" {
		return "", &exchange.StreamError{Text: text}
	}
	return a.add(&c), nil
}

// Started implements [exchange.Reply].
func (a *accumulator) Started() bool { return a.started }

// Finished implements [exchange.Reply].
func (a *accumulator) Finished() bool { return a.finish != "" }

// Result implements [exchange.Reply].
func (a *accumulator) Result(done bool) (llm.Reply, error) {
	switch {
	case a.chunks == 0:
		return llm.Reply{}, exchange.ErrNoReply
	case a.isCut(done):
		return llm.Reply{}, exchange.ErrCut
	}
	reply := llm.Reply{Calls: a.finished()}
	reply.Usage.InputTokens, reply.Usage.OutputTokens = int(a.usage.Prompt), int(a.usage.Completion)
	if len(reply.Calls) > 0 {
		reply.Extra = a.extra()
	}
	if a.finish == "length" || a.finish == "content_filter" {
		reply.Cut = a.finish
	}
	return reply, nil
}

// add adds the chunk to the reply. It returns the text of the chunk.
func (a *accumulator) add(c *chunk) (text string) {
	a.chunks++
	if c.Usage != nil {
		a.usage = *c.Usage
	}
	if len(c.Choices) == 0 {
		return ""
	}
	ch := c.Choices[0]
	if ch.Finish != nil && *ch.Finish != "" {
		a.finish = *ch.Finish
	}
	d := ch.Delta
	if d == nil {
		d = ch.Message
	}
	if d == nil {
		return ""
	}
	thought := textOf(d.Reasoning)
	if a.keepThoughts {
		a.thoughts.WriteString(thought)
	}
	for position, piece := range d.ToolCalls {
		a.addCall(piece, position)
	}
	text = textOf(d.Content) + textOf(d.Refusal)
	a.started = a.started || text+thought+textOf(d.ReasoningToo) != "" || len(a.calls) > 0
	return text
}

// textOf returns the text of a field content: a string, or a list of parts of which some are texts.
func textOf(content json.RawMessage) string {
	var text string
	if len(content) == 0 || json.Unmarshal(content, &text) == nil {
		return text
	}
	var parts []struct{ Type, Text string }
	if json.Unmarshal(content, &parts) != nil {
		return ""
	}
	for _, p := range parts {
		if p.Type == "text" {
			text += p.Text
		}
	}
	return text
}

// addCall adds a piece of a tool call. position is the position of the piece in its chunk.
func (a *accumulator) addCall(piece json.RawMessage, position int) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(piece, &fields) != nil {
		return
	}
	var id string
	var function struct {
		Name      json.RawMessage `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	}
	json.Unmarshal(fields["id"], &id)
	json.Unmarshal(fields["function"], &function)
	name := textOf(function.Name)
	call := a.find(id, indexOf(fields["index"]), name, position)
	if id != "" {
		call.id = id
	}
	if name != "" && name != call.name {
		call.name += name
	}
	var text string
	switch arguments := bytes.TrimSpace(function.Arguments); {
	case len(arguments) == 0 || string(arguments) == "null":
	case json.Unmarshal(arguments, &text) == nil:
		call.arguments += text
	default: // an object
		call.arguments = string(arguments)
	}
	for _, key := range []string{"id", "index", "type", "function"} {
		delete(fields, key)
	}
	if len(fields) > 0 {
		if call.extra == nil {
			call.extra = make(map[string]json.RawMessage)
		}
		maps.Copy(call.extra, fields)
	}
}

// indexOf returns the number in the field index, or -1 if there is none.
func indexOf(field json.RawMessage) int {
	var x *float64
	if json.Unmarshal(field, &x) != nil || x == nil || *x < 0 || *x > math.MaxInt32 {
		return -1
	}
	return int(*x)
}

// find returns the call to which a piece belongs. If the piece begins a call, find adds the call.
// The id decides, then the index. Some servers send neither, and some send the index 0 with each
// call.
func (a *accumulator) find(id string, index int, name string, position int) *partialCall {
	if id != "" {
		for _, c := range a.calls {
			if c.id == id {
				return c
			}
		}
	}
	var last *partialCall
	if n := len(a.calls); n > 0 {
		last = a.calls[n-1]
	}
	if index >= 0 {
		for i := len(a.calls) - 1; i >= 0; i-- {
			if c := a.calls[i]; c.index == index {
				if id == "" || c.id == "" {
					return c
				}
				break // a new id at the index of another call begins a new call
			}
		}
		return a.begin(index)
	}
	switch {
	case last == nil, id != "":
		return a.begin(-1)
	case name != "" && json.Valid([]byte(last.arguments)):
		return a.begin(-1)
	case name != "" && name != last.name && last.arguments == "" && position > 0:
		return a.begin(-1)
	}
	return last
}

func (a *accumulator) begin(index int) *partialCall {
	c := &partialCall{index: index}
	a.calls = append(a.calls, c)
	return c
}

// finished returns the calls of the reply. Calls without a name are left out.
func (a *accumulator) finished() []llm.Call {
	var calls []llm.Call
	for i, c := range a.calls {
		name := exchange.WithoutTokens(c.name)
		if name == "" {
			continue
		}
		call := llm.Call{ID: c.id, Name: name, Extra: c.extra}
		if call.ID == "" {
			call.ID = fmt.Sprintf("call_%d", i)
		}
		call.Arguments, call.Problem = exchange.Repair(c.arguments)
		calls = append(calls, call)
	}
	return calls
}

// isCut reports whether the reply has ended in the middle of a call, which must not be run. done
// says that the server has ended the stream as it should.
func (a *accumulator) isCut(done bool) bool {
	if a.finish != "" && a.finish != "length" && a.finish != "content_filter" {
		return false
	}
	for _, c := range a.calls {
		text := exchange.WithoutTokens(c.arguments)
		if text == "" && (!done || a.finish != "") || text != "" && !json.Valid([]byte(text)) {
			return true
		}
	}
	return false
}
