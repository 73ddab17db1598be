package web

import "moonlark/engine/bus"

// A phaseTracker finds out what the conversation is doing, from the events. It is not safe for use
// by several goroutines.
type phaseTracker struct {
	status   string // the last status of the agent; "" before the scripts have been loaded
	speaking bool   // the speaker plays a reply
	thinking bool   // the user has said something, and the agent has not replied
	voice    bool   // somebody speaks into the microphone
	running  int    // the number of tool calls of the agent that run
}

// note takes an event into account.
func (p *phaseTracker) note(e bus.Event) {
	switch e.Type {
	case bus.Status:
		p.status = e.Status
	case bus.Connected, bus.Disconnected:
		p.speaking, p.thinking, p.running = false, false, 0
	case bus.User:
		p.thinking = true
	case bus.Agent:
		p.thinking = false
	case bus.AgentPart:
		p.thinking = p.thinking && e.Text == ""
	case bus.Speaking:
		p.speaking, p.thinking = true, false
	case bus.Silent, bus.Interruption:
		p.speaking = false
	case bus.ToolCall:
		p.running++
	case bus.ToolResult:
		p.running = max(0, p.running-1)
	case bus.Loudness:
		p.voice = e.Voice
	}
}

// phase returns what the conversation is doing, one of the words of bus.Event.Phase.
func (p *phaseTracker) phase() string {
	switch {
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
