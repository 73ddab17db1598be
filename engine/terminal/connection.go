package terminal

import (
	"net/url"
	"strconv"

	"moonlark/engine/event"
)

func (w *wording) connecting(e event.Event) []entry {
	w.target = place(e)
	return w.stillConnecting()
}

// stillConnecting says where it is connecting to, once for all tries.
func (w *wording) stillConnecting() []entry {
	if w.target == "" || w.target == w.said {
		return nil
	}
	w.said = w.target
	return []entry{{kind: header, text: []span{{dim, "connecting to " + w.target}}}}
}

func (w *wording) connected(e event.Event) []entry {
	parts := []string{"connected"}
	if w.target != w.said {
		parts[0] += " to " + w.target
	}
	if e.ConversationID != "" && w.target != embedded {
		parts = append(parts, e.ConversationID)
	}
	w.target, w.said = "", ""
	return []entry{{kind: header, text: []span{{dim, w.join(parts...)}}}}
}

// embedded is how the agent inside Moonlark is called.
const embedded = "the embedded agent"

// place says where an agent is: its id and host, or its whole address.
func place(e event.Event) string {
	u, err := url.Parse(e.URL)
	switch {
	case e.Target == "local":
		return embedded
	case e.Target != "agent" || err != nil || u.Host == "":
		return e.URL
	}
	id := u.Query().Get("agent_id")
	if id == "" {
		id = "the agent"
	}
	return id + " at " + u.Host
}

func (w *wording) retrying(e event.Event) []entry {
	what, again := e.Text, "trying again"
	if what == "" {
		what = "no connection"
	}
	if t := took(e.Seconds); t != "" {
		again += " in " + t
	}
	return append(w.stillConnecting(), w.trouble(w.join(what, again), e.Hint)...)
}

func (w *wording) disconnected(e event.Event) []entry {
	entries := append(replies(w.reply.flush()), w.stillConnecting()...)
	w.target, w.said = "", ""
	reason := ""
	if e.Text != "" {
		reason = ": " + e.Text
	}
	switch {
	case e.Code == 1000 || e.Code == 0 && reason == "":
		return append(append(entries, w.quiet("disconnected"+reason)), hint(e.Hint)...)
	case e.Code == 0:
		return append(entries, w.trouble("disconnected"+reason, e.Hint)...)
	}
	return append(entries, w.trouble("disconnected ("+strconv.Itoa(e.Code)+")"+reason, e.Hint)...)
}
