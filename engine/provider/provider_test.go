package provider_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/apikey"
	"moonlark/engine/provider"
)

func TestTheChoiceOfTheUserNamesAServer(t *testing.T) {
	for _, row := range []struct {
		choice, environment string // name=value, separated by spaces
		want                string // base URL, model, key header, variable of the key, near; or an error
	}{
		{"openai:gpt", "OPENAI_API_KEY=k", "https://api.openai.com/v1 gpt OPENAI_API_KEY"},
		{"openai:gpt", "OPENAI_API_KEY=k OPENAI_BASE_URL=https://proxy.example/v1/", "https://proxy.example/v1 gpt OPENAI_API_KEY"},
		{"openai", "", "openai needs a key: set the environment variable OPENAI_API_KEY"},
		{"gemini", "", "set the environment variable GEMINI_API_KEY or GOOGLE_API_KEY"},
		{"openai", "OPENAI_BASE_URL=https://proxy.example/v1", "https://proxy.example/v1  OPENAI_API_KEY no key"},
		{"azure:d", "AZURE_OPENAI_ENDPOINT=https://r.openai.azure.com AZURE_OPENAI_API_KEY=k", "https://r.openai.azure.com/openai/v1 d AZURE_OPENAI_API_KEY"},
		{"anthropic:c", "ANTHROPIC_API_KEY=k", "https://api.anthropic.com/v1 c ANTHROPIC_API_KEY"},
		{"anthropic:c", "ANTHROPIC_API_KEY=k ANTHROPIC_BASE_URL=https://proxy.example/a/", "https://proxy.example/a/v1 c ANTHROPIC_API_KEY"},
		{"anthropic:c", "ANTHROPIC_BASE_URL=http://localhost:8080/v1", "http://localhost:8080/v1 c ANTHROPIC_API_KEY near no key"},
		{"anthropic:c", "ANTHROPIC_API_KEY=k ANTHROPIC_BASE_URL=http://proxy.example", "without encryption"},
		{"azure:d", "", "azure needs the environment variable AZURE_OPENAI_ENDPOINT"},
		{"ollama:qwen3:8b", "", "http://127.0.0.1:11434/v1 qwen3:8b near no key"},
		{"ollama:qwen3", "OLLAMA_HOST=0.0.0.0", "http://127.0.0.1:11434/v1 qwen3 near no key"},
		{"ollama", "OLLAMA_HOST=box:1234", "http://box:1234/v1  near no key"},
		{"ollama", "OLLAMA_HOST=https://llm.example/ollama/", "https://llm.example/ollama/v1  no key"},
		{"gemini:g", "GOOGLE_API_KEY=k", "https://generativelanguage.googleapis.com/v1beta/openai g GOOGLE_API_KEY"},
		{"gemini:g", "GOOGLE_API_KEY=k GEMINI_API_KEY=k", "https://generativelanguage.googleapis.com/v1beta/openai g GEMINI_API_KEY"},
		{"http://192.168.1.5:8080/v1", "", "http://192.168.1.5:8080/v1  LLM_API_KEY near no key"},
		{"https://llm.example/v1/#a/b", "LLM_API_KEY=k", "https://llm.example/v1 a/b LLM_API_KEY"},
		{"http://nas.local/v1", "LLM_API_KEY=k", "http://nas.local/v1  LLM_API_KEY near"},
		{"http://llm.example/v1", "LLM_API_KEY=k", "the key in LLM_API_KEY would go to llm.example without encryption: use https://"},
		{"http://llm.example/v1", "", "http://llm.example/v1  LLM_API_KEY no key"},
		{"openai:gpt", "OPENAI_API_KEY=k OPENAI_BASE_URL=http://proxy.example/v1", "without encryption"},
		{"azure:d", "AZURE_OPENAI_ENDPOINT=https://openai-eu.openai.azure.com AZURE_OPENAI_API_KEY=k", "https://openai-eu.openai.azure.com/openai/v1 d AZURE_OPENAI_API_KEY"},
		{"http://192.168.1.5:8080/v1/chat/completions", "", "http://192.168.1.5:8080/v1  LLM_API_KEY near no key"},
		{"http://0.0.0.0:8080/v1", "LLM_API_KEY=k", "http://0.0.0.0:8080/v1  LLM_API_KEY near"},
		{"http://134744072/v1", "LLM_API_KEY=k", "without encryption"}, // 8.8.8.8
		{"http://192.168.1.5:8080/v1:qwen3", "", "the model or the voice is written after a #, as in http://192.168.1.5:8080/v1#qwen3"},
		{"192.168.1.5:8080", "", "write http://192.168.1.5:8080/v1"},
		{"localhost:8080", "", "write http://localhost:8080/v1"},
		{"https://k@llm.example/v1", "", "must have no user name"},
		{"ftp://llm.example", "", "is not a URL that begins with http:// or https://"},
		{"olama:qwen3", "", `unknown provider "olama" (did you mean 'ollama'?)`},
		{"qwen3", "", `unknown provider "qwen3": it can be openai, azure,`},
	} {
		env := make(map[string]string)
		for _, pair := range strings.Fields(row.environment) {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		c, err := provider.Find(row.choice, func(name string) string { return env[name] })
		if err != nil {
			if !strings.Contains(err.Error(), row.want) {
				t.Errorf("%s with %s: got %v, want %s", row.choice, row.environment, err, row.want)
			}
			continue
		}
		got := c.Base + " " + c.Choice
		if c.KeyName != "" {
			got += " " + c.KeyName
		}
		if c.Near {
			got += " near"
		}
		if c.Key.IsZero() {
			got += " no key"
		}
		if got != row.want {
			t.Errorf("%s with %s: got %q, want %q", row.choice, row.environment, got, row.want)
		}
	}
}

func TestAServiceNeedsItsKey(t *testing.T) {
	for _, row := range []struct{ choice, environment, want string }{
		{"elevenlabs", "ELEVENLABS_API_KEY=k", "https://api.elevenlabs.io "},
		{"elevenlabs:voice", "ELEVENLABS_API_KEY=k ELEVENLABS_BASE_URL=https://api.eu.example/", "https://api.eu.example voice"},
		{"deepgram:nova", "DEEPGRAM_API_KEY=k", "https://api.deepgram.com nova"},
		{"deepgram", "DEEPGRAM_BASE_URL=http://192.168.1.5:8080", "http://192.168.1.5:8080 "}, // a server of one's own needs no key
		{"deepgram", "", "deepgram needs a key: set the environment variable DEEPGRAM_API_KEY"},
		{"deepgram", "DEEPGRAM_API_KEY=k DEEPGRAM_BASE_URL=http://stt.example", "the key in DEEPGRAM_API_KEY would go to stt.example without encryption"},
		{"openai", "OPENAI_API_KEY=k", `unknown service "openai": it can be elevenlabs or deepgram`},
	} {
		env := make(map[string]string)
		for _, pair := range strings.Fields(row.environment) {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		e, err := provider.FindService(row.choice, func(name string) string { return env[name] })
		got := e.Base + " " + e.Choice
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, row.want) {
			t.Errorf("%s with %s: got %s, want %s", row.choice, row.environment, got, row.want)
		}
	}
	if _, err := provider.Find("elevenlabs", func(string) string { return "k" }); err == nil {
		t.Error("a service is no server of language models")
	}
}

func TestAWebSocketCarriesTheKeyAndFollowsNoRedirect(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.String()+" "+r.Header.Get("Authorization"))
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		case "/refuse":
			w.WriteHeader(401)
			w.Write([]byte(`{"err_msg":"the key s3cret is wrong"}`))
		default:
			var upgrader websocket.Upgrader
			if conn, err := upgrader.Upgrade(w, r, nil); err == nil {
				conn.Close()
			}
		}
	}))
	defer server.Close()
	e := provider.Endpoint{Server: "test", Base: server.URL, Key: apikey.New("s3cret"), KeyName: "TEST_KEY", KeyScheme: "Token", Near: true}
	for path, want := range map[string]string{"/listen?a=b": "", "/redirect": "test: HTTP 302: ", "/refuse": "test: HTTP 401: the key (key) is wrong (check TEST_KEY)"} {
		asked = nil
		conn, err := e.DialWebSocket(t.Context(), path)
		if err == nil {
			conn.Close()
		}
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) || strings.Join(asked, " ") != path+" Token s3cret" {
			t.Errorf("%s: got %v, and the server was asked %q", path, err, asked)
		}
	}
	server.Close()
	cause := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	if _, err := e.DialWebSocket(ctx, "/"); err == nil || !strings.HasPrefix(err.Error(), "test: ") {
		t.Errorf("got %v", err)
	}
	cancel(cause)
	if _, err := e.DialWebSocket(ctx, "/"); err != cause {
		t.Errorf("got %v", err)
	}
}

func TestAURLMayBelongToAProvider(t *testing.T) {
	for text, want := range map[string]string{
		"ollama": "ollama", "http://192.168.1.5:11434/v1": "ollama", "https://api.mistral.ai/v1": "mistral",
		"https://llm.example/v1": "", "http://127.0.0.1:8080/v1": "",
	} {
		e, err := provider.Find(text, func(string) string { return "" })
		if got := e.Kind(); got != want || err != nil {
			t.Errorf("%s: got %q, want %q; %v", text, got, want, err)
		}
	}
}

func TestAKeyForTheLocalNetworkDoesNotGoThroughAProxy(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the proxy got a request") }))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	e := provider.Endpoint{Base: "http://192.0.2.1/v1", Near: true} // an address that nobody has
	if response, err := e.Send(ctx, http.MethodGet, "/models", "", nil); err == nil {
		response.Body.Close()
		t.Error("somebody has answered")
	}
}

func TestAnErrorDoesNotRepeatTheRequest(t *testing.T) {
	text, _ := provider.ParseError([]byte(`{"detail":[{"type":"missing","loc":["body","model"],"msg":"Field required","input":{"messages":["private"]}},{"msg":"no"}]}`))
	if want := "body.model: Field required; no"; text != want {
		t.Errorf("got %q, want %q", text, want)
	}
}
