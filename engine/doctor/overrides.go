package doctor

import (
	"encoding/json"

	"moonlark/engine/rest"
)

// overridePaths says where the agent's settings have the permission to override a setting: the path
// within the JSON object conversation_config_override. Settings that are not in this map need no
// permission, or checkOverrides has a case for them.
var overridePaths = map[string][]string{
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

// checkOverrides reports whether the agent allows the settings that conversations will override.
func (c *checker) checkOverrides(a *rest.Agent) {
	const group, subject = "agent", "overrides"
	for _, name := range c.overridden() {
		allowed := false
		switch path, ok := overridePaths[name]; {
		case a.Platform == nil:
			c.skip(group, subject, "the API does not say whether "+name+" may be overridden", "use an API key that may edit the agent")
			continue
		case name == "client_events":
			c.skip(group, subject, "the API does not say whether client_events may be overridden", "enable the events in the agent's settings")
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
			c.ok(group, subject, name+" may be overridden")
		} else {
			c.fail(group, subject, name+" must not be overridden: the server ends the conversation", "enable the override (Security, Overrides), or do not set "+name)
		}
	}
}

// overridden returns the names of the settings that conversations will override, sorted.
func (c *checker) overridden() []string {
	var set map[string]any
	text, err := json.Marshal(c.Settings)
	if err == nil {
		err = json.Unmarshal(text, &set)
	}
	if err != nil {
		panic(err) // cannot happen: the settings were parsed from JSON
	}
	return sortedKeys(set)
}
