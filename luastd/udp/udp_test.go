package udp_test

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func settings(hosts, listen []string) permit.Settings {
	var p permit.Settings
	for _, host := range hosts {
		p.Grants = append(p.Grants, permit.Grant{Kind: permit.Net, Value: host})
	}
	for _, port := range listen {
		p.Grants = append(p.Grants, permit.Grant{Kind: permit.Listen, Value: port})
	}
	return p
}

func openScript(t testing.TB, hosts ...string) *luastdtest.Script {
	t.Helper()
	return luastdtest.Open(t, luastdtest.Options{Permissions: settings(hosts, nil)})
}

// serve starts a server that calls answer for each datagram. It returns the server's socket.
func serve(t testing.TB, address string, answer func(conn net.PacketConn, data []byte, from net.Addr)) net.PacketConn {
	conn, err := net.ListenPacket("udp", address)
	if err != nil {
		t.Skip(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		p := make([]byte, 64<<10)
		for {
			n, from, err := conn.ReadFrom(p)
			if err != nil {
				return
			}
			answer(conn, p[:n], from)
		}
	})
	t.Cleanup(func() {
		conn.Close()
		wg.Wait()
	})
	return conn
}

func echo(conn net.PacketConn, data []byte, from net.Addr) { conn.WriteTo(data, from) }

// A row is a piece of Lua code and its result.
type row struct{ why, source, want string }

// check runs the code of each row. In it, SERVER stands for the address and the port of the server,
// and PORT for the port.
func check(t *testing.T, s *luastdtest.Script, server net.PacketConn, rows []row) {
	t.Helper()
	host, port, _ := net.SplitHostPort(server.LocalAddr().String())
	replace := strings.NewReplacer("SERVER", `"`+host+`", `+port, "PORT", port)
	for _, row := range rows {
		if got, want := s.Run(replace.Replace(row.source)), replace.Replace(row.want); got != want {
			t.Errorf("%s: %s\ngot  %s\nwant %s", row.why, row.source, got, want)
		}
	}
}

func TestSendAndReceive(t *testing.T) {
	server := serve(t, "127.0.0.1:0", echo)
	check(t, openScript(t, "127.0.0.1"), server, []row{
		{"a datagram", `s = assert(udp.open()) return s:send("a\0b", SERVER), #s:receive(10)`, "true, 3"},
		{"its sender", `s:send("x", SERVER) return s:receive(10)`, "x, 127.0.0.1, PORT"},
		{"an empty one", `s:send("", SERVER) return #s:receive(10)`, "0"},
		{"the largest", `s:send(("x"):rep(65507), SERVER) return #s:receive(10)`, "65507"},
		{"a larger one", `return s:send(("x"):rep(65508), SERVER)`, "nil, too_large: the datagram has 65508 bytes; the maximum is 65507, too_large"},
		{"a timeout", `return s:receive(0.05)`, "nil, timeout: no datagram has come in 0.05 s, timeout"},
		{"no wait", `return select(3, s:receive(0))`, "timeout"},
		{"the fields", `return s.port > 0, s.dropped, s.nothing, tostring(s) == "udp socket at port " .. s.port .. " (open)"`, "true, 0, nil, true"},
		{"an address of this machine", `local s = udp.open{host = "127.0.0.1"} s:send("y", SERVER) return s:receive(10)`, "y, 127.0.0.1, PORT"},
		{"an address that this machine does not have", `return udp.open{host = "203.0.113.7"}`, "nil, not_found: this machine does not have the address, not_found"},
		{"close ends a wait", `spawn(function() sleep(0.05) s:close() end) return s:receive()`, "nil, closed: the script has closed the socket, closed"},
		{"after close", `return s:close(), select(3, s:send("x", SERVER)), select(3, s:receive()), tostring(s):match("closed")`, "true, closed, closed, closed"},
	})
}

func TestMistakesOfTheScript(t *testing.T) {
	server := serve(t, "127.0.0.1:0", echo)
	s := openScript(t, "127.0.0.1")
	s.Run(`s = assert(udp.open())`)
	check(t, s, server, []row{
		{"a host without a grant", `s:send("x", "203.0.113.7", 53)`, "a.lua:1: socket:send: test.lua may not connect to 203.0.113.7:53. Start with --allow-net=203.0.113.7:53"},
		{"a network without a grant", `s:send("x", "255.255.255.255", 9)`, "a.lua:1: socket:send: test.lua may not connect to 255.255.255.255:9. Start with --allow-net=255.255.255.255:9"},
		{"a port without a grant", `udp.open{port = 1900}`, "a.lua:1: udp.open: test.lua may not accept connections at 0.0.0.0:1900. Start with --allow-listen=0.0.0.0:1900"},
		{"a port of loopback without a grant", `udp.open{host = "127.0.0.1", port = 1900}`, "a.lua:1: udp.open: test.lua may not accept connections at 127.0.0.1:1900. Start with --allow-listen=1900"},
		{"a group without a port", `udp.open{multicast = "239.1.2.3"}`, "a.lua:1: bad argument #1 to open (multicast needs the port of the group)"},
		{"not a group", `udp.open{multicast = "192.168.1.1", port = 5}`, `a.lua:1: bad argument #1 to open (multicast must be the address of a group, such as 239.1.2.3, not "192.168.1.1")`},
		{"an option", `udp.open{prot = 1}`, "a.lua:1: bad argument #1 to open (there is no field 'prot' (did you mean 'port'?); its fields are host, port, broadcast, multicast, interface)"},
		{"milliseconds", `s:receive(5000)`, "a.lua:1: bad argument #2 to receive (the timeout must be at most 600, not 5000: seconds are meant, not milliseconds)"},
		{"no colon", `s.receive(5)`, "a.lua:1: bad argument #1 to receive (a socket expected: use a colon, as in socket:receive())"},
		{"two tasks that receive", `spawn(function() s:receive(5) end) sleep(0.05) return pcall(s.receive, s)`, "false, another task is receiving from the socket"},
	})
	if _, err := luastdtest.TryOpen(t, luastdtest.Options{Source: `udp.open()`}); err == nil || !strings.Contains(err.Error(), "udp.open: the script is still loading") {
		t.Errorf("while the script loads: %v", err)
	}
}

// A socket with a free port does not receive from addresses to which the script may not connect.
func TestASocketWithAFreePortReceivesOnlyFromGrantedAddresses(t *testing.T) {
	// The server answers from another address too.
	other := serve(t, "127.0.0.2:0", echo)
	server := serve(t, "127.0.0.1:0", func(conn net.PacketConn, data []byte, from net.Addr) {
		other.WriteTo([]byte("from another address"), from)
		time.Sleep(20 * time.Millisecond)
		conn.WriteTo(data, from)
	})
	check(t, openScript(t, "127.0.0.1"), server, []row{
		{"another address", `local s = udp.open() s:send("x", SERVER) return (s:receive(10)), select(3, s:receive(0.1))`, "x, timeout"},
	})
	check(t, openScript(t, "127.0.0.1", "127.0.0.2"), server, []row{
		{"both addresses", `local s = udp.open() s:send("x", SERVER) return (s:receive(10)), (s:receive(10))`, "from another address, x"},
	})
}

// A name that is granted lets in the answers of its address, but only those.
func TestAnswersOfANameThatIsGranted(t *testing.T) {
	names := testkit.NewNameServer(t, map[string][][]string{"lamp.lan": {{"127.0.0.1"}}, "rebind.example": {{"127.0.0.1"}}})
	server := serve(t, "127.0.0.1:0", echo)
	p := settings([]string{"lamp.lan", "rebind.example", "none.example"}, nil)
	p.Resolver = names.Resolver()
	s := luastdtest.Open(t, luastdtest.Options{Permissions: p})
	check(t, s, server, []row{
		{"a name", `s = udp.open() s:send("x", "lamp.lan", PORT) return s:receive(10)`, "x, 127.0.0.1, PORT"},
		{"a public name with a private address", `return s:send("x", "rebind.example", PORT)`, "nil, denied: test.lua may not connect to 127.0.0.1:PORT, the address of rebind.example, denied"},
		{"no such name", `return s:send("x", "none.example", PORT)`, "nil, not_found: there is no host with the name none.example, not_found"},
	})
	port := s.Run(`fresh = udp.open() return fresh.port`)
	server.WriteTo([]byte("unasked"), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: atoi(port)})
	if got := s.Run(`return select(3, fresh:receive(0.2))`); got != "timeout" {
		t.Errorf("a datagram that was not asked for: %s", got)
	}
}

func atoi(s string) (n int) {
	fmt.Sscan(s, &n)
	return n
}

// freePort returns a port that nobody uses.
func freePort(t *testing.T) int {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).Port
}

func TestASocketWithACertainPort(t *testing.T) {
	port := freePort(t)
	taken := serve(t, "127.0.0.1:0", echo)
	_, takenPort, _ := net.SplitHostPort(taken.LocalAddr().String())
	s := luastdtest.Open(t, luastdtest.Options{Permissions: settings(nil, []string{fmt.Sprint(port), takenPort})})
	if got := s.Run(fmt.Sprintf(`s = assert(udp.open{host = "127.0.0.1", port = %d}) return s.port`, port)); got != fmt.Sprint(port) {
		t.Fatal(got)
	}
	client, err := net.ListenPacket("udp", "127.0.0.2:0")
	if err != nil {
		t.Skip(err)
	}
	defer client.Close()
	client.WriteTo([]byte("hello"), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if got := s.Run(`return s:receive(10)`); !strings.HasPrefix(got, "hello, 127.0.0.2, ") {
		t.Errorf("got %s", got)
	}
	if got := s.Run(`return s:send("x", "127.0.0.2", 9)`); !strings.Contains(got, "may not connect to 127.0.0.2:9") {
		t.Errorf("an answer without a grant: %s", got)
	}
	if got := s.Run(`return udp.open{host = "127.0.0.1", port = ` + takenPort + `}`); !strings.HasPrefix(got, "nil, busy: another program") {
		t.Errorf("a port in use: %s", got)
	}
}

func TestDatagramsThatNobodyReceivesAreDropped(t *testing.T) {
	server := serve(t, "127.0.0.1:0", func(conn net.PacketConn, data []byte, from net.Addr) {
		for i := range 1000 {
			conn.WriteTo([]byte(fmt.Sprint(i)), from)
			time.Sleep(50 * time.Microsecond) // so that the system drops none
		}
	})
	s := openScript(t, "127.0.0.1")
	check(t, s, server, []row{
		{"the newest are kept", `s = udp.open() s:send("x", SERVER) for i = 1, 1000 do if s.dropped >= 744 then break end sleep(0.01) end
			local first, n, last = tonumber((s:receive(1))), 1
			while true do local d = s:receive(0) if not d then break end n, last = n + 1, d end
			return n, s.dropped > 500, tonumber(last) > first and first > 500`, "256, true, true"},
	})
	if got := strings.Join(s.Output(), "\n"); strings.Count(got, "udp: datagrams are dropped, because the script does not take them fast enough") != 1 {
		t.Errorf("the log is %s", got)
	}
}

func TestTheDatagramsOfAScriptAreLimited(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	big := make([]byte, 60000)
	served := make(chan struct{}, 8)
	server := serve(t, "127.0.0.1:0", func(conn net.PacketConn, data []byte, from net.Addr) {
		for range 300 {
			conn.WriteTo(big, from)
			time.Sleep(100 * time.Microsecond)
		}
		served <- struct{}{}
	})
	s := openScript(t, "127.0.0.1")
	check(t, s, server, []row{{"8 sockets", `all = {} for i = 1, 8 do all[i] = udp.open() all[i]:send("x", SERVER) end`, ""}})
	for range 8 {
		<-served
	}
	time.Sleep(300 * time.Millisecond) // the goroutines of the sockets may be behind
	check(t, s, server, []row{
		{"64 MiB", `local n = 0
			for _, s in ipairs(all) do while true do local d = s:receive(0) if not d then break end n = n + #d end end
			return n <= 64 * 2^20, n > 20 * 2^20`, "true, true"},
	})
}

func TestBroadcast(t *testing.T) {
	server := serve(t, "0.0.0.0:0", echo)
	_, port, _ := net.SplitHostPort(server.LocalAddr().String())
	s := openScript(t, "255.255.255.255", "127.255.255.255", "127.0.0.1")
	if got := s.Run(`return udp.open():send("x", "127.255.255.255", ` + port + `)`); got != "nil, denied: the system does not allow that: the option broadcast is needed for the address of a network, denied" {
		t.Errorf("without the option: %s", got)
	}
	if got := s.Run(`local s = udp.open{broadcast = true} assert(s:send("x", "127.255.255.255", ` + port + `)) return s:receive(10)`); got != "x, 127.0.0.1, "+port {
		t.Errorf("with the option: %s", got)
	}
}

func TestMulticast(t *testing.T) {
	port := freePort(t)
	p := settings([]string{"239.1.2.3", "127.0.0.1"}, []string{fmt.Sprintf("0.0.0.0:%d", port)})
	s := luastdtest.Open(t, luastdtest.Options{Permissions: p})
	join := fmt.Sprintf(`udp.open{multicast = "239.1.2.3", port = %d, interface = "lo"}`, port)
	if got := s.Run(`a, reason = ` + join + ` return reason`); got != "nil" {
		t.Skip(got)
	}
	got := s.Run(fmt.Sprintf(`b = assert(%s) assert(udp.open{host = "127.0.0.1", interface = "lo"}:send("to all", "239.1.2.3", %d)) return (a:receive(10)), (b:receive(10))`, join, port))
	if got != "to all, to all" {
		t.Errorf("got %s", got)
	}
	if got := s.Run(`return select(3, udp.open{interface = "none0"})`); got != "failed" && got != "nil" {
		t.Errorf("an interface that is not there: %s", got)
	}
}

func TestSocketsAreLimitedAndClosed(t *testing.T) {
	s := openScript(t, "127.0.0.1")
	if got := s.Run(`all = {} for i = 1, 64 do all[i] = assert(udp.open()) end return pcall(udp.open)`); got != "false, udp.open: 64 sockets are open: close those that are not needed any more" {
		t.Errorf("got %s", got)
	}
	if got := s.Run(`all[1]:close() return #tostring(udp.open()) > 0`); got != "true" {
		t.Errorf("got %s", got)
	}
	s.Run(`all = nil`)
	testkit.Until(t, "the sockets that the script has forgotten are closed", func() bool {
		runtime.GC()
		return s.Run(`local new = {} for i = 1, 64 do local ok, u = pcall(udp.open) if not ok then break end new[i] = u end local n = #new for i = 1, n do new[i]:close() end return n`) == "64"
	})
}

func TestReloadsLeaveNothingOpen(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Permissions: settings([]string{"127.0.0.1"}, nil), Source: `
		on_start(function()
			kept = {}
			for i = 1, 10 do kept[i] = udp.open() end
			spawn(function() kept[1]:receive() end)
			spawn(function() kept[1]:send("x", "127.0.0.1", kept[2].port) kept[2]:receive() kept[2]:receive() end)
		end)`})
	before, goroutines := 0, 0
	for i := range 60 {
		if _, err := s.Scripts.Reload(s.Folder + "/test.lua"); err != nil {
			t.Fatal(err)
		}
		if i == 5 {
			before, goroutines = luastdtest.Descriptors(t), runtime.NumGoroutine()
		}
	}
	testkit.Until(t, "everything is closed", func() bool {
		return luastdtest.Descriptors(t) <= before+15 && runtime.NumGoroutine() <= goroutines+20
	})
}

// The example of the manual needs a server, so it is run here and not with those of other manuals.
func TestTheExampleOfTheManual(t *testing.T) {
	manual, err := os.ReadFile("manual.md")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(manual), "```lua\n")
	code, _, _ = strings.Cut(code, "```")
	server := serve(t, "127.0.0.1:0", func(conn net.PacketConn, data []byte, from net.Addr) { conn.WriteTo([]byte("on"), from) })
	check(t, openScript(t, "127.0.0.1"), server, []row{{"the lamp", strings.ReplaceAll(code, `"lamp.lan", 4000`, "SERVER"), "on"}})
}

func TestTheManualHasAllOptions(t *testing.T) {
	manual, _ := os.ReadFile("manual.md")
	for _, option := range strings.Fields("host port broadcast multicast interface") {
		if !strings.Contains(string(manual), "\n| `"+option+"` |") {
			t.Errorf("the manual has no row for the option %s", option)
		}
	}
}
