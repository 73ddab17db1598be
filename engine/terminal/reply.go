package terminal

import (
	"strings"

	"moonlark/engine/event"
)

// A reply puts together what the agent says while it comes in pieces, so that
// it is said once: by the Agent event that has all of it or, when none comes,
// by its pieces.
type reply struct {
	open bool            // there are pieces that no Agent event has covered
	done bool            // the last of them has come
	id   int             // their EventID
	text strings.Builder // the pieces so far

	whole, pieces said // what was said last by an Agent event, and from pieces
}

// A said is a reply that was shown.
type said struct {
	id   int
	text string
}

// covers says whether text is a beginning, or all, of what was said. Replies
// without a number are never taken for one another.
func (s said) covers(id int, text string) bool {
	return id != 0 && id == s.id && strings.HasPrefix(strings.TrimSpace(s.text), strings.TrimSpace(text))
}

// part takes a piece in. What it returns is to be said now: the reply before
// it, that this one puts an end to.
func (r *reply) part(e event.Event) (before string) {
	if r.open && (r.id != e.EventID || e.Part == "start") {
		before = r.flush()
	}
	if !r.open {
		if e.Part != "start" && e.EventID != 0 && (e.EventID == r.pieces.id || e.EventID == r.whole.id) {
			return before // it was said already, or interrupted
		}
		r.open, r.done, r.id = true, false, e.EventID
	}
	r.text.WriteString(e.Text)
	r.done = e.Part == "stop"
	return before
}

// all takes an Agent event in and returns what is to be said now.
func (r *reply) all(e event.Event) []string {
	var texts []string
	if r.open && r.id != 0 && e.EventID != 0 && r.id != e.EventID {
		texts = append(texts, r.flush())
	}
	r.close()
	if p := r.pieces; p.text != "" && (said{e.EventID, e.Text}).covers(p.id, p.text) {
		return texts
	}
	r.whole = said{e.EventID, e.Text}
	return append(texts, e.Text)
}

// coming is the reply as far as it has come, "" when there is none to show.
func (r *reply) coming() string {
	if text := r.text.String(); r.open && !r.whole.covers(r.id, text) {
		return text
	}
	return ""
}

// flush ends a reply that came in pieces and returns what is to be said of it.
func (r *reply) flush() string {
	text, id := r.coming(), r.id
	r.close()
	if text != "" {
		r.pieces = said{id, text}
	}
	return text
}

func (r *reply) close() {
	r.open, r.done = false, false
	r.text.Reset()
}
