package doctor

import (
	"slices"
	"strings"

	"moonlark/engine/rest"
)

// optionalEvents are the events that an agent sends only if its settings enable them. Events that
// are not in this list are always sent.
var optionalEvents = []string{
	"conversation_initiation_metadata", "asr_initiation_metadata", "ping", "audio", "interruption", "user_transcript",
	"tentative_user_transcript", "agent_response", "agent_response_correction", "client_tool_call", "mcp_tool_call",
	"mcp_connection_status", "agent_tool_request", "agent_tool_response", "agent_tool_response_full_payload",
	"agent_response_metadata", "vad_score", "agent_chat_response_part", "client_error", "guardrail_triggered",
	"dtmf_request", "agent_response_complete", "context_usage", "internal_turn_probability",
	"internal_tentative_agent_response",
}

// alwaysSent are the optional events that the server sends even if the agent's settings do not
// enable them.
var alwaysSent = []string{"conversation_initiation_metadata", "ping"}

// neededEvents are the events that Moonlark itself needs. without says what happens if the agent
// does not send the event.
var neededEvents = []struct {
	name    string
	level   Level
	without string
}{
	{"audio", Error, "there is no sound"},
	{"agent_response", Error, "what the agent says is not shown, and --say never gets a reply"},
	{"interruption", Error, "the sound goes on after an interruption"},
	{"user_transcript", Warning, "what you say is not shown"},
	{"agent_response_correction", Warning, "after an interruption, the whole reply is shown, not only what was spoken"},
	{"agent_response_complete", Warning, "a reply counts as complete only after a second of silence"},
}

// checkEvents reports the events that Moonlark or a script needs, but that the agent does not send.
func (c *checker) checkEvents(a *rest.Agent) {
	const group = "events"
	enabled := a.Conversation.Conversation.Events
	if override := c.Settings.ClientEvents; override != nil {
		enabled = override
	}
	if enabled == nil {
		c.skip(group, "", "the API does not say which events are enabled", "")
		return
	}
	isOff := func(name string) bool {
		return slices.Contains(optionalEvents, name) && !slices.Contains(enabled, name) && !slices.Contains(alwaysSent, name)
	}
	fix := func(name string) string {
		return "enable " + name + " in the agent's settings (Advanced, Client events)"
	}
	good := true
	for _, needed := range neededEvents {
		if needed.name == "audio" && c.textOnly(a) {
			continue
		}
		if isOff(needed.name) {
			c.report(Finding{needed.level, group, needed.name, "not enabled: " + needed.without, fix(needed.name)})
			good = false
		}
	}
	tools := 0
	// The names of the scripts that handle an event, by the event's name.
	handledBy := map[string][]string{}
	for _, s := range c.Scripts {
		tools += len(s.Tools)
		for _, event := range s.Events {
			handledBy[event] = append(handledBy[event], s.Name)
		}
	}
	if tools > 0 && isOff("client_tool_call") {
		c.warn(group, "client_tool_call", "not enabled: the agent may not be able to use the scripts' tools", fix("client_tool_call"))
		good = false
	}
	for _, name := range sortedKeys(handledBy) {
		if isOff(name) {
			scripts := strings.Join(handledBy[name], ", ")
			c.fail(group, name, "not enabled: on("+quote(name)+") in "+scripts+" never runs", fix(name))
			good = false
		}
	}
	if good {
		c.ok(group, "", "all events that are needed are enabled")
	}
}
