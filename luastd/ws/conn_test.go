package ws_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"moonlark/engine/testkit"
)

func TestMessages(t *testing.T) {
	url := serve(t, echo)
	check(t, openScript(t), url, []row{
		{"text", `c = assert(ws.connect("URL")) c:send("grüß") return c:receive()`, "grüß, text"},
		{"bytes", `c:send_binary("\0\255") local data, kind = c:receive() return #data, data:byte(2), kind`, "2, 255, binary"},
		{"JSON", `c:send_json({a = {1, 2}}) return c:receive()`, `{"a":[1,2]}, text`},
		{"empty", `c:send("") return #c:receive()`, "0"},
		{"a number", `c:send(12) return c:receive()`, "12, text"},
		{"in order", `for i = 1, 200 do assert(c:send(i)) end local all = {} for i = 1, 200 do all[i] = c:receive() end return table.concat(all, ""):sub(-12)`, "197198199200"},
		{"a large message", `local s = ("x"):rep(1e6) c:send(s) return c:receive() == s`, "true"},
		{"a timeout leaves the connection open", `local _, reason, code = c:receive(0.05) c:send("later") return reason, code, c:receive()`,
			"timeout: no message from HOST in 0.05 s, timeout, later, text"},
		{"no wait", `return select(3, c:receive(0))`, "timeout"},
		{"the fields", `return c.url, c.protocol, c.close_code, c.close_reason, c.nothing`, "SERVER, , nil, nil, nil"},
		{"tostring", `return c`, "ws connection SERVER (open)"},
		{"close", `return c:close(), c:close(), c.close_code`, "true, true, 1000"},
		{"after close", `return c:send("x")`, "nil, closed: the script has closed the connection, closed"},
		{"after close", `return c:receive()`, "nil, closed: the script has closed the connection, closed"},
		{"tostring after close", `return c`, "ws connection SERVER (closed)"},
	})
}

func TestMistakesOfTheScript(t *testing.T) {
	url := serve(t, echo)
	s := openScript(t)
	s.Run(`c = assert(ws.connect("` + url + `"))`)
	const arg2, name = "a.lua:1: bad argument #2 to connect (", "a.lua:1: ws.connect: "
	check(t, s, url, []row{
		{"not UTF-8", `c:send("ab\255")`, "a.lua:1: bad argument #2 to send (the text is not UTF-8 at byte 3: use send_binary)"},
		{"not JSON", `c:send_json({f = print})`, "a.lua:1: bad argument #2 to send_json (f: a function cannot be JSON)"},
		{"no colon", `c.send("x")`, "a.lua:1: bad argument #1 to send (a connection expected: use a colon, as in connection:receive())"},
		{"a close code of the protocol", `c:close(1006)`, "a.lua:1: bad argument #2 to close (the code must be 1000 or from 3000 to 4999, not 1006)"},
		{"a long close reason", `c:close(1000, ("x"):rep(124))`, "a.lua:1: bad argument #3 to close (the reason must be UTF-8 of at most 123 bytes)"},
		{"milliseconds", `c:receive(5000)`, "a.lua:1: bad argument #2 to receive (the timeout must be at most 600, not 5000: seconds are meant, not milliseconds)"},
		{"an option", `ws.connect("URL", {timeot = 1})`, arg2 + "there is no field 'timeot' (did you mean 'timeout'?); its fields are headers, subprotocols, timeout, ping, max_message, tls, compression)"},
		{"a header with a line end", `ws.connect("URL", {headers = {["X-A"] = "a\nb"}})`, arg2 + "headers: X-A has a line end or another control character)"},
		{"a header of the protocol", `ws.connect("URL", {headers = {["sec-websocket-key"] = "x"}})`, arg2 + "headers: Sec-Websocket-Key cannot be set)"},
		{"the header for protocols", `ws.connect("URL", {headers = {["Sec-WebSocket-Protocol"] = "x"}})`, arg2 + "headers: use the option subprotocols)"},
		{"a name that is no header", `ws.connect("URL", {headers = {["a b"] = "x"}})`, arg2 + `headers: "a b" is not the name of a header)`},
		{"a protocol with a space", `ws.connect("URL", {subprotocols = {"a b"}})`, arg2 + `subprotocols must be a list of names, such as {"mqtt"})`},
		{"a large max_message", `ws.connect("URL", {max_message = 2^25})`, arg2 + "max_message must be a whole number from 1 to 16777216, not 33554432)"},
		{"http", `ws.connect("https://a.example")`, name + "the URL of a WebSocket begins with wss://, and not with https://"},
		{"no scheme", `ws.connect("a.example")`, name + "the URL must begin with ws:// or wss://"},
		{"no host", `ws.connect("ws:///x")`, name + "the URL has no host"},
		{"a password", `ws.connect("ws://u:secret@a.example")`, name + "the URL cannot have a user: use headers = {Authorization = ...}"},
		{"a wrong port", `ws.connect("ws://a.example:99999")`, name + `the port must be from 1 to 65535, not "99999"`},
		{"a host without a grant", `ws.connect("wss://a.example/x")`, name + "test.lua may not connect to a.example:443. Start with --allow-net=a.example"},
		{"a file without a grant", `ws.connect("URL", {tls = {ca = "/etc/hostname"}})`, name + "test.lua may not read /etc/hostname. Start with --allow-read=/etc"},
		{"two tasks that receive", `local ok, err spawn(function() c:receive(5) end) sleep(0.05) return pcall(c.receive, c)`, "false, another task is receiving from the connection"},
	})
}

func TestTheRequest(t *testing.T) {
	url := serve(t, func(conn *websocket.Conn, r *http.Request) {
		conn.WriteMessage(websocket.TextMessage, []byte(fmt.Sprint(r.URL, " ", r.Header["Authorization"], r.Header["X-N"], r.Header["Origin"], strings.HasPrefix(r.UserAgent(), "Moonlark/"))))
		untilClosed(conn)
	})
	check(t, openScript(t), url, []row{
		{"headers", `return ws.connect("URL/a?b=c#d", {headers = {authorization = "Bearer x", ["X-N"] = 5, Origin = "http://o"}}):receive()`, "/a?b=c [Bearer x] [5] [http://o] true, text"},
		{"a protocol", `return ws.connect("URL", {subprotocols = {"one", "two"}}).protocol`, "two"},
		{"the query is not shown", `return ws.connect("URL/a?token=secret")`, "ws connection SERVER/a (open)"},
		{"compression", `local c = ws.connect("URL", {compression = true}) c:send(("x"):rep(1000)) return (c:receive():sub(1, 1))`, "/"},
	})
}

func TestTheServerClosesTheConnection(t *testing.T) {
	url := serve(t, func(conn *websocket.Conn, r *http.Request) {
		conn.WriteMessage(websocket.TextMessage, []byte("last"))
		switch r.URL.Path {
		case "/code":
			conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(4001, "try later"))
			untilClosed(conn)
		case "/nocode":
			conn.WriteMessage(websocket.CloseMessage, nil)
			untilClosed(conn)
		}
	})
	check(t, openScript(t), url, []row{
		{"what came before is received", `c = ws.connect("URL/code") return c:receive()`, "last, text"},
		{"with a code", `local data, reason, code = c:receive() return data, reason, code, c.close_code, c.close_reason`, "nil, closed: HOST has closed the connection (4001): try later, closed, 4001, try later"},
		{"send after it", `return c:send("x")`, "nil, closed: HOST has closed the connection (4001): try later, closed"},
		{"without a code", `c = ws.connect("URL/nocode") c:receive() return select(2, c:receive()), c.close_code, c.close_reason`, "closed: HOST has closed the connection (1005), 1005, "},
		{"without a frame", `c = ws.connect("URL/cut") c:receive() return select(2, c:receive()), c.close_code`, "closed: HOST has closed the connection without a close frame, 1006"},
		{"an iterator ends", `local all = {} for data, kind in ws.connect("URL/code"):messages() do all[#all + 1] = data .. kind end return #all, all[1]`, "1, lasttext"},
		{"an iterator ends when the connection is lost", `local n = 0 for data in ws.connect("URL/cut"):messages() do n = n + 1 end return n`, "1"},
	})
}

// close sends the messages that wait, and then a close frame with the code and the reason.
func TestCloseTellsTheServer(t *testing.T) {
	got := make(chan string, 1)
	url := serve(t, func(conn *websocket.Conn, _ *http.Request) {
		n := 0
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				got <- fmt.Sprint(n, " ", err)
				return
			}
			n++
		}
	})
	s := openScript(t)
	s.Run(`c = ws.connect("` + url + `") for i = 1, 100 do c:send(("x"):rep(10000)) end c:close(4000, "bye")`)
	if got := <-got; got != "100 websocket: close 4000: bye" {
		t.Errorf("the server got %s", got)
	}
}

func TestCloseEndsAWaitOfAnotherTask(t *testing.T) {
	url := serve(t, echo)
	check(t, openScript(t), url, []row{
		{"receive", `local c = ws.connect("URL") spawn(function() sleep(0.05) c:close() end) return c:receive()`, "nil, closed: the script has closed the connection, closed"},
		{"messages", `local c = ws.connect("URL") spawn(function() sleep(0.05) c:close() end) for m in c:messages() do end return "end"`, "end"},
	})
}

func TestAForgottenConnectionIsClosed(t *testing.T) {
	closed := make(chan error, 10)
	url := serve(t, func(conn *websocket.Conn, _ *http.Request) { closed <- untilClosed(conn) })
	s := openScript(t)
	s.Run(`for i = 1, 10 do assert(ws.connect("` + url + `")) end`)
	n := 0
	testkit.Until(t, "the connections are closed", func() bool {
		s.Run(`collectgarbage()`)
		for {
			select {
			case err := <-closed:
				if !websocket.IsCloseError(err, websocket.CloseGoingAway) {
					t.Error(err)
				}
				n++
			default:
				return n == 10
			}
		}
	})
}
