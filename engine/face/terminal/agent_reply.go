package terminal

import (
	"strings"

	"moonlark/engine/bus"
)

// An agentReply collects the text of the agent's reply. The text comes in parts (AgentPart events),
// as a whole (an Agent event), or in both ways, in any order. The agentReply makes sure that each
// reply is shown only once.
type agentReply struct {
	open bool            // whether parts of a reply have come and its Agent event has not
	done bool            // whether the last part of the reply has come
	id   int             // the EventID of the parts of the reply
	text strings.Builder // the text of the parts that have come

	lastWhole shownReply // the last reply that was shown when its Agent event came
	lastParts shownReply // the last reply whose parts were shown without an Agent event
}

// A shownReply is a reply that was shown. id is the EventID of the reply.
type shownReply struct {
	id   int
	text string
}

// covers reports whether s is the reply with this id and begins with text. It returns false if id
// is 0, because replies without an id cannot be told apart.
func (s shownReply) covers(id int, text string) bool {
	return id != 0 && id == s.id && strings.HasPrefix(strings.TrimSpace(s.text), strings.TrimSpace(text))
}

// addPart adds the part in the event e. If the part begins a new reply, addPart returns the text of
// the reply before it, which must be shown now, and otherwise "".
func (r *agentReply) addPart(e bus.Event) (before string) {
	if r.open && (r.id != e.EventID || e.Part == "start") {
		before = r.flush()
	}
	if !r.open {
		if e.Part != "start" && e.EventID != 0 && (e.EventID == r.lastParts.id || e.EventID == r.lastWhole.id) {
			return before // a late part of a reply that was already shown or interrupted
		}
		r.open, r.done, r.id = true, false, e.EventID
	}
	r.text.WriteString(e.Text)
	r.done = e.Part == "stop"
	return before
}

// addWhole adds the whole reply in the event e. It returns the texts of the replies that must be
// shown now: perhaps an earlier reply, and this one if its parts were not shown.
func (r *agentReply) addWhole(e bus.Event) []string {
	var texts []string
	if r.open && r.id != 0 && e.EventID != 0 && r.id != e.EventID {
		texts = append(texts, r.flush())
	}
	r.close()
	if p := r.lastParts; p.text != "" && (shownReply{e.EventID, e.Text}).covers(p.id, p.text) {
		return texts
	}
	r.lastWhole = shownReply{e.EventID, e.Text}
	return append(texts, e.Text)
}

// arriving returns the text of the parts received so far if their reply was not shown yet, and
// otherwise "".
func (r *agentReply) arriving() string {
	if text := r.text.String(); r.open && !r.lastWhole.covers(r.id, text) {
		return text
	}
	return ""
}

// flush ends the reply whose parts are coming. It returns the part of the text that must be shown
// now, or "".
func (r *agentReply) flush() string {
	text, id := r.arriving(), r.id
	r.close()
	if text != "" {
		r.lastParts = shownReply{id, text}
	}
	return text
}

func (r *agentReply) close() {
	r.open, r.done = false, false
	r.text.Reset()
}
