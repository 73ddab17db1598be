package ws_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

// waitFor waits until the script has printed the text.
func waitFor(t *testing.T, s *luastdtest.Script, text string) {
	t.Helper()
	testkit.Until(t, "the output "+text+", in\n"+strings.Join(s.Output(), "\n"), func() bool {
		return strings.Contains(strings.Join(s.Output(), "\n")+"\n", text)
	})
}

const keepSource = `
	keeper = ws.keep("URL", {backoff = {0.1, 0.2},
		on_open = function(c) print("open " .. tostring(c.close_code)) c:send("hello") end,
		on_message = function(data, kind, c) print("message " .. data .. " " .. kind) end,
		on_close = function(code, reason) print("close " .. code .. " " .. reason) end,
	})`

func TestAKeeperConnectsAgain(t *testing.T) {
	var connections atomic.Int64
	url := serve(t, func(conn *websocket.Conn, _ *http.Request) {
		n := connections.Add(1)
		_, data, _ := conn.ReadMessage()
		conn.WriteMessage(websocket.TextMessage, []byte(fmt.Sprintf("%s %d", data, n)))
		if n < 3 {
			conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(1012, fmt.Sprint("restart ", n)))
		}
		echo(conn, nil)
	})
	s := luastdtest.Open(t, luastdtest.Options{Permissions: netGrants("127.0.0.1"), Source: strings.ReplaceAll(keepSource, "URL", url)})
	waitFor(t, s, "message hello 3 text\n")
	want := "open nil\nmessage hello 1 text\nclose 1012 restart 1\nopen nil\nmessage hello 2 text\nclose 1012 restart 2\nopen nil\nmessage hello 3 text"
	if got := strings.Join(s.Output(), "\n"); got != want {
		t.Errorf("the functions were called as\n%s\nwant\n%s", got, want)
	}
	check(t, s, url, []row{
		{"the fields", `return keeper, keeper.connected, keeper.url`, "ws keeper SERVER (connected), true, SERVER"},
		{"send", `return keeper:send("a"), keeper:send_binary("b"), keeper:send_json({c = 1})`, "true, true, true"},
		{"not with a dot", `keeper.send("a")`, "a.lua:1: bad argument #1 to send (a keeper expected: use a colon, as in keeper:send(text))"},
	})
	waitFor(t, s, "message a text\nmessage b binary\nmessage {\"c\":1} text\n")
	check(t, s, url, []row{
		{"close", `return keeper:close(), keeper:close(), keeper`, "true, true, ws keeper SERVER (closed)"},
		{"send after close", `return keeper:send("a")`, "nil, closed: the script has closed the keeper, closed"},
	})
	waitFor(t, s, "close 1000 \n")
	time.Sleep(500 * time.Millisecond)
	if n := connections.Load(); n != 3 {
		t.Errorf("the keeper has made %d connections", n)
	}
}

func TestAKeeperWaitsForItsServer(t *testing.T) {
	t.Parallel()
	url := serve(t, echo)
	gone := "ws://127.0.0.1:1"
	s := luastdtest.Open(t, luastdtest.Options{Permissions: netGrants("127.0.0.1"), Source: strings.ReplaceAll(keepSource, "URL", gone)})
	waitFor(t, s, "WARN: ws.keep ws://127.0.0.1:1: attempt 1: refused: nothing accepts connections at 127.0.0.1:1\n")
	check(t, s, url, []row{
		{"send", `return keeper:send("x")`, "nil, offline: there is no connection to 127.0.0.1:1 now, offline"},
		{"tostring", `return keeper, keeper.connected`, "ws keeper ws://127.0.0.1:1 (not connected), false"},
	})
	time.Sleep(time.Second)
	if n := strings.Count(strings.Join(s.Output(), "\n"), "attempt"); n > 4 {
		t.Errorf("%d attempts were logged", n)
	}
	if got := s.Run(`keeper:close()`); got != "" {
		t.Error(got)
	}
}

// A server that closes each connection at once must not be called again and again without a pause.
func TestAKeeperDoesNotHurryToAServerThatClosesItsConnections(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	t.Parallel()
	var connections atomic.Int64
	url := serve(t, func(conn *websocket.Conn, _ *http.Request) { connections.Add(1) })
	s := openScript(t)
	s.Run(`ws.keep("` + url + `", {backoff = {0.2, 10}}) sleep(3)`)
	// The pauses are at least 0.1, 0.2, 0.4, 0.8 and 1.6 seconds.
	if n := connections.Load(); n < 2 || n > 5 {
		t.Errorf("%d connections in 3 s", n)
	}
}

func TestTheFunctionsOfAKeeper(t *testing.T) {
	url := serve(t, obey)
	s := luastdtest.Open(t, luastdtest.Options{Permissions: netGrants("127.0.0.1"), Source: `
		ws.keep("` + url + `/?m=slow&m=bad&m=last", {
			on_message = function(data, kind, c)
				if data == "slow" then sleep(0.2) end
				if data == "bad" then error("no") end
				print(data, pcall(c.receive, c))
			end,
		})`})
	waitFor(t, s, "slow\tfalse\tconnection:receive: the messages go to on_message\n")
	waitFor(t, s, "last\tfalse\tconnection:receive: the messages go to on_message\n")
	got := strings.Join(s.Output(), "\n")
	if slow, failure, last := strings.Index(got, "slow"), strings.Index(got, "no"), strings.Index(got, "last"); slow > failure || failure > last {
		t.Errorf("the output is\n%s", got)
	}
}

func TestMistakesWithKeepers(t *testing.T) {
	check(t, openScript(t), "ws://127.0.0.1:1", []row{
		{"a host without a grant", `ws.keep("wss://a.example")`, "a.lua:1: ws.keep: test.lua may not connect to a.example:443. Start with --allow-net=a.example"},
		{"not a function", `ws.keep("URL", {on_message = "x"})`, "a.lua:1: bad argument #2 to keep (on_message must be a function, not a string)"},
		{"an unknown option", `ws.keep("URL", {on_error = print})`, "a.lua:1: bad argument #2 to keep (there is no field 'on_error'; its fields are headers, subprotocols, timeout, ping, max_message, tls, compression, on_message, on_open, on_close, backoff)"},
		{"a number as backoff", `ws.keep("URL", {backoff = 5})`, "a.lua:1: bad argument #2 to keep (backoff must be two numbers of seconds, such as {1, 60}, not 5)"},
		{"no pause", `ws.keep("URL", {backoff = {0, 60}})`, "a.lua:1: bad argument #2 to keep (backoff must be two numbers of seconds from 0.1 to 600, the smaller one first)"},
		{"the larger first", `ws.keep("URL", {backoff = {60, 1}})`, "a.lua:1: bad argument #2 to keep (backoff must be two numbers of seconds from 0.1 to 600, the smaller one first)"},
	})
}

// While the script loads, nothing is sent. A keeper connects when the script comes into use.
func TestLoadingOpensNoConnection(t *testing.T) {
	var mu sync.Mutex
	var paths []string
	url := serve(t, func(conn *websocket.Conn, r *http.Request) {
		mu.Lock()
		paths = append(paths, r.URL.Path)
		mu.Unlock()
		untilClosed(conn)
	})
	if _, err := luastdtest.TryOpen(t, luastdtest.Options{Permissions: netGrants("127.0.0.1"), Source: `ws.keep("` + url + `/a") ws.connect("` + url + `/b")`}); err == nil ||
		!strings.Contains(err.Error(), "ws.connect: the script is still loading: call it in on_start(function() ... end)") {
		t.Errorf("the error is %v", err)
	}
	s := luastdtest.Open(t, luastdtest.Options{Permissions: netGrants("127.0.0.1"), Source: `ws.keep("` + url + `/c")`})
	if _, err := s.Scripts.Check(s.Folder + "/test.lua"); err != nil {
		t.Error(err)
	}
	testkit.Until(t, "the keeper connects", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(paths) > 0
	})
	time.Sleep(200 * time.Millisecond)
	mu.Lock()
	defer mu.Unlock()
	if got := fmt.Sprint(paths); got != "[/c]" {
		t.Errorf("the server got %s", got)
	}
}
