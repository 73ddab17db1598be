package ws_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/script"
	"moonlark/engine/tool"
)

func TestSecrets(t *testing.T) {
	url := serve(t, func(conn *websocket.Conn, r *http.Request) {
		conn.WriteMessage(websocket.TextMessage, []byte(r.Header.Get("Authorization")))
		echo(conn, r)
	})
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	s := openScript(t)
	lines := `here = { value = "hunter2", hosts = ["127.0.0.1"] }
		there = { value = "hunter3", hosts = ["api.example.com"] }`
	if err := os.WriteFile(filepath.Join(s.Folder, "secrets.toml"), []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, s, url, []row{
		{"a header", `c = ws.connect("URL", {headers = {Authorization = "Bearer " .. secrets.get("here")}}) return (c:receive())`, "Bearer hunter2"},
		{"a message", `c:send(secrets.get("here")) return (c:receive())`, "hunter2"},
		{"a header for another host", `ws.connect("URL", {headers = {Authorization = secrets.get("there")}})`, "a.lua:1: the secret there may not be sent to 127.0.0.1: secrets.toml names its hosts"},
		{"a message for another host", `c:send(secrets.get("there"))`, "a.lua:1: the secret there may not be sent to 127.0.0.1: secrets.toml names its hosts"},
		{"bytes for another host", `c:send_binary(secrets.get("there"))`, "a.lua:1: the secret there may not be sent to 127.0.0.1: secrets.toml names its hosts"},
		{"a keeper", `ws.keep("URL", {headers = {Authorization = secrets.get("there")}})`, "a.lua:1: the secret there may not be sent to 127.0.0.1: secrets.toml names its hosts"},
	})
}

// A wait in a tool call ends before the call must be answered, so that the handler can still return
// something useful.
func TestReceiveEndsBeforeItsToolCall(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	url := serve(t, echo)
	s := openScript(t)
	s.Run(`c = ws.connect("` + url + `")`)
	done := make(chan tool.Result, 1)
	s.Scripts.Call(&script.Call{
		Name: "luastdtest_run", Args: []byte(`{"source": "local _, _, code = c:receive() print('code ' .. code)"}`), Timeout: 2 * time.Second,
		Reply: func(_ *script.Call, r tool.Result) { done <- r },
	})
	if r := <-done; r.IsError {
		t.Error(r.Text)
	}
	waitFor(t, s, "code timeout\n")
}
