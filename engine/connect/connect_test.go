package connect

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"moonlark/engine/agentsettings"
	"moonlark/engine/apikey"
	"moonlark/engine/bus"
	"moonlark/engine/convai"
	"moonlark/engine/rest"
	"moonlark/engine/rest/resttest"
	"moonlark/engine/testkit"
	"moonlark/engine/tool"
)

const secretKey = "sk_top_secret_0123456789"

// checkNoKey fails the test if one of the headers contains the key.
func checkNoKey(t *testing.T, where string, header http.Header) {
	t.Helper()
	for name, values := range header {
		if strings.Contains(strings.Join(values, ""), secretKey) {
			t.Errorf("%s contains the key, in the header %s", where, name)
		}
	}
}

// httpHost returns the host of a WebSocket URL on this machine, as Connection.Host wants it.
func httpHost(url string) string { return "http" + strings.TrimPrefix(url, "ws") }

func TestAURLIsUsedUnchanged(t *testing.T) {
	t.Parallel()
	url, openings := serveOpenings(t)
	c := newConnector(t, Options{Target: Target{URL: url + "/talk?x=a%20b"}, Connection: Connection{Key: apikey.New(secretKey)}})
	if err := openAndClose(t, c, agentsettings.Settings{Environment: "staging"}); err != nil {
		t.Fatal(err)
	}
	o := <-openings
	if got, want := o.request.URL.RequestURI(), "/talk?x=a%20b"; got != want {
		t.Errorf("connected to %s, want %s", got, want)
	}
	checkNoKey(t, "the handshake", o.request.Header)
}

func TestAPublicAgentIsReachedByItsID(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, environment, want string
	}{
		{"the default environment", "", "/v1/convai/conversation?agent_id=agent+1%26x"},
		{"another environment", "a b&c", "/v1/convai/conversation?agent_id=agent+1%26x&environment=a+b%26c"},
	} {
		t.Run(row.name, func(t *testing.T) {
			url, openings := serveOpenings(t)
			c := newConnector(t, Options{Target: Target{Agent: "agent 1&x"}, Connection: Connection{Host: httpHost(url)}})
			if err := openAndClose(t, c, agentsettings.Settings{Environment: row.environment}); err != nil {
				t.Fatal(err)
			}
			o := <-openings
			if got := o.request.URL.RequestURI(); got != row.want {
				t.Errorf("connected to %s, want %s", got, row.want)
			}
			if got := o.request.Header.Get("Origin"); got != "" {
				t.Errorf("the handshake has the Origin %s, want none", got)
			}
		})
	}
}

func TestTheSignedURLOfAPrivateAgentIsRequestedWithTheKey(t *testing.T) {
	t.Parallel()
	url, openings := serveOpenings(t)
	signed := "/v1?agent_id=agent_1&conversation_signature=cvtkn_x"
	api := &resttest.API{Key: secretKey, Signed: map[string]string{"agent_1": url + signed}}
	c := newConnector(t, Options{
		Target:     Target{Agent: "agent_1"},
		Connection: Connection{Host: resttest.Serve(t, api).URL, Key: apikey.New(secretKey), Origin: "https://kiosk.example"},
	})
	if err := openAndClose(t, c, agentsettings.Settings{BranchID: "agtbrch_1", Environment: "staging"}); err != nil {
		t.Fatal(err)
	}
	o := <-openings
	if got := o.request.URL.RequestURI(); got != signed {
		t.Errorf("connected to %s, want %s", got, signed)
	}
	if got := o.request.Header.Get("Origin"); got != "https://kiosk.example" {
		t.Errorf("Origin: %s", got)
	}
	checkNoKey(t, "the handshake", o.request.Header)
	want := []string{"GET /v1/convai/conversation/get-signed-url?agent_id=agent_1&branch_id=agtbrch_1&environment=staging"}
	if got := api.Requests(); !slices.Equal(got, want) {
		t.Errorf("got the requests %q, want %q", got, want)
	}
}

func TestASignedURLIsRequestedForEachConversation(t *testing.T) {
	t.Parallel()
	url, _ := serveOpenings(t)
	api := &resttest.API{Key: secretKey, Signed: map[string]string{"agent_1": url}}
	c := newConnector(t, Options{
		Target: Target{Agent: "agent_1"}, Connection: Connection{Host: resttest.Serve(t, api).URL, Key: apikey.New(secretKey)},
	})
	for range 2 {
		if err := openAndClose(t, c, agentsettings.Settings{}); err != nil {
			t.Error(err)
		}
	}
	if n := len(api.Requests()); n != 2 {
		t.Errorf("%d requests for 2 conversations", n)
	}
}

func TestAWrongKeyIsRefusedAndNotShown(t *testing.T) {
	t.Parallel()
	server := resttest.Serve(t, &resttest.API{Key: "another"})
	c := newConnector(t, Options{Target: Target{Agent: "agent_1"}, Connection: Connection{Host: server.URL, Key: apikey.New(secretKey)}})
	err := openAndClose(t, c, agentsettings.Settings{})
	if err == nil || !strings.Contains(err.Error(), "HTTP 401") || strings.Contains(err.Error(), secretKey) {
		t.Errorf("Open = %v, want HTTP 401 without the key", err)
	}
	if hint := Hint(err); !strings.Contains(hint, "check ELEVENLABS_API_KEY") {
		t.Errorf("hint: %s", hint)
	}
	if kind := convai.EndingOf(err).Kind; kind != convai.Refused {
		t.Errorf("the error is classified as %v, want refused", kind)
	}
}

func TestAServerOfTheUserAnswersWithTheURL(t *testing.T) {
	t.Parallel()
	url, openings := serveOpenings(t)
	for _, row := range []struct{ name, answer string }{
		{"as JSON", `{"signed_url":"` + url + `/?token=hidden_x"}`},
		{"as text", url + "/?token=hidden_x\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				checkNoKey(t, "the request for the URL", r.Header)
				if got := r.URL.RequestURI(); got != "/?device=hidden_y" {
					t.Errorf("requested %s", got)
				}
				w.Write([]byte(row.answer))
			}))
			defer source.Close()
			c := newConnector(t, Options{
				Target: Target{SignedURLFrom: source.URL + "/?device=hidden_y"}, Connection: Connection{Key: apikey.New(secretKey)},
			})
			if kind, shown := c.Target(); kind != "url" || shown != source.URL {
				t.Errorf("the target is shown as %s %s, want url %s", kind, shown, source.URL)
			}
			if err := openAndClose(t, c, agentsettings.Settings{}); err != nil {
				t.Fatal(err)
			}
			o := <-openings
			if got := o.request.URL.RequestURI(); got != "/?token=hidden_x" {
				t.Errorf("connected to %s", got)
			}
			checkNoKey(t, "the handshake", o.request.Header)
		})
	}
}

func TestAnInvalidAnswerOfTheUsersServerIsNotRetried(t *testing.T) {
	t.Parallel()
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("<html>hello")) }))
	defer source.Close()
	c := newConnector(t, Options{Target: Target{SignedURLFrom: source.URL}})
	err := openAndClose(t, c, agentsettings.Settings{})
	if err == nil || !strings.Contains(Hint(err), `the server must answer {"signed_url": "wss://..."}`) {
		t.Errorf("Open = %v, hint %q", err, Hint(err))
	}
	if kind := convai.EndingOf(err).Kind; kind != convai.Refused {
		t.Errorf("the error is classified as %v, want refused", kind)
	}
}

func TestTheEnclaveSetupIsTheFirstFrame(t *testing.T) {
	t.Parallel()
	const setup = `{"type":"enclave_setup_config","agent_config_dict":{"a":[1,2]},"override_agent_config_list":[{"b":1}],
		"tools_config_list":[],"prompt_knowledge_base":["c"],"post_call_transcription_webhook":{"url":"https://x","hmac_secret":"s"}}`
	url, openings := serveOpenings(t)
	c := newConnector(t, Options{Target: Target{URL: url}, Connection: Connection{Enclave: json.RawMessage(setup)}})
	for range 2 { // the setup is sent in every conversation
		if err := openAndClose(t, c, agentsettings.Settings{}); err != nil {
			t.Fatal(err)
		}
		o := <-openings
		if len(o.frames) != 2 {
			t.Fatalf("got the frames %q, want 2", o.frames)
		}
		checkJSON(t, o.frames[0], setup)
	}
}

func TestTextOnlyAppliesUnlessTheSettingsSayOtherwise(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		settings *bool
		want     string
	}{
		{nil, `{"text_only":true}`},
		{new(true), `{"text_only":true}`},
		{new(false), `{"text_only":false}`},
	} {
		url, openings := serveOpenings(t)
		c := newConnector(t, Options{Target: Target{URL: url}, TextOnly: true})
		if err := openAndClose(t, c, agentsettings.Settings{TextOnly: row.settings}); err != nil {
			t.Fatal(err)
		}
		checkJSON(t, (<-openings).frames[0], `{"type":"conversation_initiation_client_data","conversation_config_override":{"conversation":`+row.want+`}}`)
	}
}

func TestWithoutATargetTheEmbeddedAgentIsStarted(t *testing.T) {
	t.Parallel()
	c := newConnector(t, Options{TextOnly: true, Tools: func() []*tool.Spec { return nil }})
	kind, url := c.Target()
	if kind != "local" || !strings.HasPrefix(url, "ws://127.0.0.1:") {
		t.Errorf("the target is shown as %s %s", kind, url)
	}
	if err := openAndClose(t, c, agentsettings.Settings{}); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	err := openAndClose(t, c, agentsettings.Settings{})
	if err == nil || !strings.Contains(Hint(err), "nothing listens there") {
		t.Errorf("after Close: Open = %v, hint %q", err, Hint(err))
	}
}

func TestACancelledContextEndsTheAttempt(t *testing.T) {
	t.Parallel()
	agent := testkit.Serve(t, func(c *testkit.Conversation) { c.Wait() }) // sends no metadata
	c := newConnector(t, Options{Target: Target{URL: agent.URL}})
	connected := make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		_, err := c.Open(ctx, agentsettings.Settings{})
		connected <- err
	}()
	testkit.Until(t, "the client has connected", func() bool { return agent.Conversations() == 1 })
	cancel()
	if err := <-connected; convai.EndingOf(err).Kind != convai.Stopped {
		t.Errorf("Open = %v, want an error that is classified as stopped", err)
	}
}

func TestCheckFindsMistakes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		opts Options
		want string // part of the error; empty means no error
	}{
		{"no target", Options{}, ""},
		{"a URL", Options{Target: Target{URL: "wss://example.com/x"}}, ""},
		{"an agent in a region", Options{Target: Target{Agent: "a"}, Connection: Connection{Host: "api.eu.residency.elevenlabs.io"}}, ""},
		{"a server on this machine without TLS", Options{Connection: Connection{Host: "http://127.0.0.1:8080"}}, ""},
		{"a URL that is not of a WebSocket", Options{Target: Target{URL: "https://example.com/x"}}, "ws"},
		{"a host with a space", Options{Connection: Connection{Host: "a b"}}, "host: "},
		{"a host with a path", Options{Connection: Connection{Host: "example.com/v1"}}, "is not a host name"},
		{"another machine without TLS", Options{Connection: Connection{Host: "http://example.com"}}, "not sent without TLS"},
		{"an enclave setup that is not an object", Options{Connection: Connection{Enclave: json.RawMessage(`[]`)}}, "enclave: "},
		{"an enclave setup with an unknown field", Options{Connection: Connection{Enclave: json.RawMessage(`{"agent_config": {}}`)}}, `unknown field "agent_config"`},
		{"a source that is not a web address", Options{Target: Target{SignedURLFrom: "ftp://hidden_x/"}}, "want https://host/path"},
		{"an agent and a source", Options{Target: Target{SignedURLFrom: "https://x/", Agent: "a"}}, "exclude each other"},
		{"an agent and a URL", Options{Target: Target{URL: "wss://x/", Agent: "a"}}, "exclude each other"},
		{"a URL and a source", Options{Target: Target{URL: "wss://x/", SignedURLFrom: "https://x/"}}, "exclude each other"},
	} {
		err := row.opts.Check()
		switch {
		case row.want == "" && err != nil:
			t.Errorf("%s: %v, want no error", row.name, err)
		case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
			t.Errorf("%s: %v, want %s", row.name, err, row.want)
		case strings.Contains(fmt.Sprint(err), "hidden_x"):
			t.Errorf("%s: the error contains the URL: %v", row.name, err)
		}
	}
}

func TestTheTargetIsShownWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		opts      Options
		kind, url string
	}{
		{Options{Target: Target{URL: "wss://example.com/x?agent_id=a"}}, "url", "wss://example.com/x?agent_id=a"},
		{Options{Target: Target{URL: "wss://me:pass@example.com/x"}}, "url", "wss://example.com/x"},
		{Options{Target: Target{URL: "wss://example.com/x?agent_id=a&conversation_signature=s&token=t"}}, "url", "wss://example.com/x?agent_id=a"},
		{Options{Target: Target{SignedURLFrom: "https://me:pass@example.com:8443/path?device=d"}}, "url", "https://example.com:8443"},
		{Options{Target: Target{Agent: "a"}}, "agent", "wss://" + rest.DefaultHost + "/v1/convai/conversation?agent_id=a"},
		{Options{Target: Target{Agent: "a"}, Connection: Connection{Host: "http://127.0.0.1:80"}}, "agent", "ws://127.0.0.1:80/v1/convai/conversation?agent_id=a"},
	} {
		row.opts.Bus = new(bus.Bus)
		if kind, url := newConnector(t, row.opts).Target(); kind != row.kind || url != row.url {
			t.Errorf("got %s %s, want %s %s", kind, url, row.kind, row.url)
		}
	}
	for name, show := range map[string]func(string) string{"redact": redact, "hostOf": hostOf} {
		if got := show("wss://secret\x7f"); got != "" {
			t.Errorf("%s of an invalid URL = %q, want nothing", name, got)
		}
	}
}
