package doctor

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"moonlark/engine/rest"
)

// places are where the agent says whether a setting may be overridden. Those
// that are not here need no permission, or see overrides.
var places = map[string][]string{
	"prompt":               {"agent", "prompt", "prompt"},
	"llm":                  {"agent", "prompt", "llm"},
	"tool_ids":             {"agent", "prompt", "tool_ids"},
	"first_message":        {"agent", "first_message"},
	"language":             {"agent", "language"},
	"max_duration_message": {"agent", "max_conversation_duration_message"},
	"voice_id":             {"tts", "voice_id"},
	"model_id":             {"tts", "model_id"},
	"stability":            {"tts", "stability"},
	"speed":                {"tts", "speed"},
	"similarity_boost":     {"tts", "similarity_boost"},
	"keywords":             {"asr", "keywords"},
	"soft_timeout_message": {"turn", "soft_timeout_config", "message"},
	"text_only":            {"conversation", "text_only"},
	"max_duration_seconds": {"conversation", "max_duration_seconds"},
}

// overrides says which of the settings that will be overridden must not be.
func (e *examination) overrides(a *rest.Agent) {
	const group, subject = "agent", "overrides"
	for _, name := range e.overridden() {
		allowed := false
		switch path, ok := places[name]; {
		case a.Platform == nil:
			e.skip(group, subject, "the API does not say whether "+name+" may be overridden", "use a key that may edit the agent")
			continue
		case name == "client_events":
			e.skip(group, subject, "the API does not say whether client_events may be overridden", "enable the events in the agent's settings")
			continue
		case name == "custom_llm_extra_body":
			allowed = a.Platform.Overrides.CustomLLMExtraBody
		case name == "starting_workflow_node_id":
			allowed = a.Platform.Overrides.StartNode
		case ok:
			allowed = a.Platform.Overrides.Allows(path...)
		default:
			continue
		}
		if allowed {
			e.ok(group, subject, name+" may be overridden")
		} else {
			e.fail(group, subject, name+" must not be overridden: the server hangs up", "enable it (Security, Overrides), or do not set it")
		}
	}
}

// overridden are the names of the settings that are set, sorted.
func (e *examination) overridden() []string {
	var set map[string]any
	text, err := json.Marshal(e.Settings)
	if err == nil {
		err = json.Unmarshal(text, &set)
	}
	if err != nil {
		panic(err) // they come from JSON
	}
	return sortedKeys(set)
}

var variable = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)\s*\}\}`)

// variables says which dynamic variables nobody gives a value. The server
// closes a conversation for want of one in the first message or in a tool.
func (e *examination) variables(a *rest.Agent, tools []*rest.Tool) {
	const group, subject, mend = "agent", "variables", "set it with --var or in agent{}, or give it a placeholder in the agent's settings"
	reported := map[string]bool{}
	missing := func(level Level, where, name, then string, more rest.Variables) {
		_, given := e.Settings.DynamicVariables[name]
		_, placeholder := a.Conversation.Agent.DynamicVariables.Placeholders[name]
		_, other := more.Placeholders[name]
		if given || placeholder || other || reported[name] || strings.HasPrefix(name, "system__") {
			return
		}
		reported[name] = true
		e.report(Finding{level, group, subject, where + " needs " + name + ", which has no value" + then, mend})
	}
	first, prompt := a.Conversation.Agent.FirstMessage, a.Conversation.Agent.Prompt.Prompt
	if own := e.Settings.FirstMessage; own != nil {
		first = *own
	}
	if own := e.Settings.Prompt; own != nil {
		prompt = *own
	}
	for _, found := range variable.FindAllStringSubmatch(first, -1) {
		missing(Error, "the first message", found[1], ": the server hangs up", rest.Variables{})
	}
	for _, t := range tools {
		for _, name := range variablesOf(t.Parameters) {
			missing(Error, "the tool "+t.Name, name, ": the server hangs up", t.Variables)
		}
	}
	for _, found := range variable.FindAllStringSubmatch(prompt, -1) {
		missing(Warning, "the prompt", found[1], "", rest.Variables{})
	}
}

// variablesOf are the dynamic variables that a tool's parameters come from, sorted.
func variablesOf(s *rest.Schema) []string {
	if s == nil {
		return nil
	}
	var names []string
	if s.Variable != "" {
		names = append(names, s.Variable)
	}
	names = append(names, variablesOf(s.Items)...)
	for _, p := range s.Properties {
		names = append(names, variablesOf(p)...)
	}
	slices.Sort(names)
	return names
}
