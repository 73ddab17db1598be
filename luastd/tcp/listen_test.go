package tcp_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

// openServer opens a script that may accept connections at any port, and connect to 127.0.0.1.
func openServer(t testing.TB, source string) *luastdtest.Script {
	t.Helper()
	p := netGrants("127.0.0.1")
	p.Grants = append(p.Grants, permit.Grant{Kind: permit.Listen})
	return luastdtest.Open(t, luastdtest.Options{Source: source, Permissions: p})
}

// dial connects to a port of this machine. The connection is closed when the test ends.
func dial(t testing.TB, port string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(testkit.Timeout))
	return conn, bufio.NewReader(conn)
}

func TestAccept(t *testing.T) {
	s := openServer(t, "")
	port := s.Run(`server = assert(tcp.listen{port = 0}) return server.port`)
	conn, lines := dial(t, port)
	fmt.Fprint(conn, "hello\r\n")
	check(t, s, "127.0.0.1:"+port, []row{
		{"accept", `c = assert(server:accept(10)) c:send("welcome\n") return c.host, c.port > 0, c.local_port, c:receive()`, "127.0.0.1, true, " + port + ", hello"},
		{"a timeout", `return server:accept(0.05)`, "nil, timeout: no connection has come in 0.05 s, timeout"},
		{"tostring", `return server`, "tcp server at port " + port + " (open)"},
		{"the port is in use", `return select(3, tcp.listen{port = ` + port + `})`, "busy"},
		{"the script itself", `local a = tcp.connect(SERVER) local b = server:accept(10) a:send("x\n") return b:receive()`, "x"},
		{"close ends a wait", `spawn(function() sleep(0.05) server:close() end) return server:accept()`, "nil, closed: the script has closed the server, closed"},
		{"after close", `return server:close(), select(3, server:accept()), server`, "true, closed, tcp server at port " + port + " (closed)"},
		{"nobody accepts", `return select(3, tcp.connect(SERVER))`, "refused"},
		{"its connections stay open", `c:send("still\n")`, ""},
	})
	for _, want := range []string{"welcome\n", "still\n"} {
		if got, _ := lines.ReadString('\n'); got != want {
			t.Errorf("the client got %q, want %q", got, want)
		}
	}
}

func TestOnConnection(t *testing.T) {
	s := openServer(t, `
		on_start(function()
			server = assert(tcp.listen{port = 0})
			server:on_connection(function(c)
				for line in c:lines() do
					if line == "fail" then error("no") end
					if line == "bye" then return end
					c:send(line:upper() .. "\n")
				end
			end)
		end)`)
	var port string
	testkit.Until(t, "the server", func() bool { port = s.Run(`return server and server.port`); return port != "nil" })
	// Several connections at the same time.
	first, firstLines := dial(t, port)
	second, secondLines := dial(t, port)
	for i := range 3 {
		fmt.Fprintf(first, "a%d\n", i)
		fmt.Fprintf(second, "b%d\n", i)
		a, _ := firstLines.ReadString('\n')
		b, _ := secondLines.ReadString('\n')
		if want := fmt.Sprintf("A%d\nB%d\n", i, i); a+b != want {
			t.Errorf("got %q, want %q", a+b, want)
		}
	}
	// The connection is closed when the function has returned or has failed.
	fmt.Fprint(first, "bye\n")
	fmt.Fprint(second, "fail\n")
	for _, lines := range []*bufio.Reader{firstLines, secondLines} {
		if _, err := lines.ReadString('\n'); err != io.EOF {
			t.Errorf("the connection has ended with %v", err)
		}
	}
	if got := s.Run(`return pcall(server.accept, server, 1)`); got != "false, server:accept: another task, or on_connection, accepts the connections" {
		t.Errorf("got %s", got)
	}
	if got := strings.Join(s.Output(), "\n"); !strings.Contains(got, "no") {
		t.Errorf("the error was not logged: %s", got)
	}
}

func TestServersNeedAGrant(t *testing.T) {
	p := permit.Settings{Grants: []permit.Grant{{Kind: permit.Listen, Value: "0"}}}
	check(t, luastdtest.Open(t, luastdtest.Options{Permissions: p}), "127.0.0.1:1", []row{
		{"a free port", `return tcp.listen{port = 0}.port > 0`, "true"},
		{"another port", `tcp.listen{port = 8080}`, "a.lua:1: tcp.listen: test.lua may not accept connections at 127.0.0.1:8080. Start with --allow-listen=8080"},
		{"another address", `tcp.listen{port = 0, host = "0.0.0.0"}`, "a.lua:1: tcp.listen: test.lua may not accept connections at 0.0.0.0:0. Start with --allow-listen=0.0.0.0:0"},
		{"no port", `tcp.listen{}`, "a.lua:1: bad argument #1 to listen (port is missing; 0 is a free port)"},
		{"a name", `tcp.listen{port = 0, host = "kiosk.lan"}`, `a.lua:1: tcp.listen: the host must be an address of this machine, localhost, lan or 0.0.0.0, not "kiosk.lan"`},
		{"TLS without a certificate", `tcp.listen{port = 0, tls = true}`, "a.lua:1: tcp.listen: the tls of a server needs cert and key"},
		{"TLS of a client", `tcp.listen{port = 0, tls = {cert = "./a", key = "./b", verify = false}}`, "a.lua:1: tcp.listen: the tls of a server has only cert, key and min_version"},
		{"a file that is not there", `return select(3, tcp.listen{port = 0, tls = {cert = "./a", key = "./b"}})`, "not_found"},
	})
	if _, err := luastdtest.TryOpen(t, luastdtest.Options{Permissions: p, Source: `tcp.listen{port = 0}`}); err == nil || !strings.Contains(err.Error(), "tcp.listen: the script is still loading") {
		t.Errorf("while the script loads: %v", err)
	}
}

func TestServersWithTLS(t *testing.T) {
	a := testkit.NewAuthority(t)
	s := openServer(t, "")
	files(t, s, a)
	port := s.Run(`server = assert(tcp.listen{port = 0, tls = {cert = "./cert.pem", key = "./key.pem"}}) return server.port`)
	// Clients that do not begin TLS keep nobody waiting.
	for range 5 {
		dial(t, port)
	}
	client, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{RootCAs: a.Pool(), ServerName: "kiosk"})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	fmt.Fprint(client, "secret\n")
	if got := s.Run(`c = server:accept(10) c:send("got it\n") return c:receive()`); got != "secret" {
		t.Errorf("got %s", got)
	}
	if got, _ := bufio.NewReader(client).ReadString('\n'); got != "got it\n" {
		t.Errorf("the client got %q", got)
	}
	if got := s.Run(`local began = time.monotonic() server:close() return time.monotonic() - began < 5`); got != "true" {
		t.Errorf("close waits for clients: %s", got)
	}
}

func TestConnectionsOfAServerAreLimited(t *testing.T) {
	s := openServer(t, "")
	port := s.Run(`server = assert(tcp.listen{port = 0}) return server.port`)
	for range 100 {
		dial(t, port)
	}
	if got := s.Run(`all = {} for i = 1, 100 do local c = server:accept(0.5) if not c then break end all[i] = c end return #all`); got != "63" {
		t.Errorf("%s connections were accepted, want 64 without the server", got)
	}
	if got := strings.Join(s.Output(), "\n"); strings.Count(got, "the script has too many that are open") != 1 {
		t.Errorf("the log is %s", got)
	}
	dial(t, port)
	if got := s.Run(`for _, c in ipairs(all) do c:close() end sleep(0.2) return #all`); got != "63" {
		t.Error(got)
	}
	dial(t, port)
	if got := s.Run(`return tostring(server:accept(10)):match("open")`); got != "open" {
		t.Errorf("after the others are closed: %s", got)
	}
}

// The next copy of the script gets the port, and everything that the copy before had is closed.
func TestReloadsOfServers(t *testing.T) {
	port := "0"
	source := func() string {
		return `on_start(function()
			server = assert(tcp.listen{port = ` + port + `})
			server:on_connection(function(c) c:send("hello\n") c:receive("*a", 600) end)
			ready = true
		end)`
	}
	s := openServer(t, source())
	testkit.Until(t, "the server", func() bool { return s.Run(`return ready`) == "true" })
	first := s.Run(`return server.port`)
	before, goroutines := 0, 0
	for i := range 30 {
		conn, lines := dial(t, first)
		if got, _ := lines.ReadString('\n'); got != "hello\n" {
			t.Fatalf("the client got %q", got)
		}
		if _, err := s.Scripts.Reload(s.Folder + "/test.lua"); err != nil {
			t.Fatal(err)
		}
		testkit.Until(t, "the server", func() bool { return s.Run(`return ready`) == "true" })
		if _, err := lines.ReadString('\n'); err == nil {
			t.Error("the connection is still open")
		}
		conn.Close()
		first = s.Run(`return server.port`)
		if i == 5 {
			before, goroutines = luastdtest.Descriptors(t), runtime.NumGoroutine()
		}
	}
	testkit.Until(t, "everything is closed", func() bool {
		return luastdtest.Descriptors(t) <= before+3 && runtime.NumGoroutine() <= goroutines+6
	})
}

// A script that is replaced gives its port to the next copy.
func TestAReloadKeepsThePort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	s := openServer(t, `on_start(function() local reason server, reason = tcp.listen{port = `+port+`} print(reason or "listening") end)`)
	for i := range 10 {
		testkit.Until(t, "the server", func() bool { return strings.Count(strings.Join(s.Output(), "\n")+"\n", "listening\n") == i+1 })
		if _, err := s.Scripts.Reload(s.Folder + "/test.lua"); err != nil {
			t.Fatal(err)
		}
	}
	testkit.Until(t, "the server", func() bool { return strings.Count(strings.Join(s.Output(), "\n")+"\n", "listening\n") == 11 })
	if got := strings.Join(s.Output(), "\n"); strings.Contains(got, "busy") {
		t.Error(got)
	}
}
