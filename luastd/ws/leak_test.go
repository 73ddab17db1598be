package ws_test

import (
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/script"
	"moonlark/engine/testkit"
	"moonlark/engine/tool"
	"moonlark/luastd/luastdtest"
)

// runFor runs source as a task and cancels the task after some time. It returns the code of the
// task's failure.
func runFor(s *luastdtest.Script, time time.Duration, source string) string {
	return s.Run(fmt.Sprintf(`local t = task.spawn(function() %s end) sleep(%v) t:cancel() return select(3, t:wait())`, source, time.Seconds()))
}

// A task that is killed while it connects leaves no connection.
func TestAKilledTaskThatConnects(t *testing.T) {
	closed := make(chan struct{}, 10)
	url := serveRaw(t, func(conn net.Conn, _ http.Header) {
		conn.Read(make([]byte, 1)) // until the client closes the connection
		closed <- struct{}{}
	})
	s := openScript(t)
	for range 3 {
		if got := runFor(s, 100*time.Millisecond, `ws.connect("`+url+`", {timeout = 600})`); got != "cancelled" {
			t.Fatal(got)
		}
		select {
		case <-closed:
		case <-time.After(testkit.Timeout):
			t.Fatal("the connection is still open")
		}
	}
}

// A task that is killed while it receives loses no message.
func TestAKilledTaskThatReceives(t *testing.T) {
	url := serve(t, func(conn *websocket.Conn, r *http.Request) {
		conn.ReadMessage()
		conn.WriteMessage(websocket.TextMessage, []byte("1"))
		conn.WriteMessage(websocket.TextMessage, []byte("2"))
		untilClosed(conn)
	})
	s := openScript(t)
	s.Run(`c = assert(ws.connect("` + url + `"))`)
	if got := runFor(s, 100*time.Millisecond, `c:receive()`); got != "cancelled" {
		t.Fatal(got)
	}
	if got := s.Run(`c:send("go") return (c:receive()), (c:receive())`); got != "1, 2" {
		t.Errorf("got %s", got)
	}
}

// The server gets a close frame with the code 1001 when the script is replaced.
func TestAReloadClosesConnections(t *testing.T) {
	closed := make(chan error, 10)
	url := serve(t, func(conn *websocket.Conn, _ *http.Request) { closed <- untilClosed(conn) })
	s := luastdtest.Open(t, luastdtest.Options{Permissions: netGrants("127.0.0.1"), Source: `on_unload(function() if c then c:send("bye") end end)`})
	s.Run(`c = ws.connect("` + url + `") ws.keep("` + url + `", {on_open = function() opened = true end})
		for i = 1, 1000 do if opened then break end sleep(0.01) end`)
	if _, err := s.Scripts.Reload(s.Folder + "/test.lua"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		select {
		case err := <-closed:
			if !websocket.IsCloseError(err, websocket.CloseGoingAway) {
				t.Errorf("the server got %v", err)
			}
		case <-time.After(testkit.Timeout):
			t.Fatal("the connection is still open")
		}
	}
}

func TestReloadsLeaveNothingOpen(t *testing.T) {
	reloads := 100
	if testing.Short() {
		reloads = 10
	}
	var open atomic.Int64
	url := serve(t, func(conn *websocket.Conn, r *http.Request) {
		open.Add(1)
		defer open.Add(-1)
		conn.WriteMessage(websocket.TextMessage, []byte("x"))
		untilClosed(conn)
	})
	silent := serveRaw(t, func(conn net.Conn, _ http.Header) { conn.Read(make([]byte, 1)) })
	source := strings.NewReplacer("URL", url, "SILENT", silent).Replace(`
		ballast = ("x"):rep(1e6)
		local n = 0
		ws.keep("URL", {on_message = function() n = n + 1 end})
		ws.keep("ws://127.0.0.1:1", {backoff = {0.1, 1}})
		on_start(function()
			kept = ws.connect("URL")
			spawn(function() kept:receive() n = n + 1 kept:receive() end)
			spawn(function() for m in ws.connect("URL"):messages() do n = n + 1 end end)
			spawn(function() ws.connect("SILENT", {timeout = 600}) end)
		end)
		register_tool("started", function() for i = 1, 2000 do if n == 3 then return "ok" end sleep(0.005) end error("not started") end)`)
	s := luastdtest.Open(t, luastdtest.Options{Source: source, Permissions: netGrants("127.0.0.1")})
	once := func() {
		if _, err := s.Scripts.Reload(s.Folder + "/test.lua"); err != nil {
			t.Fatal(err)
		}
		done := make(chan tool.Result, 1)
		s.Scripts.Call(&script.Call{Name: "started", Args: []byte("{}"), Reply: func(_ *script.Call, r tool.Result) { done <- r }})
		if r := <-done; r.IsError {
			t.Fatal(r.Text)
		}
	}
	for range 3 {
		once()
	}
	testkit.Until(t, "the old connections are closed", func() bool { return open.Load() == 3 })
	openBefore, goroutinesBefore := luastdtest.Descriptors(t), runtime.NumGoroutine()
	for range reloads {
		once()
	}
	testkit.Until(t, "everything is closed", func() bool {
		return open.Load() == 3 && luastdtest.Descriptors(t) <= openBefore+6 && runtime.NumGoroutine() <= goroutinesBefore+12
	})
	testkit.Until(t, "the memory is free", func() bool {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc < 60<<20 // the generations have 100 MB
	})
}
