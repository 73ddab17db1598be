package engine

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"moonlark/engine/agent"
	"moonlark/engine/convai"
	"moonlark/engine/event"
	"moonlark/engine/rest"
	"moonlark/engine/rest/resttest"
)

// handshake plays a conversation that is only begun, and returns how: the
// request, and the frames up to the first that is the initiation.
func handshake(t *testing.T) (url string, begun chan opening) {
	begun = make(chan opening, 1)
	url = raw(t, func(a *fakeAgent) {
		var o opening
		o.request = a.request
		for {
			f := a.frame()
			o.frames = append(o.frames, f)
			if f == "" || strings.Contains(f, `"conversation_initiation_client_data"`) {
				break
			}
		}
		a.send(&convai.ConversationInitiationMetadata{ConversationID: "conv_1"})
		begun <- o
		a.close(1000, "")
	})
	return url, begun
}

type opening struct {
	request *http.Request
	frames  []string
}

func TestEverySettingGoesWhereItBelongs(t *testing.T) {
	t.Parallel()
	const all = `agent {
		prompt = "be kind", first_message = "", language = "de", llm = "small", tool_ids = { "tool_1" },
		voice_id = "v", model_id = "m", stability = 0, speed = 1.2, similarity_boost = 1,
		keywords = { "moon" }, soft_timeout_message = "hm", max_duration_message = "bye",
		text_only = false, max_duration_seconds = 60, client_events = { "ping" },
		user_id = "u", branch_id = "b", environment = "staging", starting_workflow_node_id = "n",
		dynamic_variables = { name = "Ann", n = 1.5, yes = true, list = { "a", 2 } },
		custom_llm_extra_body = { deep = { er = { 1, 2 } } },
	}`
	const want = `{"type":"conversation_initiation_client_data",
		"conversation_config_override":{
			"agent":{"prompt":{"prompt":"be kind","llm":"small","tool_ids":["tool_1"]},"first_message":"","language":"de","max_conversation_duration_message":"bye"},
			"tts":{"voice_id":"v","model_id":"m","stability":0,"speed":1.2,"similarity_boost":1},
			"asr":{"keywords":["moon"]},
			"turn":{"soft_timeout_config":{"message":"hm"}},
			"conversation":{"text_only":false,"max_duration_seconds":60,"client_events":["ping"]}},
		"user_id":"u","branch_id":"b","environment":"staging","starting_workflow_node_id":"n",
		"dynamic_variables":{"name":"Ann","n":1.5,"yes":true,"list":["a",2]},
		"custom_llm_extra_body":{"deep":{"er":[1,2]}}}`
	for _, row := range []struct {
		name, source string
		opts         Options
		want         string
	}{
		{"nothing is sent that is not set", "", Options{}, `{"type":"conversation_initiation_client_data"}`},
		{"everything", all, Options{}, want},
		{"a flag", "", Options{Agent: agent.Settings{Language: "fr"}}, `{"type":"conversation_initiation_client_data","conversation_config_override":{"agent":{"language":"fr"}}}`},
		{
			"a script over a flag", `agent { language = "it" }`, Options{Agent: agent.Settings{Language: "fr", UserID: "u"}},
			`{"type":"conversation_initiation_client_data","user_id":"u","conversation_config_override":{"agent":{"language":"it"}}}`,
		},
		{"text instead of speech", "", Options{TextOnly: true}, `{"type":"conversation_initiation_client_data","conversation_config_override":{"conversation":{"text_only":true}}}`},
		{"but a script that says otherwise", "agent { text_only = false }", Options{TextOnly: true}, `{"type":"conversation_initiation_client_data","conversation_config_override":{"conversation":{"text_only":false}}}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			url, begun := handshake(t)
			opts := row.opts
			opts.Target.URL = url
			h := build(t, opts, "a.lua", row.source)
			if err := h.start(context.Background())(); err != nil {
				t.Fatal(err)
			}
			if o := <-begun; len(o.frames) != 1 || !sameJSON(o.frames[0], row.want) {
				t.Errorf("got  %s\nwant %s", o.frames, row.want)
			}
		})
	}
}

const secret = "sk_top_secret_0123456789"

func TestAPrivateAgentsURLIsAskedForWithTheKey(t *testing.T) {
	t.Parallel()
	url, begun := handshake(t)
	api := &resttest.API{Key: secret, Signed: map[string]string{"agent_1": url + "/v1?agent_id=agent_1&conversation_signature=cvtkn_x"}}
	server := resttest.Serve(t, api)
	h := build(t, Options{
		Target:     Target{Agent: "agent_1"},
		Connection: Connection{Host: server.URL, Key: rest.NewKey(secret), Origin: "https://kiosk.example"},
		Agent:      agent.Settings{BranchID: "agtbrch_1", Environment: "staging"},
	}, "a.lua", "")
	if err := h.start(context.Background())(); err != nil {
		t.Fatal(err)
	}
	o := <-begun
	if got := o.request.URL.RequestURI(); got != "/v1?agent_id=agent_1&conversation_signature=cvtkn_x" {
		t.Errorf("connected to %s", got)
	}
	if got := o.request.Header.Get("Origin"); got != "https://kiosk.example" {
		t.Errorf("Origin: %s", got)
	}
	for name, values := range o.request.Header {
		if strings.Contains(strings.Join(values, ""), secret) {
			t.Errorf("the key goes with the handshake, in %s", name)
		}
	}
	if got := api.Requests(); len(got) != 1 || got[0] != "GET /v1/convai/conversation/get-signed-url?agent_id=agent_1&branch_id=agtbrch_1&environment=staging" {
		t.Errorf("asked for %q", got)
	}
	h.hides(t, secret, "cvtkn_x")
}

func TestEveryConversationHasASignedURLOfItsOwn(t *testing.T) {
	t.Parallel()
	url := inTurn(t, (*fakeAgent).cut, func(a *fakeAgent) { a.close(1000, "") })
	api := &resttest.API{Key: secret, Signed: map[string]string{"agent_1": url}}
	server := resttest.Serve(t, api)
	h := build(t, Options{Target: Target{Agent: "agent_1"}, Connection: Connection{Host: server.URL, Key: rest.NewKey(secret)}, Reconnect: true}, "a.lua", "")
	if err := h.start(context.Background())(); err != nil {
		t.Error(err)
	}
	if n := len(api.Requests()); n != 2 {
		t.Errorf("asked %d times, want 2", n)
	}
}

func TestAKeyThatIsWrongIsNotShown(t *testing.T) {
	t.Parallel()
	server := resttest.Serve(t, &resttest.API{Key: "another"})
	h := build(t, Options{Target: Target{Agent: "agent_1"}, Connection: Connection{Host: server.URL, Key: rest.NewKey(secret)}, Retry: true, Reconnect: true}, "a.lua", "")
	err := h.start(context.Background())()
	if err == nil || !strings.Contains(err.Error(), "HTTP 401") || !strings.Contains(Hint(err), "check ELEVENLABS_API_KEY") || strings.Contains(err.Error(), secret) {
		t.Errorf("Run = %v (%s)", err, Hint(err))
	}
	h.hides(t, secret)
}

func TestAServerOfOnesOwnSaysWhereToConnect(t *testing.T) {
	t.Parallel()
	url, begun := handshake(t)
	for name, answer := range map[string]string{"as JSON": `{"signed_url":"` + url + `/?token=hidden_x"}`, "as text": url + "/?token=hidden_x\n"} {
		source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for field, values := range r.Header {
				if strings.Contains(strings.Join(values, ""), secret) {
					t.Errorf("the key goes to a stranger, in %s", field)
				}
			}
			w.Write([]byte(answer))
		}))
		h := build(t, Options{Target: Target{SignedURLFrom: source.URL + "/?device=hidden_y"}, Connection: Connection{Key: rest.NewKey(secret)}}, "a.lua", "")
		if err := h.start(context.Background())(); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := (<-begun).request.URL.RequestURI(); got != "/?token=hidden_x" {
			t.Errorf("%s: connected to %s", name, got)
		}
		source.Close()
		h.hides(t, secret, "hidden_x", "hidden_y")
	}
}

func TestAServerOfOnesOwnThatTalksNonsenseIsNotAskedForEver(t *testing.T) {
	t.Parallel()
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("<html>hello")) }))
	defer source.Close()
	h := build(t, Options{Target: Target{SignedURLFrom: source.URL}, Retry: true}, "a.lua", "")
	err := h.start(context.Background())()
	if err == nil || !strings.Contains(Hint(err), `it is to answer {"signed_url": "wss://..."}`) {
		t.Errorf("Run = %v (%s)", err, Hint(err))
	}
}

func TestAnOrchestratorGetsItsSetupFirst(t *testing.T) {
	t.Parallel()
	url, begun := handshake(t)
	h := build(t, Options{Target: Target{URL: url}, Connection: Connection{Enclave: json.RawMessage(`{
		"type": "enclave_setup_config", "agent_config_dict": {"a": [1, 2]}, "override_agent_config_list": [{"b": 1}], "tools_config_list": [],
		"prompt_knowledge_base": ["c"], "post_call_transcription_webhook": {"url": "https://x", "hmac_secret": "s"}}`)}}, "a.lua", "")
	if err := h.start(context.Background())(); err != nil {
		t.Fatal(err)
	}
	o := <-begun
	if len(o.frames) != 2 || !sameJSON(o.frames[0], `{"type":"enclave_setup_config","agent_config_dict":{"a":[1,2]},"override_agent_config_list":[{"b":1}],
		"tools_config_list":[],"prompt_knowledge_base":["c"],"post_call_transcription_webhook":{"url":"https://x","hmac_secret":"s"}}`) {
		t.Errorf("got %q", o.frames)
	}
}

func TestAConnectionThatCannotBeIsRefusedBeforeAnythingRuns(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		opts Options
		want string
	}{
		{"a host that is none", Options{Connection: Connection{Host: "a b"}}, "host: "},
		{"a host with a path", Options{Connection: Connection{Host: "example.com/v1"}}, "is not a host name"},
		{"a host without TLS", Options{Connection: Connection{Host: "http://example.com"}}, "not sent without TLS"},
		{"an enclave that is no table", Options{Connection: Connection{Enclave: json.RawMessage(`[]`)}}, "enclave: "},
		{"an enclave with a field that nobody knows", Options{Connection: Connection{Enclave: json.RawMessage(`{"agent_config": {}}`)}}, `unknown field "agent_config"`},
		{"a source that is no web address", Options{Target: Target{SignedURLFrom: "ftp://hidden_x/"}}, "want https://host/path"},
		{"two targets", Options{Target: Target{SignedURLFrom: "https://x/", Agent: "a"}}, "exclude each other"},
	} {
		_, err := New(row.opts)
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "hidden_x") {
			t.Errorf("%s: %v, want %s", row.name, err, row.want)
		}
	}
}

func TestAnAgentsURLHasItsEnvironment(t *testing.T) {
	t.Parallel()
	url, begun := handshake(t)
	h := build(t, Options{
		Target:     Target{Agent: "agent 1&x"},
		Connection: Connection{Host: "http" + strings.TrimPrefix(url, "ws")},
		Agent:      agent.Settings{Environment: "a b&c"},
	}, "a.lua", "")
	if err := h.start(context.Background())(); err != nil {
		t.Fatal(err)
	}
	o := <-begun
	if got := o.request.URL.RequestURI(); got != "/v1/convai/conversation?agent_id=agent+1%26x&environment=a+b%26c" {
		t.Errorf("connected to %s", got)
	}
	if !sameJSON(o.frames[0], `{"type":"conversation_initiation_client_data","environment":"a b&c"}`) {
		t.Errorf("got %s", o.frames)
	}
	if got := o.request.Header.Get("Origin"); got != "" {
		t.Errorf("an Origin that nobody asked for: %s", got)
	}
}

// hides checks that what was shown has none of these texts.
func (h *house) hides(t *testing.T, texts ...string) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.events {
		shown, _ := json.Marshal(e)
		for _, text := range texts {
			if strings.Contains(string(shown), text) {
				t.Errorf("shown: %s", shown)
			}
		}
	}
}

func TestTwoScriptsThatSayHowTheAgentIsAreBothNamed(t *testing.T) {
	h := build(t, Options{Target: Target{URL: "ws://127.0.0.1:1/"}}, "script1.lua", "\nagent { language = 'de' }", "script2.lua", "\n\nagent { language = 'fr' }")
	err := h.start(context.Background())()
	if err == nil || Hint(err) == "" || !inOrder(err.Error(), "script2.lua:3: agent is said at ", "script1.lua:2 too") {
		t.Errorf("Run = %v", err)
	}
	again := build(t, Options{Target: Target{URL: "ws://127.0.0.1:1/"}}, "a.lua", "agent { language = 'de' }\nagent { language = 'fr' }")
	if err := again.start(context.Background())(); err == nil || !inOrder(err.Error(), "a.lua:2: agent: it has been said already, at ", "a.lua:1") {
		t.Errorf("Run = %v", err)
	}
	misspelt := build(t, Options{Target: Target{URL: "ws://127.0.0.1:1/"}}, "a.lua", "\nagent { langauge = 'de' }")
	if err := misspelt.start(context.Background())(); err == nil || !strings.Contains(err.Error(), "a.lua:2: agent: there is no setting 'langauge' (did you mean 'language'?)") {
		t.Errorf("Run = %v", err)
	}
	for _, h := range []*house{h, again, misspelt} {
		if n := len(h.all(event.Connected)); n > 0 {
			t.Errorf("%d connections", n)
		}
	}
}

// inOrder says whether text has all parts, one after the other.
func inOrder(text string, parts ...string) bool {
	for _, part := range parts {
		_, after, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = after
	}
	return true
}
