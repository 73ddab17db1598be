package scripttest

import (
	"encoding/json"
	"strings"

	"moonlark/engine/agentsettings"
	"moonlark/engine/script"
	"moonlark/luastd"
)

// A conversation takes the place of the conversation with the agent. It is connected, accepts
// everything, and records what the script asks for.
type conversation struct {
	fakes *fakes
	// the questions whether tools of MCP servers may be called
	approvals *script.Approvals
}

var _ luastd.Conversation = conversation{}

// ask records a call of a function of the modules session and sound. text is the argument that is a
// text, or "", and value is another argument, or nil.
func (c conversation) ask(function, text string, value any) error {
	var data []byte
	if value != nil {
		data, _ = json.Marshal(value) // cannot fail
	}
	c.fakes.Asked("session."+function, text, data)
	return nil
}

func (c conversation) Say(text string) error         { return c.ask("send", text, nil) }
func (c conversation) Context(text, id string) error { return c.ask("context", text, optional(id)) }
func (c conversation) Activity() error               { return c.ask("activity", "", nil) }
func (c conversation) Stop() error                   { return c.ask("stop", "", nil) }
func (c conversation) Status() string                { return "connected" }
func (c conversation) SetVolume(volume float64) error {
	return c.ask("volume", "", volume)
}
func (c conversation) Mute(muted bool) error       { return c.ask("mute", "", muted) }
func (c conversation) Listen(listening bool) error { return c.ask("listen", "", listening) }
func (c conversation) Feedback(eventID int, score string) error {
	return c.ask("feedback", score, eventID)
}
func (c conversation) SendFile(fileID, text string) error {
	return c.ask("send_file", text, fileID)
}
func (c conversation) Approve(callID string, approved bool) error {
	c.approvals.Answer(callID, approved) // an id that is not known may be that of a server of the agent
	return c.ask("approve", callID, approved)
}
func (c conversation) Start(settings agentsettings.Settings, preroll bool) error {
	return c.ask("start", "", preroll)
}

// optional returns nil for "".
func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// sessionCalls returns what the script has asked of the conversation.
func (f *fakes) sessionCalls() []record {
	var all []record
	for _, a := range f.askedOf(func(a asked) bool { return strings.HasPrefix(a.function, "session.") }) {
		r := record{"fn": strings.TrimPrefix(a.function, "session."), "text": a.name}
		if len(a.data) > 0 {
			r["value"] = a.data
		}
		all = append(all, r)
	}
	return all
}
