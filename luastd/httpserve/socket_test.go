package httpserve_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/permit"
	"moonlark/luastd/luastdtest"
)

const socketScript = `
	s = http.serve{port = 0, origins = {"https://app.example.com"}}
	s:ws("/echo/{id}", function(conn, req)
		conn:send("hello " .. req.params.id)
		for data, kind in conn:messages() do
			if kind == "text" then conn:send(data) else conn:send_binary(data) end
		end
		print("closed with " .. tostring(conn.close_code))
	end)
	s:ws("/once", function(conn) conn:send_json({a = 1}) end)
	s:ws("/fail", function(conn) error("broken") end)
	s:ws("/close", function(conn) conn:close(4000, "enough") end)
`

// dialSocket opens a WebSocket of the server at url.
func dialSocket(t *testing.T, url string, header http.Header) (*websocket.Conn, int) {
	t.Helper()
	conn, r, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(url, "http"), header)
	if err != nil {
		if r == nil {
			t.Fatal(err)
		}
		return nil, r.StatusCode
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	return conn, r.StatusCode
}

// nextMessage returns the next message, or the code with which the connection was closed.
func nextMessage(conn *websocket.Conn) any {
	_, data, err := conn.ReadMessage()
	if closed, ok := err.(*websocket.CloseError); ok {
		return closed.Code
	}
	if err != nil {
		return err.Error()
	}
	return string(data)
}

func TestWebSockets(t *testing.T) {
	s, url := openServer(t, socketScript)
	conn, _ := dialSocket(t, url+"/echo/7", nil)
	conn.WriteMessage(websocket.TextMessage, []byte("text"))
	conn.WriteMessage(websocket.BinaryMessage, []byte("\xff\x00"))
	for _, want := range []any{"hello 7", "text", "\xff\x00"} {
		if got := nextMessage(conn); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(4001, "bye"))
	if got := nextMessage(conn); got != 4001 {
		t.Errorf("got %v, want the close code 4001", got)
	}
	for path, want := range map[string][]any{"/once": {`{"a":1}`, 1000}, "/fail": {1011}, "/close": {4000}} {
		conn, _ := dialSocket(t, url+path, nil)
		for _, want := range want {
			if got := nextMessage(conn); got != want {
				t.Errorf("%s: got %v, want %v", path, got, want)
			}
		}
	}
	for end := time.Now().Add(30 * time.Second); !strings.Contains(strings.Join(s.Output(), "\n"), "closed with 4001"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the log is %q", s.Output())
		}
	}
	logged(t, s, "http.serve: GET /fail: ", "broken")
}

func TestAWebSocketIsRefused(t *testing.T) {
	_, url := openServer(t, socketScript)
	for _, row := range []struct {
		why    string
		header http.Header
		want   int
	}{
		{"no browser", nil, 101},
		{"a page of this server", http.Header{"Origin": {url}}, 101},
		{"a page in origins", http.Header{"Origin": {"https://app.example.com"}}, 101},
		{"a page of another site", http.Header{"Origin": {"https://evil.example.com"}}, 403},
		{"a page without an origin", http.Header{"Origin": {"null"}}, 403},
		{"a wrong host", http.Header{"Host": {"evil.example.com"}}, 421},
	} {
		if _, status := dialSocket(t, url+"/once", row.header); status != row.want {
			t.Errorf("%s: got %d, want %d", row.why, status, row.want)
		}
	}
	if got := send(t, url, sending{path: "/once"}); got != "426 text/plain; charset=utf-8 426 Upgrade Required: this path is for WebSockets" {
		t.Errorf("got %s", got)
	}
}

// Both ends of a WebSocket may be in scripts.
func TestAScriptConnectsToAScript(t *testing.T) {
	grants := listenGrants()
	grants.Grants = append(grants.Grants, permit.Grant{Kind: permit.Net, Value: "127.0.0.1"})
	s := luastdtest.Open(t, luastdtest.Options{Source: socketScript, Permissions: grants})
	url := "ws" + strings.TrimPrefix(urlOf(t, s), "http")
	got := s.Run(`local c = assert(ws.connect("` + url + `/echo/1")) local a = c:receive() c:send("x") local b = c:receive() c:close() return a, b`)
	if got != "hello 1, x" {
		t.Errorf("got %s", got)
	}
}

// The client counts as the host that gets the secret. This secret is for all hosts.
func TestAWebSocketSendsSecrets(t *testing.T) {
	t.Setenv("MOONLARK_SECRET_TOKEN", "hidden")
	s, url := openServer(t, `
		s = http.serve{port = 0}
		s:ws("/", function(conn)
			conn:send(secrets.get("TOKEN"))
		end)
	`)
	conn, _ := dialSocket(t, url+"/", nil)
	if got := nextMessage(conn); got != "hidden" {
		t.Errorf("got %v, %s", got, s.Output())
	}
}

// A WebSocket belongs to its function, so it is closed with the generation of the function.
func TestWebSocketsAreClosedByAReload(t *testing.T) {
	s, url := openServer(t, socketScript)
	conn, _ := dialSocket(t, url+"/echo/1", nil)
	nextMessage(conn)
	s.ReloadWith(socketScript)
	if got := nextMessage(conn); got != 1001 {
		t.Errorf("got %v, want the close code 1001", got)
	}
	conn, _ = dialSocket(t, url+"/echo/2", nil)
	if got := nextMessage(conn); got != "hello 2" {
		t.Errorf("after the reload: got %v", got)
	}
	s.Run(`s:close()`)
	if got := nextMessage(conn); got != 1001 {
		t.Errorf("after close: got %v, want the close code 1001", got)
	}
}

func TestTheNumberOfWebSocketsIsLimited(t *testing.T) {
	_, url := openServer(t, socketScript)
	var open []*websocket.Conn
	for range 64 {
		conn, status := dialSocket(t, url+"/echo/1", nil)
		if status != 101 {
			t.Fatalf("got %d", status)
		}
		open = append(open, conn)
	}
	if _, status := dialSocket(t, url+"/echo/1", nil); status != 503 {
		t.Errorf("one more: got %d, want 503", status)
	}
	for _, conn := range open {
		conn.Close()
	}
	opened := 0
	for end := time.Now().Add(30 * time.Second); opened < 200 && time.Now().Before(end); {
		conn, status := dialSocket(t, url+"/once", nil)
		if status == 101 {
			opened++
			nextMessage(conn)
			conn.Close()
		}
	}
	if opened < 200 {
		t.Errorf("only %d WebSockets were opened after the others were closed", opened)
	}
}
