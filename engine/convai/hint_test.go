package convai

import (
	"strings"
	"testing"
)

func TestHintsSuggestWhatToDo(t *testing.T) {
	for _, test := range []struct {
		code int
		// reason is the server's text. want is a part of the expected hint, or empty if there must
		// be none.
		reason, want string
	}{
		{1000, "", ""},
		{1000, "agent ended the call", ""},
		{1008, "openai: HTTP 401: no authorization " + EmbeddedAgentError + " set OPENAI_API_KEY", ""},
		{1000, "Max duration exceeded", "600 s"},
		{1002, "", ""},
		{1002, "llm_timeout", "20 s"},
		{1002, "LLM response took over 20 seconds", "20 s"},
		{1002, "transport_receive_timeout", "silence"},
		{1002, "No user input for 60 seconds", "silence"},
		{1002, "safety_violation", "content policy"},
		{1002, "All LLMs have failed", "LLM failed"},
		{1002, "This request exceeds your quota limit.", "credits"},
		{1002, "The AI agent you are trying to reach appears to be misconfigured", "ElevenLabs site"},
		{3000, "The AI agent you are trying to reach does not exist.", "agent id"},
		{3000, "Could not authorize the conversation", "signed URL"},
		{1008, "", "overrides"},
		{1008, "Invalid message received", "must be a string"},
		{1008, "Override for field 'first_message' is not allowed by config", "allow first_message to be overridden"},
		{1008, "override_error: voice id", "allow voice_id to be overridden"},
		{1008, "conversation.max_duration_seconds override", "allow max_duration_seconds to be overridden"},
		{1008, "Invalid override configuration", "allow one of the settings to be overridden"},
		{1008, "Missing required dynamic variables in first message: {'user_name'}", "dynamic variable user_name a value"},
		{1008, "Missing required dynamic variables in tools: {'a', 'b_2'}", "dynamic variables a, b_2 a value"},
		{1008, "missing_dynamic_variable", "dynamic variable"},
		{1009, "", "too long"},
		{1011, "", "try again"},
		{401, "", "15 minutes"},
		{403, "", "Origin"},
		{404, "", "agent id"},
		{502, "", "try again"},
	} {
		got := Hint(test.code, test.reason)
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%d %s: got %q, want %q in it", test.code, test.reason, got, test.want)
		}
	}
}
