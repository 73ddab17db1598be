package localagent

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

func TestSignedURLLeadsToTheAgent(t *testing.T) {
	s := listen(t, Options{})
	get := func(path string) (int, map[string]any) {
		t.Helper()
		r, err := http.Get("http://" + s.Addr().String() + path)
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
	if want := "ws://" + s.Addr().String() + "/v1/convai/conversation?agent_id=an+agent&conversation_signature=local"; signed != want {
		t.Errorf("got %q, want %q", signed, want)
	}
	ws, _, err := websocket.DefaultDialer.Dial(signed+"&source=python_sdk&version=2.59.0", nil)
	if err != nil {
		t.Fatal(err)
	}
	ws.Close()
	for path, want := range map[string]int{"/v1/agents": 404, "/v1/convai/conversation": 400, "/": 404} {
		if status, body := get(path); status != want || body["detail"] == nil {
			t.Errorf("%s: got %d %v, want %d", path, status, body, want)
		}
	}
}

func TestOnlyPagesOfThisMachineMayTalk(t *testing.T) {
	closed, open := listen(t, Options{Origins: []string{"https://home.example/"}}), listen(t, Options{Origins: []string{"*"}})
	for _, row := range []struct {
		why, origin string
		allowed     bool
	}{
		{"a program has none", "", true},
		{"a page on localhost", "http://localhost:3000", true},
		{"a page on the loopback address", "https://127.0.0.1", true},
		{"the same in IPv6", "http://[::1]:8080", true},
		{"a page that was allowed", "https://home.example", true},
		{"any other page", "https://evil.example", false},
		{"a name that only looks local", "http://localhost.evil.example", false},
		{"a page that hides its origin", "null", false},
		{"a page whose name now is that of the server", "http://rebound.example", false},
		{"another scheme", "chrome-extension://localhost", false},
	} {
		for _, s := range []*Server{closed, open} {
			header := http.Header{}
			if row.origin != "" {
				header.Set("Origin", row.origin)
			}
			if strings.Contains(row.origin, "rebound") {
				header.Set("Host", "rebound.example")
			}
			ws, r, err := websocket.DefaultDialer.Dial(s.URL(), header)
			if allowed := err == nil; allowed != (row.allowed || s == open) {
				t.Errorf("%s: %q: got %v", row.why, row.origin, err)
			} else if !allowed && r.StatusCode != http.StatusForbidden {
				t.Errorf("%s: got status %d", row.why, r.StatusCode)
			}
			if ws != nil {
				ws.Close()
			}
		}
	}
}
