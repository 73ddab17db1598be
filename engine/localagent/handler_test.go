package localagent

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/gorilla/websocket"
)

func TestSignedURLLeadsToTheAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := startAgent(t, Options{})
		httpClient := http.Client{Transport: &http.Transport{DialContext: a.dial, DisableKeepAlives: true}}
		get := func(path string) (int, map[string]any) {
			t.Helper()
			r, err := httpClient.Get("http://" + a.Addr().String() + path)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			var body map[string]any
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			return r.StatusCode, body
		}
		_, body := get("/v1/convai/conversation/get-signed-url?agent_id=an%20agent")
		signed, _ := body["signed_url"].(string)
		if want := "ws://" + a.Addr().String() + "/v1/convai/conversation?agent_id=an+agent&conversation_signature=local"; signed != want {
			t.Errorf("got %q, want %q", signed, want)
		}
		dialer := websocket.Dialer{NetDialContext: a.dial}
		ws, _, err := dialer.Dial(signed+"&source=python_sdk&version=2.59.0", nil)
		if err != nil {
			t.Fatal(err)
		}
		ws.Close()
		for path, want := range map[string]int{"/v1/agents": 404, "/v1/convai/conversation": 400, "/": 404} {
			if status, body := get(path); status != want || body["detail"] == nil {
				t.Errorf("%s: got %d %v, want %d", path, status, body, want)
			}
		}
	})
}

func TestOnlyLoopbackAndListedPagesMayConnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listed, open := startAgent(t, Options{Origins: []string{"https://home.example/"}}), startAgent(t, Options{Origins: []string{"*"}})
		for _, row := range []struct {
			why, origin, host string
			allowed           bool
		}{
			{why: "a program sends no origin", origin: "", allowed: true},
			{why: "a page on localhost", origin: "http://localhost:3000", allowed: true},
			{why: "a page on the loopback address", origin: "https://127.0.0.1", allowed: true},
			{why: "a page on the IPv6 loopback address", origin: "http://[::1]:8080", allowed: true},
			{why: "a listed page", origin: "https://home.example", allowed: true},
			{why: "any other page", origin: "https://evil.example"},
			{why: "a name that only looks local", origin: "http://localhost.evil.example"},
			{why: "a page that hides its origin", origin: "null"},
			{why: "a page whose name resolves to the server", origin: "http://rebound.example", host: "rebound.example"},
			{why: "another scheme", origin: "chrome-extension://localhost"},
		} {
			for _, a := range []testAgent{listed, open} {
				header := http.Header{}
				if row.origin != "" {
					header.Set("Origin", row.origin)
				}
				if row.host != "" {
					header.Set("Host", row.host)
				}
				dialer := websocket.Dialer{NetDialContext: a.dial}
				ws, r, err := dialer.Dial(a.URL(), header)
				if allowed := err == nil; allowed != (row.allowed || a.Server == open.Server) {
					t.Errorf("%s: %q: got %v", row.why, row.origin, err)
				} else if !allowed && r.StatusCode != http.StatusForbidden {
					t.Errorf("%s: got status %d", row.why, r.StatusCode)
				}
				if ws != nil {
					ws.Close()
				}
			}
		}
	})
}

func TestOnlyClientsWithTheTokenMayConnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := startAgent(t, Options{Token: "s3cret"})
		dialer := websocket.Dialer{NetDialContext: a.dial}
		for _, row := range []struct {
			query  string
			header http.Header
			status int
		}{
			{"", nil, 401},
			{"&token=wrong", nil, 401},
			{"&token=", http.Header{"Authorization": {"Bearer s3cretly"}}, 401},
			{"&token=s3cret", nil, 101},
			{"", http.Header{"Authorization": {"Bearer s3cret"}}, 101},
			{"", http.Header{"Xi-Api-Key": {"s3cret"}}, 101},
		} {
			ws, response, err := dialer.Dial(a.URL()+row.query, row.header)
			if response == nil || response.StatusCode != row.status {
				t.Errorf("%s %v: got %v, want %d", row.query, row.header, err, row.status)
			}
			if err == nil {
				ws.Close()
			}
		}
		httpClient := http.Client{Transport: &http.Transport{DialContext: a.dial, DisableKeepAlives: true}}
		response, err := httpClient.Get("http://" + a.Addr().String() + signedURLPath)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != 401 {
			t.Errorf("a signed URL without the token: got %d, want 401", response.StatusCode)
		}
	})
}

func TestTheNumberOfConversationsIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := startAgent(t, Options{MaxConversations: 1})
		dialer := websocket.Dialer{NetDialContext: a.dial}
		first := openText(t, a, true)
		_, response, err := dialer.Dial(a.URL(), nil)
		if err == nil || response == nil || response.StatusCode != 429 {
			t.Errorf("the second client: got %v, want 429", err)
		}
		first.ws.Close()
		synctest.Wait()
		openText(t, a, true)
	})
}
