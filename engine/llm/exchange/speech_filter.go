package exchange

import (
	"encoding/json"
	"strings"
)

// A speechFilter removes from the text of a reply what must not be spoken: the thoughts of the
// model between <think> and </think>, the tokens of its chat template, and tool calls that are
// printed as text. It passes the rest on as early as possible. The tags may be cut between two
// pieces.
type speechFilter struct {
	say  func(string)    // called with each piece of the text to speak
	said strings.Builder // all text that was passed to say

	held    string // text that may be the start of a tag, or belongs to a block that is not complete
	block   *block // the block whose text is in held; nil outside of blocks
	started bool   // there was text that is not white space
	printed bool   // there was a tool call printed as text

	// thinksFirst means that all text is held until the thoughts have ended. It is for models whose
	// chat template contains the opening tag, so that a reply has only the closing tag.
	thinksFirst bool
	orphan      bool // there was a closing tag without an opening tag
}

// A block is a part of the text between two tags.
type block struct {
	open, close string
	// keep reports whether the block is spoken, with its tags. inner is the text between the tags.
	// Nil means that the block is not spoken.
	keep func(inner string) bool
	call bool // the model has written a tool call as text, unless keep returns true
	// first means that the block can only be at the start of the text.
	first bool
}

// blocks are the known blocks. If two of them begin at the same place in the text, the first one
// counts.
var blocks = []block{
	{open: "<think>", close: "</think>"},
	{open: "<thinking>", close: "</thinking>"},
	{open: "<tool_call>", close: "</tool_call>", call: true},
	{open: "<function=", close: "</function>", call: true},
	{open: "[TOOL_CALLS]", close: "\x00", call: true}, // goes to the end of the reply
	{open: "<|python_tag|>", close: "\x00", call: true},
	{open: "```", close: "```", keep: func(inner string) bool {
		_, code, _ := strings.Cut(inner, "\n")
		return !isPrintedCall(code)
	}, call: true},
	{open: "{", close: "\x00", keep: func(inner string) bool { return !isPrintedCall("{" + inner) }, call: true, first: true},
}

// maxTag is longer than every opening tag and every template token.
const maxTag = 70

// isPrintedCall reports whether text is a JSON object, or a list of them, in the form of a tool
// call.
func isPrintedCall(text string) bool {
	text = strings.TrimSpace(text)
	var calls []map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &calls) != nil {
		var call map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &call) != nil {
			return false
		}
		calls = append(calls, call)
	}
	for _, call := range calls {
		_, arguments := call["arguments"]
		_, parameters := call["parameters"]
		if !strings.HasPrefix(string(call["name"]), `"`) || !arguments && !parameters {
			return false
		}
	}
	return len(calls) > 0
}

// add adds a piece of the reply's text.
func (f *speechFilter) add(piece string) {
	f.held += piece
	f.pass(false)
}

// finish passes on what is still held. The text is complete.
func (f *speechFilter) finish() {
	f.pass(true)
}

// pass passes on as much of the held text as can be decided. end means that no more text follows.
func (f *speechFilter) pass(end bool) {
	for {
		if f.block != nil {
			if !f.passBlock(end) {
				return
			}
			continue
		}
		if !f.started {
			f.held = strings.TrimLeft(f.held, " \t\r\n")
		}
		at, b, closing := f.nextTag()
		if closing != "" {
			f.orphan, f.thinksFirst = true, false
			f.held = strings.TrimLeft(f.held[at+len(closing):], " \t\r\n") // what was before it are thoughts
			continue
		}
		if f.thinksFirst && !end {
			return
		}
		if b != nil {
			f.emit(f.held[:at])
			f.held = f.held[at+len(b.open):]
			f.block = b
			continue
		}
		n := len(f.held)
		if !end {
			n -= tagBegin(f.held)
		}
		f.emit(f.held[:n])
		f.held = f.held[n:]
		return
	}
}

// nextTag returns the place of the first tag in the held text: the block that it opens, or the
// closing tag of thoughts that had no opening tag. Without a tag, b is nil and closing is empty.
func (f *speechFilter) nextTag() (at int, b *block, closing string) {
	at = len(f.held)
	for i := range blocks {
		candidate := &blocks[i]
		if candidate.first {
			if !f.started && strings.HasPrefix(f.held, candidate.open) && at > 0 {
				at, b = 0, candidate
			}
			continue
		}
		if j := strings.Index(f.held, candidate.open); j >= 0 && j < at {
			at, b = j, candidate
		}
	}
	for _, tag := range []string{"</think>", "</thinking>"} {
		if j := strings.Index(f.held, tag); j >= 0 && j < at {
			at, b, closing = j, nil, tag
		}
	}
	return at, b, closing
}

// passBlock handles the block whose text is held. It returns false if more text is needed.
func (f *speechFilter) passBlock(end bool) bool {
	b := f.block
	at := strings.Index(f.held, b.close)
	if at < 0 && !end {
		return false
	}
	inner, rest := f.held, ""
	if at >= 0 {
		inner, rest = f.held[:at], f.held[at+len(b.close):]
	}
	f.block = nil
	switch {
	case b.keep != nil && b.keep(inner):
		text := b.open + inner
		if at >= 0 {
			text += b.close
		}
		f.emit(text)
	case b.call:
		f.printed = true
	}
	f.held = rest
	return true
}

// emit says text, without template tokens.
func (f *speechFilter) emit(text string) {
	text = templateToken.ReplaceAllString(text, "")
	if !f.started {
		text = strings.TrimLeft(text, " \t\r\n")
	}
	if text == "" {
		return
	}
	f.started = true
	f.said.WriteString(text)
	f.say(text)
}

// tagBegin returns the length of the end of text that may be the start of a tag or of a template
// token.
func tagBegin(text string) int {
	from := max(0, len(text)-maxTag)
	for i := from; i < len(text); i++ {
		if rest := text[i:]; mayBecomeTag(rest) {
			return len(rest)
		}
	}
	return 0
}

// mayBecomeTag reports whether text is the start of a tag or of a template token.
func mayBecomeTag(text string) bool {
	for _, b := range blocks {
		if !b.first && strings.HasPrefix(b.open, text) {
			return true
		}
	}
	if strings.HasPrefix("</think>", text) || strings.HasPrefix("</thinking>", text) {
		return true
	}
	return strings.HasPrefix(text, "<|") && !strings.ContainsAny(text[2:], "<>")
}
