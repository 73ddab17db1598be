package convai

import (
	"net/http"
	"regexp"
	"strings"
)

// Hint is a guess, for a person, at what to do about the end of a conversation
// or an error in it; empty when there is none. The code is that of the close
// frame or of a ServerError, or the HTTP status of a handshake that failed.
// The reason is whatever text came with it, error types ("override_error")
// included.
func Hint(code int, reason string) string {
	text := strings.ToLower(reason)
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

// A hint fits a code (0: any) and a text that has one of its words (nil: any).
type hint struct {
	code  int
	words []string
	text  string
}

// hints in the order they are tried. The words are the error types of the
// ElevenLabs AsyncAPI and the reasons people have seen.
var hints = []hint{
	{0, []string{"quota", "credit"}, "the ElevenLabs account has used up its credits"},
	{0, []string{"reach does not exist", "agent does not exist", "agent not found", "agent_not_found"}, "check the agent id, and that the host is that of the region the agent lives in"},
	{0, []string{"misconfigured"}, "try the agent on the ElevenLabs site first: its LLM, voice or tools are not set up right there"},
	{0, []string{"authoriz", "authentic", "signed url", "signature"}, "the agent is private: connect with a fresh signed URL (one is good for 15 minutes)"},
	{0, []string{"invalid message", "invalid_message"}, "the server could not read a message; a tool's result, for one, must be a string"},
	{0, []string{"missing_fields"}, "a message lacked something the server needs"},
	{0, []string{"transport_receive_timeout", "no user input", "user input for 60"}, "the server hangs up after 60 s without user input: keep sending sound, silence will do"},
	{0, []string{"llm_timeout", "llm response took"}, "the agent's LLM took over 20 s: choose a faster one or a shorter prompt"},
	{0, []string{"llm_error", "custom_llm_error", "cascade_brain_error", "llms have failed"}, "the agent's LLM failed: try again, or choose another one in the agent's settings"},
	{0, []string{"tts_cascade_error", "tts models have failed"}, "the agent's voice failed: try again, or choose another one in the agent's settings"},
	{0, []string{"asr_transcription_error", "transcription failed"}, "speech recognition failed: check that sound is sent in the format the server announced"},
	{0, []string{"safety", "content policy"}, "the conversation went against ElevenLabs' content policy"},
	{0, []string{"max_duration", "max duration", "maximum duration", "max call duration", "max conversation duration"}, "the agent's maximum duration is reached; it is set in the agent's settings (600 s unless changed)"},
	{0, []string{"mcp_https_error"}, "the agent's MCP servers must have https URLs"},
	{0, []string{"mcp_tool_error"}, "one of the agent's MCP tools has a schema ElevenLabs cannot use"},
	{0, []string{"unsupported language", "unsupported_language", "language is not", "language not supported"}, "the agent does not speak this language: add it in the agent's settings"},

	{http.StatusUnauthorized, nil, "the agent is private, or the signed URL has expired: get a fresh one (one is good for 15 minutes)"},
	{http.StatusForbidden, nil, "the signed URL has expired (one is good for 15 minutes), or the agent's allowlist does not have this Origin"},
	{http.StatusNotFound, nil, "check the agent id and the host"},
	{http.StatusProxyAuthRequired, nil, "the proxy in HTTPS_PROXY wants a user name and password"},
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

// variablesHint names the dynamic variables in a reason such as
// "Missing required dynamic variables in tools: {'name', 'city'}".
func variablesHint(reason string) string {
	const mend = ", or a placeholder in the agent's settings"
	var names []string
	if set := braces.FindStringSubmatch(reason); set != nil {
		for _, name := range quoted.FindAllStringSubmatch(set[1], -1) {
			names = append(names, name[1])
		}
	}
	switch len(names) {
	case 0:
		return "the agent needs a dynamic variable that it was not given: give it a value" + mend
	case 1:
		return "give the dynamic variable " + names[0] + " a value" + mend
	default:
		return "give the dynamic variables " + strings.Join(names, ", ") + " a value" + mend
	}
}

// overrideFields are the settings an agent can allow to be overridden, by the
// names that reasons use for them. The longer ones come first, as some are
// part of others.
var overrideFields = []string{
	"max_conversation_duration_message", "soft_timeout_config", "native_mcp_server_ids", "max_duration_seconds",
	"custom_llm_extra_body", "knowledge_base", "similarity_boost", "first_message", "client_events", "stability",
	"text_only", "tool_ids", "voice_id", "language", "keywords", "model_id", "prompt", "speed", "llm",
}

// overrideHint names the setting in a reason such as
// "Override for field 'voice_id' is not allowed by config".
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
	return "the agent does not allow what was overridden" + where
}
