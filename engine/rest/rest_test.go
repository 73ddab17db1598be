package rest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"moonlark/engine/apikey"
	"moonlark/engine/rest"
	"moonlark/engine/rest/resttest"
)

func TestEveryRegionHasAHost(t *testing.T) {
	for region, want := range map[string]string{
		"":   "api.elevenlabs.io",
		"us": "api.us.elevenlabs.io",
		"eu": "api.eu.residency.elevenlabs.io",
		"in": "api.in.residency.elevenlabs.io",
		"sg": "api.sg.residency.elevenlabs.io",
	} {
		if got, err := rest.Host(region); got != want || err != nil {
			t.Errorf("%q: got %s, %v", region, got, err)
		}
	}
	if _, err := rest.Host("mars"); err == nil || !strings.Contains(err.Error(), "eu, in, sg, us") {
		t.Errorf("mars: got %v", err)
	}
}

func TestOnlyThisMachineMayBeReachedWithoutTLS(t *testing.T) {
	for host, want := range map[string]string{
		"":                               "",
		"api.eu.residency.elevenlabs.io": "",
		"localhost:8443":                 "",
		"https://example.com/":           "",
		"http://127.0.0.1:80":            "",
		"http://[::1]:80":                "",
		"http://[::ffff:127.0.0.1]:80":   "",
		"http://localhost":               "",
		"http://example.com":             "not sent without TLS",
		"http://127.0.0.1.example.com":   "not sent without TLS",
		"ftp://example.com":              "not a host name",
		"https://":                       "not a host name",
		"https://me:too@example.com":     "not a host name",
		"example.com/path":               "not a host name",
		"example.com?a=b":                "not a host name",
		"two words":                      "host:",
	} {
		err := rest.CheckHost(host)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", host, err, want)
		}
	}
}

func TestTheKeyIsNeverPrinted(t *testing.T) {
	key := apikey.New(" " + secret + "\n")
	server := resttest.Serve(t, &resttest.API{Key: secret, Refuse: map[string]resttest.Refusal{
		"/v1/convai/agents/echo":  {Status: 400, Body: `{"detail": "what is ` + secret + `?"}`},
		"/v1/convai/agents/plain": {Status: 502, Body: "sent: " + secret},
		"/v1/convai/agents/bad":   {Status: 200, Body: secret},
	}})
	c := &rest.Client{Host: server.URL, Key: key}
	hidden := struct{ k apikey.Key }{key}
	values := []any{key, &key, c, *c, hidden, &hidden, []apikey.Key{key}, map[string]any{"key": key}}
	for _, host := range []string{server.URL, "http://127.0.0.1:1", "http://example.com", "::"} {
		for _, id := range []string{"echo", "plain", "bad", "missing"} {
			_, err := (&rest.Client{Host: host, Key: key}).Agent(t.Context(), id, "")
			if err == nil {
				t.Fatalf("%s: no error", id)
			}
			values = append(values, err)
		}
	}
	if _, err := (&rest.Client{Host: server.URL, Key: apikey.New("two\nlines" + secret)}).Agent(t.Context(), "echo", ""); err == nil {
		t.Error("a key that is not valid in a header was sent")
	} else {
		values = append(values, err)
	}
	for _, v := range values {
		var b bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%T"} {
			fmt.Fprintf(&b, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&b, nil)).Info("text", "value", v)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("JSON", "value", v)
		text, _ := json.Marshal(v)
		b.Write(text)
		func() {
			defer func() { fmt.Fprint(&b, recover()) }()
			panic(v)
		}()
		if hex := fmt.Sprintf("%x", secret); strings.Contains(b.String(), secret) || strings.Contains(b.String(), hex) {
			t.Errorf("%T prints the key: %s", v, b.String())
		}
	}
	if fmt.Sprint(key, apikey.Key{}) != "(key) (no key)" || !apikey.New(" ").IsZero() {
		t.Error("String does not say whether there is a key")
	}
}

func TestAnErrorHasTheServersTextAndAHint(t *testing.T) {
	for name, row := range map[string]struct {
		status     int
		body       string
		want, hint string
	}{
		"wrong key":       {401, `{"detail": {"status": "invalid_api_key", "message": "Invalid API key"}}`, "agent: HTTP 401: Invalid API key", "ELEVENLABS_API_KEY"},
		"restricted key":  {401, `{"detail": {"status": "missing_permissions", "message": "missing the permission convai_read"}}`, "agent: HTTP 401: missing the permission convai_read", "permission to read agents"},
		"not allowed":     {403, `{"detail": "Forbidden"}`, "agent: HTTP 403: Forbidden", "may not"},
		"another region":  {404, `{"detail": {"status": "agent_not_found", "message": "No such agent"}}`, "agent: HTTP 404: No such agent", "region"},
		"a bad parameter": {422, `{"detail": [{"loc": ["path", "agent_id"], "msg": "bad form", "type": "x"}, {"loc": [], "msg": "worse"}]}`, "agent: HTTP 422: agent_id: bad form; worse", "agent_"},
		"a proxy":         {407, "Who are you?", "agent: HTTP 407: the proxy says: Who are you?", "proxy"},
		"too many":        {429, "", "agent: HTTP 429: Too Many Requests", "wait"},
		"a page":          {503, "<html>Sorry</html>", "agent: HTTP 503: Service Unavailable", "in a while"},
		"control chars":   {500, "\x1b[2Jgone\nand\u202eback" + strings.Repeat("!", 1000), `agent: HTTP 500: \x1b[2Jgone and\u202eback` + strings.Repeat("!", 275) + "…", "in a while"},
		"a redirect":      {307, "", "agent: HTTP 307: Temporary Redirect", "--host"},
		"a number":        {400, `{"detail": 7}`, "agent: HTTP 400: Bad Request", ""},
		"no JSON":         {200, `{"agent_id": `, "agent: invalid answer: unexpected end of JSON input", "ElevenLabs API"},
		"not an agent":    {200, `[]`, "agent: invalid answer: json: cannot unmarshal array", "ElevenLabs API"},
		"another 2xx":     {201, `{}`, "agent: HTTP 201: Created", ""},
	} {
		t.Run(name, func(t *testing.T) {
			server := resttest.Serve(t, &resttest.API{Refuse: map[string]resttest.Refusal{
				"/v1/convai/agents/agent_1": {Status: row.status, Body: row.body, Header: http.Header{"Location": {"https://example.com"}}},
			}})
			_, err := (&rest.Client{Host: server.URL, Key: apikey.New(secret)}).Agent(t.Context(), "agent_1", "")
			e, ok := err.(*rest.Error)
			if !ok || !strings.HasPrefix(e.Error(), row.want) || !strings.Contains(e.Hint, row.hint) || row.hint == "" && e.Hint != "" {
				t.Errorf("got %v\nhint %q\nwant %s\nhint %s", err, e.Hint, row.want, row.hint)
			}
		})
	}
}

func TestNoRequestIsSentWithoutAKey(t *testing.T) {
	api := &resttest.API{}
	server := resttest.Serve(t, api)
	_, err := (&rest.Client{Host: server.URL}).SignedURL(t.Context(), "agent_1", rest.SignedURLOptions{})
	if e, ok := err.(*rest.Error); !ok || !strings.Contains(e.Hint, "ELEVENLABS_API_KEY") || len(api.Requests()) > 0 {
		t.Errorf("got %v after %v", err, api.Requests())
	}
}
