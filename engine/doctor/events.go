package doctor

import (
	"slices"
	"strings"

	"moonlark/engine/rest"
)

// switchable are the events that an agent can be told to send. Others come, or
// do not, whatever its settings say.
var switchable = []string{
	"conversation_initiation_metadata", "asr_initiation_metadata", "ping", "audio", "interruption", "user_transcript",
	"tentative_user_transcript", "agent_response", "agent_response_correction", "client_tool_call", "mcp_tool_call",
	"mcp_connection_status", "agent_tool_request", "agent_tool_response", "agent_tool_response_full_payload",
	"agent_response_metadata", "vad_score", "agent_chat_response_part", "client_error", "guardrail_triggered",
	"dtmf_request", "agent_response_complete", "context_usage", "internal_turn_probability",
	"internal_tentative_agent_response",
}

// always come without being asked for.
var always = []string{"conversation_initiation_metadata", "ping"}

// needed are the events without which Moonlark does less than it could.
var needed = []struct {
	name    string
	level   Level
	without string
}{
	{"audio", Error, "nothing is heard"},
	{"agent_response", Error, "what the agent says is not shown, and --say waits for it in vain"},
	{"interruption", Error, "the agent is heard on after it was interrupted"},
	{"user_transcript", Warning, "what you say is not shown"},
	{"agent_response_correction", Warning, "after an interruption all is shown that the agent meant to say"},
	{"agent_response_complete", Warning, "the end of a reply is known only when it has been quiet for a second"},
}

// events says which events the agent does not send, though scripts or Moonlark
// itself listen for them.
func (e *examination) events(a *rest.Agent) {
	const group = "events"
	enabled := a.Conversation.Conversation.Events
	if own := e.Settings.ClientEvents; own != nil {
		enabled = own
	}
	if enabled == nil {
		e.skip(group, "", "the API does not say which are enabled", "")
		return
	}
	off := func(name string) bool {
		return slices.Contains(switchable, name) && !slices.Contains(enabled, name) && !slices.Contains(always, name)
	}
	mend := func(name string) string {
		return "enable " + name + " in the agent's settings (Advanced, Client events)"
	}
	good := true
	for _, n := range needed {
		if n.name == "audio" && e.textOnly(a) {
			continue
		}
		if off(n.name) {
			e.report(Finding{n.level, group, n.name, "it is not enabled: " + n.without, mend(n.name)})
			good = false
		}
	}
	tools := 0
	handled := map[string][]string{}
	for _, s := range e.Scripts {
		tools += len(s.Tools)
		for _, name := range s.On {
			handled[name] = append(handled[name], s.Name())
		}
	}
	if tools > 0 && off("client_tool_call") {
		e.warn(group, "client_tool_call", "it is not enabled: the agent may not be able to use the scripts' tools", mend("client_tool_call"))
		good = false
	}
	for _, name := range sortedKeys(handled) {
		if off(name) {
			scripts := strings.Join(handled[name], ", ")
			e.fail(group, name, "it is not enabled: on("+quote(name)+") in "+scripts+" never runs", mend(name))
			good = false
		}
	}
	if good {
		e.ok(group, "", "all are enabled that are listened for")
	}
}
