package ws_test

import (
	"bytes"
	"compress/flate"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

func TestServersThatOpenNoWebSocket(t *testing.T) {
	answer := func(text string) string {
		return serveRaw(t, func(conn net.Conn, _ http.Header) { io.WriteString(conn, text) })
	}
	endless := serveRaw(t, func(conn net.Conn, header http.Header) {
		io.WriteString(conn, "HTTP/1.1 101 OK\r\nX: ")
		for {
			if _, err := io.WriteString(conn, strings.Repeat("x", 4096)); err != nil {
				return
			}
		}
	})
	unasked := serveRaw(t, func(conn net.Conn, header http.Header) { accept(conn, header, "Sec-WebSocket-Protocol: one\r\n") })
	silent := serveRaw(t, func(conn net.Conn, _ http.Header) { io.Copy(io.Discard, conn) })
	closed := strings.Replace(answer(""), "ws:", "ws:", 1)
	host := func(url string) string { return strings.TrimPrefix(url, "ws://") }

	s := openScript(t)
	for _, row := range []struct{ why, url, want string }{
		{"a page", answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "failed: HOST has answered 200 OK instead of opening a WebSocket, failed"},
		{"forbidden", answer("HTTP/1.1 403 Nope\r\n\r\n"), "failed: HOST has answered 403 Forbidden instead of opening a WebSocket, failed"},
		{"a redirect", answer("HTTP/1.1 301 X\r\nLocation: wss://other.example/\r\n\r\n"), "failed: HOST has answered 301 Moved Permanently to wss://other.example/, failed"},
		{"a wrong key", answer("HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n"), "invalid: HOST has accepted the connection, but does not follow the rules of WebSockets, invalid"},
		{"no HTTP", answer("220 mail.example ESMTP\r\n"), "invalid: HOST has sent something that is not HTTP, invalid"},
		{"nothing", closed, "closed: HOST has closed the connection, closed"},
		{"an endless header", endless, "too_large: the answer that opens the connection has more than 262144 bytes, too_large"},
		{"a protocol that was not offered", unasked, "invalid: HOST has chosen a protocol that the script did not offer, invalid"},
		{"silence", silent, "timeout: no answer from HOST in 0.2 s, timeout"},
		{"no TLS", strings.Replace(answer("HTTP/1.1 400 Bad Request\r\n\r\n"), "ws:", "wss:", 1), ""},
		{"nobody there", "ws://127.0.0.1:1", "refused: nothing accepts connections at 127.0.0.1:1, refused"},
	} {
		timeout := "30"
		if row.why == "silence" {
			timeout = "0.2"
		}
		got := s.Run(`return ws.connect("` + row.url + `", {timeout = ` + timeout + `})`)
		if want := strings.ReplaceAll("nil, "+row.want, "HOST", host(row.url)); got != want && row.want != "" {
			t.Errorf("%s:\ngot  %s\nwant %s", row.why, got, want)
		}
	}
	if got := s.Run(`return #"x"`); got != "1" {
		t.Error(got)
	}
}

func TestServersThatBreakTheRules(t *testing.T) {
	var bomb bytes.Buffer
	w, _ := flate.NewWriter(&bomb, 9)
	w.Write(make([]byte, 2<<20))
	w.Flush()
	packed := bomb.Bytes()[:bomb.Len()-4]
	header := []byte{0xc2, 126, byte(len(packed) >> 8), byte(len(packed))}
	for _, row := range []struct {
		why, frames, want string
		code              int
	}{
		{"a text that is not UTF-8", "\x81\x02\xc3\x28", "invalid: HOST has sent a text that is not UTF-8, invalid, 1007", 1007},
		{"a frame of 2^62 bytes", "\x82\x7f\x40\x00\x00\x00\x00\x00\x00\x00", "too_large: HOST has sent a message of more than 1048576 bytes, too_large, 1009", 1009},
		{"many small pieces", "\x02\x7e\xff\xff" + strings.Repeat(strings.Repeat("x", 65535)+"\x00\x7e\xff\xff", 20), "too_large: HOST has sent a message of more than 1048576 bytes, too_large, 1009", 1009},
		{"a small message that decompresses to 2 MiB", string(header) + string(packed), "too_large: HOST has sent a message of more than 1048576 bytes, too_large, 1009", 1009},
		{"an unknown opcode", "\x83\x00", "invalid: HOST does not follow the rules of WebSockets: bad opcode 3, invalid, 1002", 1002},
		{"a mask", "\x81\x81aaaax", "invalid: HOST does not follow the rules of WebSockets: bad MASK, invalid, 1002", 1002},
		{"a close code that must not be sent", "\x88\x02\x03\xee", "invalid: HOST does not follow the rules of WebSockets: bad close code 1006, invalid, 1002", 1002},
		{"a piece without a beginning", "\x80\x00", "invalid: HOST does not follow the rules of WebSockets: continuation after FIN, invalid, 1002", 1002},
	} {
		received := make(chan string, 1)
		url := serveRaw(t, func(conn net.Conn, header http.Header) {
			accept(conn, header, "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n")
			io.WriteString(conn, row.frames)
			conn.SetReadDeadline(time.Now().Add(testkit.Timeout))
			all, _ := io.ReadAll(conn)
			received <- string(all)
		})
		s := openScript(t)
		got := s.Run(`c = ws.connect("` + url + `", {compression = true}) local data, reason, code = c:receive() return reason, code, c.close_code`)
		if want := strings.ReplaceAll(row.want, "HOST", strings.TrimPrefix(url, "ws://")); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", row.why, got, want)
		}
		if codes := closeCodes(<-received); len(codes) != 1 || codes[0] != row.code {
			t.Errorf("%s: the server got the close codes %d, want %d", row.why, codes, row.code)
		}
		if got := s.Run(`for m in c:messages() do end`); !strings.HasPrefix(got, "a.lua:1: connection:messages: ") {
			t.Errorf("%s: the iterator has ended with %s", row.why, got)
		}
	}
}

// A server that is not there any more does not close the connection.
func TestAServerThatDoesNotAnswerPings(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	t.Parallel()
	url, _ := serveFrames(t, "\x81\x02hi")
	check(t, openScript(t), url, []row{
		{"receive", `c = ws.connect("URL", {ping = 0.2}) c:receive() return c:receive(30)`, "nil, closed: HOST has not answered a ping in 0.4 s, closed"},
		{"the code", `return c.close_code`, "1006"},
		{"without pings", `local c = ws.connect("URL", {ping = false}) c:receive() return select(3, c:receive(1)), c.close_code`, "timeout, nil"},
	})
}

func TestAServerThatAnswersPingsIsThere(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	t.Parallel()
	var pings atomic.Int64
	url := serve(t, func(conn *websocket.Conn, _ *http.Request) {
		answer := conn.PingHandler()
		conn.SetPingHandler(func(data string) error {
			pings.Add(1)
			return answer(data)
		})
		untilClosed(conn)
	})
	check(t, openScript(t), url, []row{
		{"receive", `c = ws.connect("URL", {ping = 1}) return select(3, c:receive(3)), c.close_code`, "timeout, nil"},
	})
	if n := pings.Load(); n < 1 || n > 3 {
		t.Errorf("%d pings", n)
	}
}

// A script that does not receive makes the server wait. It loses no message, and the connection
// stays open although nobody reads the answers to pings.
func TestAScriptThatDoesNotReceiveMakesTheServerWait(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	t.Parallel()
	const messages = 3000
	var sent atomic.Int64
	url := serve(t, func(conn *websocket.Conn, _ *http.Request) {
		text := bytes.Repeat([]byte("x"), 64<<10)
		for range messages {
			if conn.WriteMessage(websocket.BinaryMessage, text) != nil {
				return
			}
			sent.Add(1)
		}
		untilClosed(conn)
	})
	s := openScript(t)
	s.Run(`c = ws.connect("` + url + `", {ping = 0.2}) sleep(1.5)`)
	if n := sent.Load(); n > messages/2 {
		t.Errorf("%d messages were sent to a script that does not receive", n)
	}
	got := s.Run(`local n = 0 for i = 1, ` + "3000" + ` do if #assert(c:receive(30)) == 65536 then n = n + 1 end end return n, c.close_code`)
	if got != "3000, nil" {
		t.Errorf("got %s", got)
	}
}

func TestAServerThatDoesNotReadMakesSendBusy(t *testing.T) {
	stop := make(chan struct{})
	url := serveRaw(t, func(conn net.Conn, header http.Header) {
		accept(conn, header, "")
		<-stop
	})
	defer close(stop)
	check(t, openScript(t), url, []row{
		{"many bytes", `c = ws.connect("URL") local n, code = 0 while not code do n = n + 1 code = select(3, c:send_binary(("x"):rep(2^20))) end return n > 3, n < 40, code`, "true, true, busy"},
		{"many messages", `c = ws.connect("URL") c:send_binary(("x"):rep(2^24)) sleep(0.3) local n = 0 while true do local ok, reason, code = c:send("x") if not ok then return n, reason, code end n = n + 1 end`,
			"256, busy: HOST is slow: 256 messages wait to be sent, busy"},
		{"too large", `return c:send(("x"):rep(2^24 + 1))`, "nil, too_large: the message has 16777217 bytes; the maximum is 16777216, too_large"},
		{"reload", `c:close()`, ""},
	})
}

// Many connections with large messages do not fill the memory.
func TestTheMessagesOfAScriptAreLimited(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	url := serve(t, func(conn *websocket.Conn, _ *http.Request) {
		for {
			if conn.WriteMessage(websocket.BinaryMessage, make([]byte, 10<<20)) != nil {
				return
			}
		}
	})
	s := openScript(t)
	got := s.Run(`local all, full = {}, 0
		for i = 1, 12 do all[i] = assert(ws.connect("` + url + `", {max_message = 2^24})) end
		for i = 1, 1000 do
			full = 0
			for _, c in ipairs(all) do if c.close_code == 1009 then full = full + 1 end end
			if full >= 6 then break end
			sleep(0.02)
		end
		local reason
		for _, c in ipairs(all) do if c.close_code == 1009 then
			repeat local data, r, code = c:receive() reason = r until not data
		end end
		for _, c in ipairs(all) do c:close() end
		return full >= 6, reason`)
	if got != "true, full: more than 67108864 bytes are kept for the script, such as bodies and messages that it has not received" {
		t.Errorf("got %s", got)
	}
}

func TestConnectionsAreLimited(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	t.Parallel()
	url := serve(t, echo)
	s := openScript(t)
	check(t, s, url, []row{
		{"64", `all = {} for i = 1, 64 do all[i] = assert(ws.connect("URL")) end return #all`, "64"},
		{"65", `ws.connect("URL")`, "a.lua:1: ws.connect: 64 connections are open: close those that are not needed any more"},
		{"a keeper", `ws.keep("URL")`, "a.lua:1: ws.keep: 64 connections are open: close those that are not needed any more"},
		{"room", `all[1]:close() for i = 1, 500 do local ok, c = pcall(ws.connect, "URL") if ok then return c end sleep(0.01) end`, "ws connection SERVER (open)"},
		{"attempts that fail do not count", `for i = 2, 64 do all[i]:close() end sleep(3) for i = 1, 200 do ws.connect("ws://127.0.0.1:1") end return select(3, ws.connect("ws://127.0.0.1:1"))`, "refused"},
	})
}

func TestNamesAndAddresses(t *testing.T) {
	names := testkit.NewNameServer(t, map[string][][]string{"rebind.example": {{"127.0.0.1"}}, "meta.example": {{"169.254.169.254"}}})
	p := netGrants("rebind.example", "meta.example", "none.example")
	p.Resolver = names.Resolver()
	s := luastdtest.Open(t, luastdtest.Options{Permissions: p})
	all := luastdtest.Options{Permissions: netGrants("")}
	all.Permissions.DenyNet = []string{"127.0.0.1:81"}
	open := luastdtest.Open(t, all)
	for _, row := range []struct {
		s            *luastdtest.Script
		source, want string
	}{
		{s, `return ws.connect("ws://rebind.example/")`, "nil, denied: test.lua may not connect to 127.0.0.1:80, the address of rebind.example, denied"},
		{s, `return ws.connect("ws://meta.example/")`, "nil, denied: test.lua may not connect to 169.254.169.254:80, where clouds keep credentials, denied"},
		{s, `return ws.connect("ws://none.example/")`, "nil, not_found: there is no host with the name none.example, not_found"},
		{open, `return ws.connect("ws://169.254.169.254/")`, "a.lua:1: ws.connect: test.lua may not connect to 169.254.169.254:80, where clouds keep credentials"},
		{open, `return ws.connect("ws://127.0.0.1:81/")`, "a.lua:1: ws.connect: test.lua may not connect to 127.0.0.1:81, because of --deny-net"},
		{open, `return ws.connect("ws://[::ffff:127.0.0.1]:81/")`, "a.lua:1: ws.connect: test.lua may not connect to [::ffff:127.0.0.1]:81, because of --deny-net"},
	} {
		if got := row.s.Run(row.source); got != row.want {
			t.Errorf("%s\ngot  %s\nwant %s", row.source, got, row.want)
		}
	}
}
