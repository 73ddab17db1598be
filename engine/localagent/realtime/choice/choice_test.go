package choice_test

import (
	"strings"
	"testing"

	"moonlark/engine/localagent/realtime"
	"moonlark/engine/localagent/realtime/choice"
	"moonlark/engine/localagent/realtime/gemini"
	"moonlark/engine/localagent/realtime/openai"
	"moonlark/engine/provider"
)

func TestAFlagNamesAService(t *testing.T) {
	for _, row := range []struct {
		flag, environment string // name=value, separated by spaces
		detect            realtime.Detection
		want              string // type, URL, model, key; or an error
	}{
		{"openai:m", "OPENAI_API_KEY=k", "", "openai wss://api.openai.com/v1/realtime m OPENAI_API_KEY"},
		{"openai:m", "OPENAI_API_KEY=k OPENAI_BASE_URL=https://proxy.example/v1/", "semantic", "openai wss://proxy.example/v1/realtime m OPENAI_API_KEY"},
		{"openai", "OPENAI_API_KEY=k", "off", "openai wss://api.openai.com/v1/realtime OPENAI_API_KEY"},
		{"openai", "", "", "openai needs a key: set the environment variable OPENAI_API_KEY"},
		{"azure:d", "AZURE_OPENAI_ENDPOINT=https://r.openai.azure.com AZURE_OPENAI_API_KEY=k", "", "openai wss://r.openai.azure.com/openai/v1/realtime d api-key AZURE_OPENAI_API_KEY"},
		{"xai", "XAI_API_KEY=k", "", "openai wss://api.x.ai/v1/realtime XAI_API_KEY"},
		{"gemini:m", "GOOGLE_API_KEY=k", "", "gemini wss://generativelanguage.googleapis.com/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent m x-goog-api-key GOOGLE_API_KEY"},
		{"gemini:m", "GEMINI_API_KEY=k", "semantic", "gemini has no semantic detection"},
		{"ws://192.168.1.5:8080", "", "", "openai ws://192.168.1.5:8080/v1/realtime no key near"},
		{"ws://192.168.1.5:8080/v1#m", "LLM_API_KEY=k", "", "openai ws://192.168.1.5:8080/v1/realtime m LLM_API_KEY near"},
		{"wss://s.example/v1/realtime?model=m&api-version=2025-04-01-preview", "", "", "openai wss://s.example/v1/realtime?api-version=2025-04-01-preview m no key"},
		{"wss://s.example/other/path", "", "", "openai wss://s.example/other/path no key"},
		{"ws://s.example/v1", "LLM_API_KEY=k", "", "the key in LLM_API_KEY would go to s.example without encryption: use wss://"},
		{"wss://s.example/v1?api_key=secret", "", "", `the URL has a parameter "api_key"`},
		{"wss://u:secret@s.example/v1", "", "", "must have no user name"},
		{"http://s.example/v1", "", "", "is not a URL that begins with ws:// or wss://"},
		{"groq:m", "GROQ_API_KEY=k", "", "groq has no speech-to-speech API that Moonlark knows"},
		{"groq:m", "", "", "groq has no speech-to-speech API that Moonlark knows"}, // a key would not help
		{"openaj:m", "", "", "did you mean 'openai'"},
	} {
		env := make(map[string]string)
		for _, pair := range strings.Fields(row.environment) {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		service, err := choice.New(row.flag, row.detect, nil, func(name string) string { return env[name] })
		if err != nil {
			if !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s with %s: got %v, want %s", row.flag, row.environment, err, row.want)
			}
			continue
		}
		var got string
		switch s := service.(type) {
		case *openai.Service:
			got = "openai " + describe(s.Endpoint)
		case *gemini.Service:
			got = "gemini " + describe(s.Endpoint)
		}
		if got != row.want {
			t.Errorf("%s with %s: got %q, want %q", row.flag, row.environment, got, row.want)
		}
	}
}

// describe returns the URL, the model, the header and the variable of the key of a server, and
// whether it is near.
func describe(e provider.Endpoint) string {
	words := []string{e.Base, e.Choice, e.KeyHeader, e.KeyName}
	if e.Key.IsZero() {
		words[3] = "no key"
	}
	if e.Near {
		words = append(words, "near")
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

func TestADetectionHasAName(t *testing.T) {
	for name, want := range map[string]realtime.Detection{"": "server", "server": "server", "semantic": "semantic", "off": "off"} {
		if got, err := realtime.ParseDetection(name); got != want || err != nil {
			t.Errorf("%q: got %q, %v", name, got, err)
		}
	}
	if _, err := realtime.ParseDetection("maybe"); err == nil || err.Error() != `"maybe": want server, semantic or off` {
		t.Errorf("got %v", err)
	}
}
