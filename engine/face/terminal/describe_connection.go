package terminal

import (
	"net/url"
	"strconv"

	"moonlark/engine/bus"
	"moonlark/engine/repeat"
)

func (d *describer) connecting(e bus.Event) []block {
	d.target = targetName(e)
	return d.announceTarget()
}

// announceTarget returns a text block that says to which agent a connection is being opened. It
// returns nil if this was said already or no connection is being opened.
func (d *describer) announceTarget() []block {
	if d.target == "" || d.target == d.announced {
		return nil
	}
	d.announced = d.target
	return []block{{kind: headerBlock, text: []span{{dim, "connecting to " + d.target}}}}
}

func (d *describer) connected(e bus.Event) []block {
	parts := []string{"connected"}
	if d.target != d.announced {
		parts[0] += " to " + d.target
	}
	if e.ConversationID != "" && d.target != embeddedAgent {
		parts = append(parts, e.ConversationID)
	}
	d.target, d.announced = "", ""
	return []block{{kind: headerBlock, text: []span{{dim, d.join(parts...)}}}}
}

const embeddedAgent = "the embedded agent"

// targetName returns a name for the agent of the Connecting event e: the agent's id and host, or
// the URL.
func targetName(e bus.Event) string {
	u, err := url.Parse(e.URL)
	switch {
	case e.Target == "local":
		return embeddedAgent
	case e.Target != "agent" || err != nil || u.Host == "":
		return e.URL
	}
	id := u.Query().Get("agent_id")
	if id == "" {
		id = "the agent"
	}
	return id + " at " + u.Host
}

// retrying describes an attempt to connect that has failed. It returns nil if many attempts have
// failed in the same way, so that they do not fill the screen: see package repeat.
func (d *describer) retrying(e bus.Event) []block {
	if !repeat.Shown(e.Count) {
		return nil
	}
	what, again := e.Text, "trying again"
	if what == "" {
		what = "no connection"
	}
	if t := duration(e.Seconds); t != "" {
		again += " in " + t
	}
	return append(d.announceTarget(), d.problem(d.join(what+repeat.Suffix(e.Count), again), e.Hint)...)
}

func (d *describer) disconnected(e bus.Event) []block {
	blocks := append(agentBlocks(d.reply.flush()), d.announceTarget()...)
	d.target, d.announced = "", ""
	reason := ""
	if e.Text != "" {
		reason = ": " + e.Text
	}
	switch {
	case e.Code == 1000 || e.Code == 0 && reason == "":
		return append(append(blocks, d.dimNote("disconnected"+reason)), hintBlocks(e.Hint)...)
	case e.Code == 0:
		return append(blocks, d.problem("disconnected"+reason, e.Hint)...)
	}
	return append(blocks, d.problem("disconnected ("+strconv.Itoa(e.Code)+")"+reason, e.Hint)...)
}
