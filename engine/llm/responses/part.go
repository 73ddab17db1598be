package responses

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"moonlark/engine/llm"
	"moonlark/engine/llm/exchange"
)

// extraReasoning is the name in llm.Call.Extra of the thoughts before the call. The server needs
// them back, directly before the call.
const extraReasoning = "reasoning"

// A part is an item of the reply.
type part struct {
	index  int // -1 if the server does not say
	id     string
	kind   string // message, function_call, reasoning, ...
	fields fields // JSON fields of the item
	done   bool   // the item is complete

	said      map[int]bool    // indices of the contents of a message whose text was passed on
	arguments strings.Builder // arguments of a call, from the events before the item is complete
}

// begin adds the item of the event to the reply.
func (r *reply) begin(e *event) *part {
	p := &part{index: -1, id: textIn(e.Item["id"]), kind: textIn(e.Item["type"]), fields: e.Item}
	if e.OutputIndex != nil {
		p.index = *e.OutputIndex
	}
	r.parts = append(r.parts, p)
	return p
}

// find returns the item of this kind to which the event belongs, or nil. The id decides, then the
// index, because some servers send the index 0 with each item, and some change the id.
func (r *reply) find(e *event, kind string) *part {
	for _, p := range slices.Backward(r.parts) {
		if p.kind == kind && e.ItemID != "" && p.id == e.ItemID {
			return p
		}
	}
	for _, p := range slices.Backward(r.parts) {
		if p.kind == kind && !p.done && (e.OutputIndex == nil || p.index == *e.OutputIndex) {
			return p
		}
	}
	return nil
}

// findOrBegin is find, and adds the item if there is none.
func (r *reply) findOrBegin(e *event, kind string) *part {
	p := r.find(e, kind)
	if p == nil {
		p = r.begin(e)
		p.id, p.kind = e.ItemID, kind
	}
	return p
}

// end completes the item of the event. It returns the part of its text that has not been said.
func (r *reply) end(e *event) string {
	kind := textIn(e.Item["type"])
	e.ItemID = textIn(e.Item["id"])
	p := r.findOrBegin(e, kind)
	r.started = r.started || kind == "function_call" || kind == "reasoning"
	p.complete(e.Item)
	return p.rest()
}

// complete sets the fields of the item, which is complete.
func (p *part) complete(f fields) {
	p.done, p.fields = true, f
}

// isSame reports whether q is the same item.
func (p *part) isSame(q *part) bool {
	if p.kind != q.kind {
		return false
	}
	if p.kind == "function_call" && textIn(p.fields["call_id"]) != "" {
		return textIn(p.fields["call_id"]) == textIn(q.fields["call_id"])
	}
	return p.id != "" && p.id == q.id
}

// say returns text, and remembers that the content with this index has text.
func (p *part) say(content int, text string) string {
	if text != "" {
		if p.said == nil {
			p.said = make(map[int]bool)
		}
		p.said[content] = true
	}
	return text
}

// sayOnce is say for the whole text of a content. It returns "" if the text has been said before.
func (p *part) sayOnce(content int, text string) string {
	if p.said[content] {
		return ""
	}
	return p.say(content, text)
}

// rest returns the texts of a complete message that have not been said.
func (p *part) rest() (text string) {
	if p.kind != "message" {
		return ""
	}
	var contents []struct{ Type, Text, Refusal string }
	json.Unmarshal(p.fields["content"], &contents) // stays empty if it is something else
	for i, c := range contents {
		if c.Type == "output_text" || c.Type == "refusal" || c.Type == "text" {
			text += p.sayOnce(i, c.Text+c.Refusal)
		}
	}
	return text
}

// isWhole reports whether the call has all of its arguments.
func (p *part) isWhole() bool {
	text := exchange.WithoutTokens(p.argumentsText())
	return textIn(p.fields["status"]) != "incomplete" && json.Valid([]byte(text))
}

// argumentsText returns the arguments as the server has sent them.
func (p *part) argumentsText() string {
	if text := argumentsIn(p.fields["arguments"]); text != "" && p.done {
		return text
	}
	return p.arguments.String()
}

// call returns the call in the part. position is the index of the part in the reply, and thoughts
// are the thoughts before the call. call returns false if the call has no name.
func (p *part) call(position int, thoughts []fields) (llm.Call, bool) {
	call := llm.Call{ID: textIn(p.fields["call_id"]), Name: exchange.WithoutTokens(textIn(p.fields["name"]))}
	if call.ID == "" {
		call.ID = p.id
	}
	if call.ID == "" {
		call.ID = fmt.Sprintf("call_%d", position)
	}
	call.Arguments, call.Problem = exchange.Repair(p.argumentsText())
	if len(thoughts) > 0 {
		if text, err := json.Marshal(thoughts); err == nil {
			call.Extra = map[string]json.RawMessage{extraReasoning: text}
		}
	}
	return call, call.Name != ""
}

// echo returns the item with thoughts in the form in which the server wants it back. It returns nil
// if the item contains no thoughts: the server keeps nothing, so an id alone means nothing to it.
func (p *part) echo() fields {
	var content []json.RawMessage
	json.Unmarshal(p.fields["content"], &content) // stays empty if it is something else
	if textIn(p.fields["encrypted_content"]) == "" && len(content) == 0 {
		return nil
	}
	f := make(fields, len(p.fields))
	for name, value := range p.fields {
		if string(value) != "null" {
			f[name] = value
		}
	}
	if f["summary"] == nil { // the API requires this field
		f["summary"] = json.RawMessage("[]")
	}
	return f
}

// argumentsIn returns the arguments in a field: a string, or the object that some servers send.
func argumentsIn(field json.RawMessage) string {
	var text string
	if len(field) > 0 && string(field) != "null" && json.Unmarshal(field, &text) != nil {
		return string(field)
	}
	return text
}

// textIn returns the string in a field, or "" if the field is something else.
func textIn(field json.RawMessage) (text string) {
	json.Unmarshal(field, &text)
	return text
}
