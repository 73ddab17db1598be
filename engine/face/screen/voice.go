package screen

import (
	"strings"

	"moonlark/engine/bus"
	"moonlark/engine/safetext"
	"moonlark/engine/screen"
)

const (
	maxUser  = 600      // maximal length of the user's words that a page gets, in bytes
	maxReply = 16 << 10 // maximal length of a reply that a page gets, in bytes
)

// voiceEvents are the events from which a voice follows the conversation.
var voiceEvents = map[bus.Type]bool{
	bus.Status: true, bus.Connected: true, bus.Disconnected: true, bus.User: true, bus.Agent: true, bus.AgentPart: true, bus.AgentCorrected: true,
	bus.Interruption: true, bus.Speaking: true, bus.Spoken: true, bus.Silent: true, bus.ToolCall: true, bus.ToolResult: true, bus.Hearing: true,
}

// A voice is what a page shows of the conversation. The zero value is the state before the first
// conversation. It is not safe for use by several goroutines.
type voice struct {
	phases bus.PhaseTracker
	silent bool // there is no speaker: a reply is read, not heard

	user  string
	reply string // the reply so far
	event int    // the event id of the reply
	heard int    // how many bytes of the reply have been heard
	cut   bool   // the user has interrupted the reply
	timed bool   // the agent sends the time of its words
	plays bool   // the speaker plays the reply, or has played it
	calls []call // the tool calls without a result, the oldest first
}

// A call is a tool call without a result.
type call struct{ id, tool string }

// A voiceState is what a page gets of a voice. The JSON names are those that the page reads.
type voiceState struct {
	Phase string `json:"phase"`          // one of the words of bus.Event.Phase
	User  string `json:"user,omitempty"` // what the user has said last
	Said  string `json:"said,omitempty"` // the part of the reply that has been heard
	Rest  string `json:"rest,omitempty"` // the part of the reply that is still to come, or never will if Cut is true
	Cut   bool   `json:"cut,omitempty"`  // the user has interrupted the reply
	Turn  int    `json:"turn,omitempty"` // distinguishes the replies
	Tool  string `json:"tool,omitempty"` // what the tool that runs does, for people
}

// state returns what a page gets. title returns the title of a tool; nil leaves it out.
func (v *voice) state(title func(tool string) string) voiceState {
	s := voiceState{Phase: v.phases.Phase(), User: v.user, Cut: v.cut, Turn: v.event}
	heard := v.heard
	if !v.cut && (v.silent || v.plays && !v.timed) {
		heard = len(v.reply)
	}
	s.Said, s.Rest = v.reply[:heard], v.reply[heard:]
	if len(v.calls) > 0 {
		s.Tool = v.calls[0].tool
		if title != nil {
			s.Tool = title(s.Tool)
		}
	}
	return s
}

// hide removes the words that the screen does not show, by the setting captions.
func (s *voiceState) hide(captions string) {
	if captions == "agent" || captions == "none" {
		s.User = ""
	}
	if captions == "user" || captions == "none" {
		s.Said, s.Rest = "", ""
	}
}

// note updates the voice with an event.
func (v *voice) note(e bus.Event) {
	v.phases.Note(e)
	switch e.Type {
	case bus.Connected, bus.Disconnected:
		v.calls, v.user = nil, ""
		v.begin(0)
	case bus.User:
		v.user = safetext.Cut(screen.Clean(e.Text), maxUser, "…")
		v.begin(0)
	case bus.AgentPart:
		if e.Part == "start" || e.EventID != v.event {
			v.begin(e.EventID)
		}
		v.setReply(v.reply + e.Text)
	case bus.Agent:
		if e.EventID != v.event {
			v.begin(e.EventID)
		}
		v.setReply(e.Text)
	case bus.AgentCorrected:
		if e.EventID == v.event {
			v.correct(screen.Clean(e.Text))
		}
	case bus.Interruption:
		v.cut = v.reply != ""
	case bus.Speaking:
		v.plays = true
	case bus.Spoken:
		v.timed = true
		if e.EventID == v.event {
			v.hear(screen.Clean(e.Text))
		}
	case bus.Silent:
		if e.Interrupted {
			v.cut = v.reply != ""
		} else if e.EventID == v.event {
			v.heard = len(v.reply)
		}
	case bus.ToolCall:
		if e.IsOfAgent() && len(v.calls) < 64 {
			v.calls = append(v.calls, call{e.CallID, e.Tool})
		}
	case bus.ToolResult:
		for i, c := range v.calls {
			if c.id == e.CallID {
				v.calls = append(v.calls[:i:i], v.calls[i+1:]...)
				break
			}
		}
	}
}

// begin begins a reply with this event id, which has no text yet.
func (v *voice) begin(event int) {
	v.event, v.reply, v.heard, v.cut, v.plays = event, "", 0, false, false
}

// setReply sets the text of the reply, whose beginning may be known already.
func (v *voice) setReply(text string) {
	v.reply = safetext.Cut(screen.Clean(text), maxReply, "…")
	v.heard = min(v.heard, len(v.reply))
}

// hear counts words of the reply as heard. Their form may differ from that in the reply, such as in the spaces.
func (v *voice) hear(words string) {
	words = strings.TrimSpace(words)
	if at := strings.Index(v.reply[v.heard:], words); at >= 0 && at < 80 {
		v.heard += at + len(words)
		return
	}
	v.heard = min(v.heard+len(words), len(v.reply))
	for v.heard < len(v.reply) && v.reply[v.heard]&0xc0 == 0x80 {
		v.heard++ // not in the middle of a character
	}
}

// correct sets how much of the interrupted reply has been heard, from the text to which the agent has corrected it.
func (v *voice) correct(said string) {
	v.cut = true
	if strings.HasPrefix(v.reply, said) {
		v.heard = len(said)
		return
	}
	common := 0
	for common < len(said) && common < len(v.reply) && said[common] == v.reply[common] {
		common++
	}
	for common > 0 && common < len(v.reply) && v.reply[common]&0xc0 == 0x80 {
		common--
	}
	v.heard = common
}
