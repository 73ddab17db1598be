package engine

import (
	"strings"
	"testing"

	"moonlark/engine/agentsettings"
	"moonlark/engine/apikey"
	"moonlark/engine/bus"
	"moonlark/engine/connect"
	"moonlark/engine/rest/resttest"
)

func TestTheAgentSettingsOfScriptsReachTheFirstMessage(t *testing.T) {
	t.Parallel()
	const everySetting = `agent {
		prompt = "be kind", first_message = "", language = "de", llm = "small", tool_ids = { "tool_1" },
		voice_id = "v", model_id = "m", stability = 0, speed = 1.2, similarity_boost = 1,
		keywords = { "moon" }, soft_timeout_message = "hm", max_duration_message = "bye",
		text_only = false, max_duration_seconds = 60, client_events = { "ping" },
		user_id = "u", branch_id = "b", environment = "staging", starting_workflow_node_id = "n",
		dynamic_variables = { name = "Ann", n = 1.5, yes = true, list = { "a", 2 } },
		custom_llm_extra_body = { deep = { er = { 1, 2 } } },
	}`
	const everyField = `{"type":"conversation_initiation_client_data",
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
		{"no settings", "", Options{}, `{"type":"conversation_initiation_client_data"}`},
		{"every setting", everySetting, Options{}, everyField},
		{
			"a setting of the user", "", Options{Agent: agentsettings.Settings{Language: "fr"}},
			`{"type":"conversation_initiation_client_data","conversation_config_override":{"agent":{"language":"fr"}}}`,
		},
		{
			"the script overrides the user", `agent { language = "it" }`, Options{Agent: agentsettings.Settings{Language: "fr", UserID: "u"}},
			`{"type":"conversation_initiation_client_data","user_id":"u","conversation_config_override":{"agent":{"language":"it"}}}`,
		},
		{
			"text instead of speech", "", Options{TextOnly: true},
			`{"type":"conversation_initiation_client_data","conversation_config_override":{"conversation":{"text_only":true}}}`,
		},
		{
			"the script overrides text instead of speech", "agent { text_only = false }", Options{TextOnly: true},
			`{"type":"conversation_initiation_client_data","conversation_config_override":{"conversation":{"text_only":false}}}`,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			first := make(chan string, 1)
			opts := row.opts
			opts.Target.URL = serveAgent(t, func(a *testAgent) {
				first <- string(a.First.Text)
				a.Close(1000, "")
			})
			h := newTestEngine(t, opts, "a.lua", row.source)
			if err := h.runToEnd(); err != nil {
				t.Fatal(err)
			}
			if got := <-first; !sameJSON(got, row.want) {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestMistakesInAgentSettingsEndRunBeforeItConnects(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		files []string
		want  []string // texts that the error contains, in this order
		hint  bool     // whether Hint must return a text
	}{
		{
			"two scripts", []string{"script1.lua", "\nagent { language = 'de' }", "script2.lua", "\n\nagent { language = 'fr' }"},
			[]string{"script2.lua:3: agent is called at ", "script1.lua:2 too"}, true,
		},
		{
			"one script twice", []string{"a.lua", "agent { language = 'de' }\nagent { language = 'fr' }"},
			[]string{"a.lua:2: agent: called already, at ", "a.lua:1"}, false,
		},
		{
			"an unknown setting", []string{"a.lua", "\nagent { langauge = 'de' }"},
			[]string{"a.lua:2: agent: unknown setting 'langauge' (did you mean 'language'?)"}, false,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h := newTestEngine(t, Options{Target: connect.Target{URL: "ws://127.0.0.1:1/"}}, row.files...)
			err := h.runToEnd()
			if err == nil || !containsInOrder(err.Error(), row.want...) || row.hint && Hint(err) == "" {
				t.Errorf("Run = %v, hint %q, want %q", err, Hint(err), row.want)
			}
			if n := len(h.published(bus.Connected)); n > 0 {
				t.Errorf("%d conversations began", n)
			}
		})
	}
}

// containsInOrder reports whether text contains all parts, one after the other.
func containsInOrder(text string, parts ...string) bool {
	for _, part := range parts {
		_, after, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = after
	}
	return true
}

func TestAMistakeInTheConnectionIsAnErrorOfNew(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Target: connect.Target{SignedURLFrom: "https://x/", Agent: "a"}})
	if err == nil || !strings.Contains(err.Error(), "exclude each other") {
		t.Errorf("New = %v", err)
	}
}

const secretKey = "sk_top_secret_0123456789"

func TestARefusedKeyEndsRunAtOnceAndIsNotShown(t *testing.T) {
	t.Parallel()
	api := &resttest.API{Key: "another"}
	h := newTestEngine(t, Options{
		Target:     connect.Target{Agent: "agent_1"},
		Connection: connect.Connection{Host: resttest.Serve(t, api).URL, Key: apikey.New(secretKey)},
		Retry:      true, Reconnect: true,
	}, "a.lua", "")
	err := h.runToEnd()
	if err == nil || !strings.Contains(err.Error(), "HTTP 401") || !strings.Contains(Hint(err), "check ELEVENLABS_API_KEY") || strings.Contains(err.Error(), secretKey) {
		t.Errorf("Run = %v, hint %q", err, Hint(err))
	}
	if n := len(api.Requests()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
	h.checkHidden(secretKey)
}

func TestASignedURLIsNotShown(t *testing.T) {
	t.Parallel()
	url := serveInTurn(t, cut, func(a *testAgent) { a.Close(1000, "") })
	api := &resttest.API{Key: secretKey, Signed: map[string]string{"agent_1": url + "/v1?agent_id=agent_1&conversation_signature=cvtkn_x"}}
	h := newTestEngine(t, Options{
		Target:     connect.Target{Agent: "agent_1"},
		Connection: connect.Connection{Host: resttest.Serve(t, api).URL, Key: apikey.New(secretKey)},
		Reconnect:  true,
	}, "a.lua", "")
	if err := h.runToEnd(); err != nil {
		t.Error(err)
	}
	if n := len(api.Requests()); n != 2 {
		t.Errorf("%d requests for 2 conversations", n)
	}
	h.checkHidden(secretKey, "cvtkn_x")
}
