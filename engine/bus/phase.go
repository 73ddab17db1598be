package bus

// A PhaseTracker derives from the events what the conversation is doing. The zero value is ready to
// use. It is not safe for use by several goroutines.
type PhaseTracker struct {
	recorded string // the phase of the last Phase event; empty if there was none
	status   string // the last status of the agent; "" before the scripts have been loaded
	speaking bool   // the speaker plays a reply
	thinking bool   // the user has said something, and the agent has not replied
	voice    bool   // the user speaks
	running  int    // the number of tool calls of the agent that run
}

// Note updates the phase with an event. If the phase has changed, it returns a Phase event that says so.
// After a Phase event, as a recording has them, Note makes no Phase events any more.
func (p *PhaseTracker) Note(e Event) (change Event, changed bool) {
	before := p.Phase()
	p.note(e)
	if after := p.Phase(); after != before && e.Type != Phase {
		return Event{Type: Phase, Time: e.Time, Phase: after}, true
	}
	return Event{}, false
}

// note updates the fields with an event.
func (p *PhaseTracker) note(e Event) {
	switch e.Type {
	case Phase:
		p.recorded = e.Phase
	case Status:
		p.status = e.Status
	case Connected, Disconnected:
		p.speaking, p.thinking, p.running = false, false, 0
	case User:
		p.thinking = true
	case Agent:
		p.thinking = false
	case AgentPart:
		p.thinking = p.thinking && e.Text == ""
	case Speaking:
		p.speaking, p.thinking = true, false
	case Silent, Interruption:
		p.speaking = false
	case ToolCall:
		if e.IsOfAgent() {
			p.running++
		}
	case ToolResult:
		if e.IsOfAgent() {
			p.running = max(0, p.running-1)
		}
	case Hearing:
		p.voice = e.On != nil && *e.On
	}
}

// Phase returns what the conversation is doing, one of the words of Event.Phase.
func (p *PhaseTracker) Phase() string {
	switch {
	case p.recorded != "":
		return p.recorded
	case p.status == "" || p.status == "waiting":
		return "waiting"
	case p.status == "connecting" || p.status == "reconnecting":
		return "connecting"
	case p.status == "ended":
		return "ended"
	case p.speaking:
		return "speaking"
	case p.running > 0 || p.thinking:
		return "thinking"
	case p.voice:
		return "hearing"
	}
	return "listening"
}
