package screen_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	pagesound "moonlark/audio/browser"
	"moonlark/engine/bus"
	"moonlark/engine/face/control"
	"moonlark/engine/face/web"
	"moonlark/engine/remote"
	"moonlark/engine/testkit"
)

// Whoever may not use the page may not use its sound either.
func TestTheConnectionOfTheSoundIsGuarded(t *testing.T) {
	device := pagesound.New(pagesound.Use{Microphone: true, Speaker: true})
	carries := make(chan bool, 10)
	device.Observe(func(id string, is bool) { carries <- is && id == "p1" })
	c := control.New(control.Options{Addr: "127.0.0.1:0", Token: "all", ScreenToken: "screen", Log: slog.New(slog.DiscardHandler)})
	c.Mount(control.Mount{Path: "/sound", Handler: web.SoundHandler(device, slog.New(slog.DiscardHandler)), ForScreen: true, MaxOpen: 2})
	agent := new(remote.Remote)
	agent.Connect(remote.Parts{Bus: new(bus.Bus), Reload: func(...string) {}})
	if err := c.Open(t.Context(), agent); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	own := c.URL()
	dial := func(query string, header ...string) (*websocket.Conn, int) {
		h := http.Header{}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		conn, answer, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(own, "http")+"/sound"+query, h)
		if answer == nil {
			t.Fatal(err)
		}
		return conn, answer.StatusCode
	}
	for _, row := range []struct {
		name   string
		query  string
		header []string
		want   int
	}{
		{"no token", "", []string{"Origin", own}, http.StatusUnauthorized},
		{"a wrong token", "", []string{"Authorization", "Bearer x"}, http.StatusUnauthorized},
		{"a page of another server", "", []string{"Authorization", "Bearer all", "Origin", "http://evil.example"}, http.StatusForbidden},
		{"a page without an origin", "", []string{"Authorization", "Bearer all", "Origin", "null"}, http.StatusForbidden},
		{"DNS rebinding", "", []string{"Authorization", "Bearer all", "Origin", "http://evil.example", "Host", "evil.example"}, http.StatusForbidden},
		{"a request across sites", "", []string{"Authorization", "Bearer all", "Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"a long word", "?page=" + strings.Repeat("x", 65), []string{"Authorization", "Bearer all"}, http.StatusBadRequest},
		{"a program", "", []string{"Authorization", "Bearer all"}, http.StatusSwitchingProtocols},
		{"the page of the screen", "?page=p1", []string{"Authorization", "Bearer screen", "Origin", own}, http.StatusSwitchingProtocols},
	} {
		conn, status := dial(row.query, row.header...)
		if status != row.want {
			t.Errorf("%s: status %d, want %d", row.name, status, row.want)
		}
		if conn != nil && row.query != "" {
			conn.WriteMessage(websocket.TextMessage, []byte(`{"hello":1,"rate":48000,"settings":{}}`))
			if !<-carries {
				t.Error("the page does not carry the sound")
			}
		}
		if conn != nil {
			conn.Close()
		}
	}
	r, err := http.NewRequest("GET", own+"/sound", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer all")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusBadRequest || !strings.HasPrefix(answer.Header.Get("Content-Type"), "application/json") {
		t.Errorf("without a WebSocket: %d %s", answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	// At the end of the server, the page is told so.
	<-carries
	var conn *websocket.Conn
	testkit.Until(t, "a connection is free", func() bool {
		var status int
		conn, status = dial("", "Authorization", "Bearer all")
		return status == http.StatusSwitchingProtocols
	})
	defer conn.Close()
	c.Close()
	if _, _, err := conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("at the end: %v", err)
	}
}
