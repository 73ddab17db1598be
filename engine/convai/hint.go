package convai

import (
	"net/http"
	"regexp"
	"strings"
)

// Hint returns a suggestion to the user about an error in a conversation or about its end, or "" if
// it has none. code is the code of a close frame or of a ServerError, or the HTTP status of a
// failed handshake. reason is all text that the server sent with the code, such as the error type
// "override_error".
func Hint(code int, reason string) string {
	text := strings.ToLower(reason)
	if strings.Contains(text, EmbeddedAgentError) {
		return "" // the hints are for ElevenLabs, and the error has its own
	}
	if strings.Contains(text, "dynamic variable") || strings.Contains(text, "missing_dynamic_variable") {
		return variablesHint(reason)
	}
	if strings.Contains(text, "override") {
		return overrideHint(reason)
	}
	for _, h := range hints {
		if h.code != 0 && h.code != code {
			continue
		}
		if h.words == nil {
			return h.text
		}
		for _, word := range h.words {
			if strings.Contains(text, word) {
				return h.text
			}
		}
	}
	return ""
}

// A hint is a suggestion for errors that have a certain code or contain one of certain words.
type hint struct {
	code  int      // the code that the error must have; 0 allows any code
	words []string // the error must contain one of these words; nil allows any text
	text  string
}

// hints are tried in this order, and the first that fits is used. The words are error types in
// ElevenLabs' AsyncAPI document, and parts of close reasons that users have reported.
var hints = []hint{
	{0, []string{"quota", "credit"}, "the ElevenLabs account has used up its credits"},
	{0, []string{"reach does not exist", "agent does not exist", "agent not found", "agent_not_found"}, "check the agent id, and that the host belongs to the agent's region"},
	{0, []string{"misconfigured"}, "try the agent on the ElevenLabs site: its LLM, voice or tools are not set up correctly"},
	{0, []string{"authoriz", "authentic", "signed url", "signature"}, "the agent is private: connect with a fresh signed URL (valid for 15 minutes)"},
	{0, []string{"invalid message", "invalid_message"}, "the server could not read a message; for example, the result of a tool must be a string"},
	{0, []string{"missing_fields"}, "a message lacked a required field"},
	{0, []string{"transport_receive_timeout", "no user input", "user input for 60"}, "the server hangs up after 60 s without user input: keep sending sound, for example silence"},
	{0, []string{"llm_timeout", "llm response took"}, "the agent's LLM took over 20 s: choose a faster one or a shorter prompt"},
	{0, []string{"llm_error", "custom_llm_error", "cascade_brain_error", "llms have failed"}, "the agent's LLM failed: try again, or choose another one in the agent's settings"},
	{0, []string{"tts_cascade_error", "tts models have failed"}, "the agent's voice failed: try again, or choose another one in the agent's settings"},
	{0, []string{"asr_transcription_error", "transcription failed"}, "speech recognition failed: check that sound is sent in the format the server announced"},
	{0, []string{"safety", "content policy"}, "the conversation violated ElevenLabs' content policy"},
	{0, []string{"max_duration", "max duration", "maximum duration", "max call duration", "max conversation duration"}, "the conversation reached the agent's maximum duration (600 s by default): change it in the agent's settings"},
	{0, []string{"mcp_https_error"}, "the agent's MCP servers must have https URLs"},
	{0, []string{"mcp_tool_error"}, "one of the agent's MCP tools has a schema that ElevenLabs cannot use"},
	{0, []string{"unsupported language", "unsupported_language", "language is not", "language not supported"}, "the agent does not speak this language: add it in the agent's settings"},

	{http.StatusOK, nil, "something other than the agent answered, such as a web page or the login page of a network: check the URL"},
	{http.StatusUnauthorized, nil, "the agent is private, or the signed URL has expired: get a fresh one (valid for 15 minutes)"},
	{http.StatusForbidden, nil, "the signed URL has expired (valid for 15 minutes), or the agent's allowlist does not contain this Origin"},
	{http.StatusNotFound, nil, "check the agent id and the host"},
	{http.StatusProxyAuthRequired, nil, "a proxy requires a user name and password: write HTTPS_PROXY=http://user:password@host:port"},
	{http.StatusTooManyRequests, nil, "too many conversations at once: wait a little"},
	{http.StatusInternalServerError, nil, serverTrouble},
	{http.StatusBadGateway, nil, serverTrouble},
	{http.StatusServiceUnavailable, nil, serverTrouble},
	{http.StatusGatewayTimeout, nil, serverTrouble},

	{1001, nil, "the server is going away: connect again"},
	{1008, nil, "the server refused what it was sent: check the agent's settings for authentication, overrides and dynamic variables"},
	{1009, nil, "a message was too long for the server: shorten what the tools return"},
	{1011, nil, serverTrouble},
	{1012, nil, serverTrouble},
	{1013, nil, serverTrouble},
}

const serverTrouble = "the server is in trouble: try again in a while"

var (
	braces = regexp.MustCompile(`\{([^{}]*)\}`)
	quoted = regexp.MustCompile(`['"]([A-Za-z0-9_.]+)['"]`)
)

// variablesHint returns a suggestion for an error about dynamic variables without values. It names
// the variables if reason has the form "Missing required dynamic variables in tools: {'name',
// 'city'}".
func variablesHint(reason string) string {
	const placeholder = ", or a placeholder in the agent's settings"
	var names []string
	if set := braces.FindStringSubmatch(reason); set != nil {
		for _, name := range quoted.FindAllStringSubmatch(set[1], -1) {
			names = append(names, name[1])
		}
	}
	switch len(names) {
	case 0:
		return "the agent needs a dynamic variable that has no value: give it a value" + placeholder
	case 1:
		return "give the dynamic variable " + names[0] + " a value" + placeholder
	default:
		return "give the dynamic variables " + strings.Join(names, ", ") + " a value" + placeholder
	}
}

// overrideFields are the settings that an agent can allow clients to override, by their names in
// close reasons. Longer names come first, because some names contain others.
var overrideFields = []string{
	"max_conversation_duration_message", "soft_timeout_config", "native_mcp_server_ids", "max_duration_seconds",
	"custom_llm_extra_body", "knowledge_base", "similarity_boost", "first_message", "client_events", "stability",
	"text_only", "tool_ids", "voice_id", "language", "keywords", "model_id", "prompt", "speed", "llm",
}

// overrideHint returns a suggestion for an error about a setting that may not be overridden. It
// names the setting if reason contains its name, as in "Override for field 'voice_id' is not
// allowed by config".
func overrideHint(reason string) string {
	const where = ": enable it in the agent's settings (Security, Overrides), or do not set it here"
	if name := quoted.FindStringSubmatch(reason); name != nil {
		return "the agent does not allow " + name[1] + " to be overridden" + where
	}
	text := strings.ToLower(reason)
	for _, field := range overrideFields {
		if strings.Contains(text, field) || strings.Contains(text, strings.ReplaceAll(field, "_", " ")) {
			return "the agent does not allow " + field + " to be overridden" + where
		}
	}
	return "the agent does not allow one of the settings to be overridden" + where
}
