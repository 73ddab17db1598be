package tcp_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

func TestSendAndReceive(t *testing.T) {
	address := serve(t, nil, echo)
	_, port, _ := net.SplitHostPort(address)
	check(t, openScript(t), address, []row{
		{"a line", `c = assert(tcp.connect(SERVER)) c:send("one\ntwo\r\n\nrest") return c:receive(), c:receive("*l"), c:receive() == ""`, "one, two, true"},
		{"a number of bytes", `return c:receive(3)`, "res"},
		{"what there is", `return c:receive("*s")`, "t"},
		{"bytes", `c:send("\0\255\r\n") return #c:receive(4)`, "4"},
		{"a CR in a line", `c:send("a\rb\r\r\n") return (c:receive():gsub("\r", "R"))`, "aRbR"},
		{"a timeout keeps what has come", `c:send("ab") local data, reason, code, partial = c:receive("*l", 0.05) c:send("cd\n") return data, reason, code, partial, c:receive()`,
			"nil, timeout: HOST has not sent a line in 0.05 s, timeout, nil, abcd"},
		{"no wait", `return c:receive("*s", 0)`, "nil, timeout: HOST has not sent anything in 0 s, timeout"},
		{"many bytes", `local s = ("0123456789abcdef"):rep(2^18) spawn(function() c:send(s) end) return c:receive(#s) == s`, "true"},
		{"the fields", `return c.host, c.port, c.local_port > 0, c.nothing`, "127.0.0.1, " + port + ", true, nil"},
		{"tostring", `return c`, "tcp connection HOST (open)"},
		{"close", `c:send("x") c:receive(1) c:send("unread") sleep(0.05) c:receive("*l", 0.05) return c:close(), c:close(), c`, "true, true, tcp connection HOST (closed)"},
		{"after close", `return c:receive()`, "nil, closed: the script has closed the connection, closed"},
		{"after close", `return c:send("x")`, "nil, closed: the script has closed the connection, closed"},
		{"after close", `for l in c:lines() do return l end`, ""},
		{"close ends a wait", `local c = tcp.connect(SERVER) spawn(function() sleep(0.05) c:close() end) return c:receive()`, "nil, closed: the script has closed the connection, closed"},
	})
}

func TestTheOtherEndClosesTheConnection(t *testing.T) {
	address := serve(t, nil, say("one\r\ntwo"))
	reset := serve(t, nil, func(conn net.Conn) {
		io.WriteString(conn, "half")
		time.Sleep(50 * time.Millisecond)
		conn.(*net.TCPConn).SetLinger(0)
	})
	silent := serve(t, nil, say(""))
	s := openScript(t)
	check(t, s, address, []row{
		{"everything", `return (tcp.connect(SERVER):receive("*a"):gsub("\r\n", "|"))`, "one|two"},
		{"everything, twice", `local c = tcp.connect(SERVER) c:receive("*a") return c:receive("*a")`, "nil, closed: HOST has closed the connection, closed"},
		{"half a line", `local c = tcp.connect(SERVER) c:receive() return c:receive()`, "nil, closed: HOST has closed the connection, closed, two"},
		{"half a line, twice", `local c = tcp.connect(SERVER) c:receive() c:receive() return c:receive()`, "nil, closed: HOST has closed the connection, closed"},
		{"too few bytes", `return select(3, tcp.connect(SERVER):receive(100))`, "closed, one\r\ntwo"},
		{"lines", `local all = {} for l in tcp.connect(SERVER):lines() do all[#all + 1] = l end return table.concat(all, "|")`, "one|two"},
		{"what there is", `local c = tcp.connect(SERVER) local n = 0 while true do local s, _, code = c:receive("*s") if not s then return n, code end n = n + #s end`, "8, closed"},
	})
	check(t, s, silent, []row{{"everything of nothing", `return select(3, tcp.connect(SERVER):receive("*a"))`, "closed"}})
	check(t, s, reset, []row{
		{"a reset", `return select(2, tcp.connect(SERVER):receive("*a"))`, "closed: HOST has closed the connection, closed, half"},
		{"a reset in lines", `for l in tcp.connect(SERVER):lines() do end`, "a.lua:1: connection:lines: closed: HOST has closed the connection"},
	})
}

func TestMistakesOfTheScript(t *testing.T) {
	address := serve(t, nil, echo)
	s := openScript(t)
	s.Run(`c = assert(tcp.connect(` + arguments(address) + `))`)
	const arg1 = "a.lua:1: bad argument #2 to receive ("
	check(t, s, address, []row{
		{"a format", `c:receive("*x")`, arg1 + `"*x" is not "*l", "*a", "*s" or a number of bytes)`},
		{"no bytes", `c:receive(0)`, arg1 + "the number of bytes must be from 1 to 8388608, not 0)"},
		{"a table", `c:receive({})`, arg1 + `"*l", "*a", "*s" or a number of bytes expected, got table)`},
		{"milliseconds", `c:receive("*l", 5000)`, "a.lua:1: bad argument #3 to receive (the timeout must be at most 600, not 5000: seconds are meant, not milliseconds)"},
		{"no colon", `c.receive("*l")`, "a.lua:1: bad argument #1 to receive (a connection expected: use a colon, as in connection:receive())"},
		{"a port", `tcp.connect("127.0.0.1", 65536)`, "a.lua:1: bad argument #2 to connect (a whole number from 1 to 65535 expected, got 65536)"},
		{"an option", `tcp.connect(SERVER, {keep_alive = 1})`, "a.lua:1: bad argument #3 to connect (there is no field 'keep_alive' (did you mean 'keepalive'?); its fields are timeout, tls, keepalive)"},
		{"tls", `tcp.connect(SERVER, {tls = "yes"})`, `a.lua:1: bad argument #3 to connect (tls must be true or a table such as {ca = "./ca.pem"}, not a string)`},
		{"a host without a grant", `tcp.connect("a.example", 25)`, "a.lua:1: tcp.connect: test.lua may not connect to a.example:25. Start with --allow-net=a.example:25"},
		{"a host that is none", `tcp.connect("http://a", 25)`, `a.lua:1: tcp.connect: "http://a" is not the name of a host`},
		{"two tasks that receive", `spawn(function() c:receive("*l", 5) end) sleep(0.05) return pcall(c.receive, c)`, "false, another task is receiving from the connection"},
	})
	if _, err := luastdtest.TryOpen(t, luastdtest.Options{Permissions: netGrants("127.0.0.1"), Source: `tcp.connect(` + arguments(address) + `)`}); err == nil ||
		!strings.Contains(err.Error(), "tcp.connect: the script is still loading") {
		t.Errorf("while the script loads: %v", err)
	}
}

func TestPermissions(t *testing.T) {
	names := testkit.NewNameServer(t, map[string][][]string{"rebind.example": {{"127.0.0.1"}}})
	p := netGrants("rebind.example", "none.example", "127.0.0.1:1")
	p.Resolver = names.Resolver()
	s := luastdtest.Open(t, luastdtest.Options{Permissions: p})
	check(t, s, "127.0.0.1:1", []row{
		{"a name of the local network", `return tcp.connect("rebind.example", 80)`, "nil, denied: test.lua may not connect to 127.0.0.1:80, the address of rebind.example, denied"},
		{"a name that nobody has", `return tcp.connect("none.example", 80)`, "nil, not_found: there is no host with the name none.example, not_found"},
		{"another port", `return tcp.connect("127.0.0.1", 2)`, "a.lua:1: tcp.connect: test.lua may not connect to 127.0.0.1:2. Start with --allow-net=127.0.0.1:2"},
		{"nobody there", `return tcp.connect("127.0.0.1", 1)`, "nil, refused: nothing accepts connections at 127.0.0.1:1, refused"},
		{"credentials of clouds", `return tcp.connect("169.254.169.254", 80)`, "a.lua:1: tcp.connect: test.lua may not connect to 169.254.169.254:80, where clouds keep credentials"},
	})
}

func TestBounds(t *testing.T) {
	line := func(n int) string { return serve(t, nil, sayAndWait(strings.Repeat("x", n)+"\nnext\n")) }
	s := openScript(t)
	exact, long := line(64<<10), line(64<<10+1)
	check(t, s, exact, []row{{"64 KiB", `local c = tcp.connect(SERVER) return #c:receive(), c:receive()`, "65536, next"}})
	check(t, s, long, []row{
		{"a long line", `c = tcp.connect(SERVER) return c:receive()`, "nil, too_large: HOST has sent a line of more than 65536 bytes, too_large"},
		{"the long line can be read otherwise", `return #c:receive(65537), c:receive(), c:receive()`, "65537, , next"},
	})
	endless := serve(t, nil, func(conn net.Conn) {
		for {
			if _, err := conn.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	check(t, s, endless, []row{
		{"everything", `return tcp.connect(SERVER):receive("*a")`, "nil, too_large: HOST has sent more than 8388608 bytes, too_large"},
		{"an endless line", `return select(3, tcp.connect(SERVER):receive())`, "too_large"},
		{"the bytes of all connections", `local all, n, full = {}, 0 for i = 1, 12 do
			all[i] = tcp.connect(SERVER)
			local _, reason, code = all[i]:receive("*a") if code == "full" then full = full or reason n = n + 1 end
			end for i = 1, 12 do all[i]:close() end return n > 2, full`, "true, full: more than 67108864 bytes are kept for the script, such as bodies and messages that it has not received"},
	})
	// A script that does not receive makes the other end wait.
	var sent atomic.Int64
	counted := serve(t, nil, func(conn net.Conn) {
		for {
			n, err := conn.Write(make([]byte, 64<<10))
			if err != nil {
				return
			}
			sent.Add(int64(n))
		}
	})
	check(t, s, counted, []row{{"some bytes", `c = tcp.connect(SERVER) local n = #c:receive(1) sleep(0.5) return n`, "1"}})
	if n := sent.Load(); n > 32<<20 {
		t.Errorf("the other end could send %d bytes", n)
	}
	many := serve(t, nil, echo)
	check(t, openScript(t), many, []row{
		{"64 connections", `all = {} for i = 1, 64 do all[i] = assert(tcp.connect(SERVER)) end return pcall(tcp.connect, SERVER)`,
			"false, tcp.connect: 64 connections are open: close those that are not needed any more"},
		{"room", `all[1]:close() for i = 1, 100 do local ok, c = pcall(tcp.connect, SERVER) if ok then return "ok" end sleep(0.01) end`, "ok"},
	})
}

// A send that has sent only a part closes the connection, because nobody knows which part.
func TestASendThatTakesTooLong(t *testing.T) {
	stop := make(chan struct{})
	address := serve(t, nil, func(net.Conn) { <-stop })
	defer close(stop)
	check(t, openScript(t), address, []row{
		{"send", `big = ("x"):rep(2^25) c = tcp.connect(SERVER) return c:send(big, 0.2)`, "nil, timeout: HOST has not taken the data in 0.2 s, timeout"},
		{"after it", `return c:send("x")`, "nil, closed: the script has closed the connection, closed"},
		{"a send that waits for its turn", `c = tcp.connect(SERVER) spawn(function() first = {c:send(big, 1)} end) sleep(0.05) local r = {c:send("y", 0.1)} return r[3], first`, "timeout, nil"},
	})
}

func TestConcurrentSendsDoNotMix(t *testing.T) {
	address := serve(t, nil, echo)
	check(t, openScript(t), address, []row{
		{"lines", `local c = tcp.connect(SERVER) for i = 1, 20 do spawn(function() c:send((string.char(96 + i)):rep(50000) .. "\n") end) end
			local n = 0 for i = 1, 20 do local l = c:receive() if #l == 50000 and l == l:sub(1, 1):rep(50000) then n = n + 1 end end return n`, "20"},
	})
}

func files(t *testing.T, s *luastdtest.Script, a *testkit.Authority) {
	cert, key := a.Issue(t, "kiosk")
	for name, content := range map[string][]byte{"ca.pem": a.PEM, "cert.pem": cert, "key.pem": key} {
		if err := os.WriteFile(filepath.Join(s.Folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTLS(t *testing.T) {
	a := testkit.NewAuthority(t)
	config := a.ServerConfig(t, "127.0.0.1", "mail.example")
	address := serve(t, config, func(conn net.Conn) {
		fmt.Fprintln(conn, "hello")
		echo(conn)
	})
	mutual := config.Clone()
	mutual.ClientAuth, mutual.ClientCAs = tls.RequireAndVerifyClientCert, a.Pool()
	mutualAddress := serve(t, mutual, func(conn net.Conn) {
		conn.(*tls.Conn).Handshake()
		fmt.Fprintln(conn, conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Subject.CommonName)
	})
	plain := serve(t, nil, say("220 hello\r\n"))
	silent := serve(t, nil, sayAndWait(""))
	s := openScript(t)
	files(t, s, a)
	check(t, s, address, []row{
		{"an authority of the script", `c = assert(tcp.connect(SERVER, {tls = {ca = "./ca.pem"}})) c:send("x\n") return c:receive(), c:receive()`, "hello, x"},
		{"a timeout does not harm TLS", `local _, _, code = c:receive("*l", 0.05) c:send("y\n") return code, c:receive()`, "timeout, y"},
		{"TLS twice", `return c:starttls()`, "nil, invalid: the connection uses TLS already, invalid"},
		{"close", `c:close()`, ""},
		{"an unknown authority", `return tcp.connect(SERVER, {tls = true})`, "nil, failed: the certificate of HOST is not accepted: certificate signed by unknown authority, failed"},
		{"another name", `return select(3, tcp.connect(SERVER, {tls = {ca = "./ca.pem", server_name = "b.example"}}))`, "failed"},
		{"the name that the script says", `return tcp.connect(SERVER, {tls = {ca = "./ca.pem", server_name = "mail.example"}}):receive()`, "hello"},
		{"no check", `return tcp.connect(SERVER, {tls = {verify = false}}):receive()`, "hello"},
	})
	check(t, s, mutualAddress, []row{{"a certificate of the client", `return tcp.connect(SERVER, {tls = {ca = "./ca.pem", cert = "./cert.pem", key = "./key.pem"}}):receive()`, "kiosk"}})
	check(t, s, plain, []row{{"no TLS", `return tcp.connect(SERVER, {tls = true})`, "nil, failed: HOST does not use TLS at this port, failed"}})
	check(t, s, silent, []row{{"no answer", `return tcp.connect(SERVER, {tls = true, timeout = 0.2})`, "nil, timeout: no answer from HOST in 0.2 s, timeout"}})
}

// startTLS is a server like one for mail: it begins TLS when the client says so. more is sent
// together with the answer to that.
func startTLSServer(t *testing.T, config *tls.Config, more string) string {
	return serve(t, nil, func(conn net.Conn) {
		io.WriteString(conn, "220 hello\r\n")
		line := make([]byte, 10)
		if _, err := io.ReadFull(conn, line); err != nil || string(line) != "STARTTLS\r\n" {
			return
		}
		io.WriteString(conn, "220 go ahead\r\n"+more)
		secure := tls.Server(conn, config)
		defer secure.Close()
		io.WriteString(secure, "over TLS\r\n")
		echo(secure)
	})
}

func TestStartTLS(t *testing.T) {
	a := testkit.NewAuthority(t)
	config := a.ServerConfig(t, "127.0.0.1")
	s := openScript(t)
	files(t, s, a)
	const begin = `c = tcp.connect(SERVER) c:receive() c:send("STARTTLS\r\n") c:receive() `
	check(t, s, startTLSServer(t, config, ""), []row{
		{"starttls", begin + `return c:starttls({ca = "./ca.pem"}), c:receive()`, "true, over TLS"},
		{"after it", `c:send("x\n") return c:receive()`, "x"},
		{"a read that nobody waits for", `c = tcp.connect(SERVER) c:receive() c:receive("*l", 0.05) c:send("STARTTLS\r\n") c:receive() c:receive("*l", 0.01) local ok, reason = c:starttls({ca = "./ca.pem"}) return ok or reason, c:receive()`, "true, over TLS"},
		{"an unknown authority", begin + `return select(3, c:starttls())`, "failed"},
		{"after that", `return select(3, c:receive())`, "closed"},
		{"false", `c:starttls(false)`, "a.lua:1: bad argument #2 to starttls (tls must be true or a table, not false)"},
	})
	// Bytes that came before TLS must not count as bytes that came over TLS.
	check(t, s, startTLSServer(t, config, "250 injected\r\n"), []row{
		{"injected bytes", begin + `return c:starttls({ca = "./ca.pem"})`, "nil, invalid: HOST has sent 14 bytes that the script has not received before TLS; the connection is closed, invalid"},
		{"after that", `return select(3, c:receive())`, "closed"},
	})
	check(t, s, serve(t, nil, sayAndWait("220 hello\r\n")), []row{
		{"no answer", `c = tcp.connect(SERVER) c:receive() return c:starttls(true, 0.2)`, "nil, timeout: HOST has not begun TLS in 0.2 s, timeout"},
	})
}

// A wait in a tool call ends before the call's deadline.
func TestWaitsInToolCalls(t *testing.T) {
	s := openScript(t)
	address := serve(t, nil, sayAndWait("one\n"))
	s.Run(`c = tcp.connect(` + arguments(address) + `)`)
	for _, timeout := range []string{"", "600"} {
		got := s.RunWithin(time.Second, `local ok, reason = pcall(function() for l in c:lines(`+timeout+`) do end end) return (reason:gsub("in [%d.]+ s", "in time"))`)
		if want := "a.lua:1: connection:lines: timeout: " + address + " has not sent a line in time"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
