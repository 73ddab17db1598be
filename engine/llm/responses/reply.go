package responses

import (
	"encoding/json"
	"slices"
	"strings"

	"moonlark/engine/llm"
	"moonlark/engine/llm/exchange"
	"moonlark/engine/provider"
)

// A reply puts a reply together from the events of a stream.
type reply struct {
	known   bool // there was an event of the API
	started bool // there was text, a thought or a call
	parts   []*part
	status  string // of the whole reply: completed or incomplete; empty before the end of the reply
	reason  string // why the reply is incomplete
	usage   usage
}

// An event is one event of a stream, or a whole reply.
type event struct {
	Type         string
	OutputIndex  *int   `json:"output_index"`
	ContentIndex int    `json:"content_index"`
	ItemID       string `json:"item_id"`
	Item         fields
	Delta        string
	Text         string
	Refusal      string
	Arguments    json.RawMessage
	Response     *response
	Error        json.RawMessage
	response     // of a whole reply
}

// fields are the fields of an item.
type fields map[string]json.RawMessage

// A response is a whole reply.
type response struct {
	Status     string
	Output     []fields
	Usage      *usage
	Incomplete struct{ Reason string } `json:"incomplete_details"`
}

// usage holds the numbers of tokens of a reply.
type usage struct {
	Input  exchange.Count `json:"input_tokens"`
	Output exchange.Count `json:"output_tokens"`
}

// passing are the codes of errors in a stream after which the same request may succeed.
var passing = []string{"server_error", "rate_limit_exceeded", "overloaded", "timeout"}

// Add implements [exchange.Reply].
func (r *reply) Add(data []byte) (text string, err error) {
	var e event
	if err := exchange.Decode(data, &e); err != nil {
		return "", err
	}
	if err := errorIn(data, &e); err != nil {
		return "", err
	}
	if strings.HasPrefix(e.Type, "response.") {
		r.known = true
	}
	switch e.Type {
	case "response.output_item.added":
		p := r.begin(&e)
		r.started = r.started || p.kind == "function_call" || p.kind == "reasoning"
	case "response.output_text.delta", "response.refusal.delta":
		text = r.findOrBegin(&e, "message").say(e.ContentIndex, e.Delta)
	case "response.output_text.done", "response.refusal.done":
		if p := r.find(&e, "message"); p != nil {
			text = p.sayOnce(e.ContentIndex, e.Text+e.Refusal)
		}
	case "response.reasoning_text.delta", "response.reasoning_summary_text.delta":
		r.started = true
	case "response.function_call_arguments.delta":
		r.findOrBegin(&e, "function_call").arguments.WriteString(e.Delta)
	case "response.function_call_arguments.done":
		if p := r.find(&e, "function_call"); p != nil {
			p.arguments.Reset()
			p.arguments.WriteString(argumentsIn(e.Arguments))
		}
	case "response.output_item.done":
		text = r.end(&e)
	case "response.completed", "response.incomplete":
		if e.Response == nil {
			e.Response = new(response)
		}
		text = r.finish(e.Response, strings.TrimPrefix(e.Type, "response."))
	case "": // a whole reply
		if e.Output != nil || e.Status != "" {
			r.known = true
			text = r.finish(&e.response, "completed")
		}
	}
	if len(r.parts) > exchange.MaxParts {
		return "", exchange.ErrTooManyParts
	}
	r.started = r.started || text != ""
	return text, nil
}

// errorIn returns the error in an event, or nil.
func errorIn(data []byte, e *event) error {
	failed := e.Error
	var text, code string
	if e.Response != nil && e.Type == "response.failed" {
		var inner struct {
			Response struct{ Error json.RawMessage }
		}
		json.Unmarshal(data, &inner)
		failed = inner.Response.Error
	}
	switch {
	case provider.MessageIn(failed) != "":
		text, code = provider.ParseError([]byte(`{"error":` + string(failed) + `}`))
	case e.Type == "error":
		text, code = provider.ParseError(data)
	case e.Type == "response.failed", e.Status == "failed":
		text = "the model has failed"
	default:
		return nil
	}
	return &exchange.StreamError{Text: text, Code: code, Passing: slices.Contains(passing, code)}
}

// finish handles the whole reply, which the server sends at the end. It returns the text of the
// items that were not in the stream.
func (r *reply) finish(whole *response, status string) (text string) {
	r.status = status
	if whole.Status == "incomplete" {
		r.status = whole.Status
	}
	r.reason = whole.Incomplete.Reason
	if whole.Usage != nil {
		r.usage = *whole.Usage
	}
	streamed := slices.Clone(r.parts)
	for _, f := range whole.Output {
		p := &part{kind: textIn(f["type"]), id: textIn(f["id"]), done: true, fields: f}
		earlier := slices.IndexFunc(streamed, p.isSame)
		switch {
		case earlier >= 0 && !streamed[earlier].done: // the server has not said that the item is complete
			streamed[earlier].complete(f)
			text += streamed[earlier].rest()
		case !slices.ContainsFunc(streamed, func(s *part) bool { return s.kind == p.kind }):
			r.parts = append(r.parts, p)
			text += p.rest()
		}
	}
	return text
}

// Started implements [exchange.Reply].
func (r *reply) Started() bool { return r.started }

// Finished implements [exchange.Reply].
func (r *reply) Finished() bool { return r.status != "" }

// Result implements [exchange.Reply].
func (r *reply) Result(bool) (llm.Reply, error) {
	var result llm.Reply
	if !r.known {
		return result, exchange.ErrNoReply
	}
	var thoughts []fields // that belong to the next call
	for i, p := range r.parts {
		switch p.kind {
		case "reasoning":
			if f := p.echo(); f != nil {
				thoughts = append(thoughts, f)
			}
		case "function_call":
			if r.status == "" || r.status == "incomplete" && !p.isWhole() {
				return result, exchange.ErrCut
			}
			if call, ok := p.call(i, thoughts); ok {
				result.Calls = append(result.Calls, call)
				thoughts = nil
			}
		}
	}
	switch {
	case r.status == "":
		return result, exchange.ErrIncomplete
	case r.reason == "content_filter":
		result.Cut = "content_filter"
	case r.status == "incomplete":
		result.Cut = "length"
	}
	result.Usage.InputTokens, result.Usage.OutputTokens = int(r.usage.Input), int(r.usage.Output)
	return result, nil
}
