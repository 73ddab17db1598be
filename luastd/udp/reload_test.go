package udp_test

import (
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

// answering is a script that answers each datagram with the number of its copy and the datagram.
func answering(options string) string {
	return `
		state.copy = (state.copy or 0) + 1
		on_start(function()
			s, reason = udp.open{` + options + `}
			if not s then return end
			while true do
				local data, host, port = s:receive()
				if not data then return end
				s:send(state.copy .. " " .. data, host, port)
			end
		end)`
}

// A client sends datagrams to a port of this machine.
type client struct {
	t    *testing.T
	conn net.PacketConn
	to   *net.UDPAddr
}

func newClient(t *testing.T, port int) *client {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &client{t, conn, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}}
}

func (c *client) send(text string) { c.conn.WriteTo([]byte(text), c.to) }

// receive returns the next answer, or "" if none comes in time.
func (c *client) receive(timeout time.Duration) string {
	p := make([]byte, 1000)
	c.conn.SetReadDeadline(time.Now().Add(timeout))
	n, _, _ := c.conn.ReadFrom(p)
	return string(p[:n])
}

// until sends text until the answer is want.
func (c *client) until(text, want string) {
	c.t.Helper()
	testkit.Until(c.t, "the answer is "+want, func() bool {
		c.send(text)
		return c.receive(50*time.Millisecond) == want
	})
}

func open(t *testing.T, port int, source string) *luastdtest.Script {
	t.Helper()
	return luastdtest.Open(t, luastdtest.Options{Source: source, Permissions: settings([]string{"127.0.0.1"}, []string{fmt.Sprint(port), fmt.Sprintf("0.0.0.0:%d", port)})})
}

// While the script is loaded again and again, a datagram is lost only if a copy has received it and
// is then replaced.
func TestAReloadLosesNoDatagram(t *testing.T) {
	const reloads = 20
	port := freePort(t)
	source := answering(fmt.Sprintf(`host = "127.0.0.1", port = %d`, port))
	s := open(t, port, source)
	newClient(t, port).until("hello", "1 hello")
	c := newClient(t, port)
	var sent, lost atomic.Int64
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
			}
			n := sent.Add(1)
			c.send(fmt.Sprint(n))
			if answer := c.receive(time.Second); answer == "" {
				lost.Add(1)
			} else if !strings.HasSuffix(answer, fmt.Sprintf(" %d", n)) {
				t.Errorf("the answer to %d is %s", n, answer)
			}
		}
	}()
	for n := range reloads {
		if err := s.TryReloadWith(source); err != nil {
			t.Fatal(err)
		}
		newClient(t, port).until("hello", fmt.Sprintf("%d hello", n+2))
	}
	close(stop)
	<-ended
	if lost.Load() > reloads {
		t.Errorf("%d of %d datagrams were lost in %d reloads", lost.Load(), sent.Load(), reloads)
	}
	t.Logf("%d datagrams, %d lost", sent.Load(), lost.Load())
}

// Datagrams that nobody has received are received by the next copy, and so are those that come
// while no copy receives any.
func TestDatagramsWaitForTheNextCopy(t *testing.T) {
	port := freePort(t)
	options := fmt.Sprintf(`host = "127.0.0.1", port = %d`, port)
	s := open(t, port, `on_start(function() s = udp.open{`+options+`} end)`)
	testkit.Until(t, "the socket", func() bool { return s.Run(`return s`) != "nil" })
	c := newClient(t, port)
	var want []string
	for n := range 100 {
		c.send(fmt.Sprintf("before %d", n))
		want = append(want, fmt.Sprintf("1 before %d", n))
	}
	time.Sleep(50 * time.Millisecond)
	if err := s.TryReloadWith(strings.Replace(answering(options), "s, reason", "sleep(0.3) s, reason", 1)); err != nil {
		t.Fatal(err)
	}
	for n := range 50 {
		c.send(fmt.Sprintf("during %d", n))
		want = append(want, fmt.Sprintf("1 during %d", n))
	}
	for _, want := range want {
		if got := c.receive(testkit.Timeout); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	if got := s.Run(`return s.dropped`); got != "0" {
		t.Errorf("%s were dropped", got)
	}
}

func TestAReloadThatFailsKeepsTheSocket(t *testing.T) {
	port := freePort(t)
	s := open(t, port, answering(fmt.Sprintf(`host = "127.0.0.1", port = %d`, port)))
	c := newClient(t, port)
	c.until("hello", "1 hello")
	for _, source := range []string{"syntax error", `error("no")`} {
		if err := s.TryReloadWith(source); err == nil {
			t.Error("the script was loaded")
		}
		c.until("again", "1 again")
	}
}

func TestASocketThatTheScriptNoLongerHasIsClosed(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 2 s")
	}
	port := freePort(t)
	s := open(t, port, answering(fmt.Sprintf(`host = "127.0.0.1", port = %d`, port)))
	newClient(t, port).until("hello", "1 hello")
	if err := s.TryReloadWith(""); err != nil {
		t.Fatal(err)
	}
	testkit.Until(t, "the port is free", func() bool {
		conn, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return false
		}
		conn.Close()
		return true
	})
}

func TestASocketWithOtherOptionsGetsTheSamePort(t *testing.T) {
	port := freePort(t)
	options := fmt.Sprintf("port = %d", port)
	s := open(t, port, answering(options))
	c := newClient(t, port)
	c.until("hello", "1 hello")
	for n, more := range []string{`, host = "127.0.0.1"`, `, broadcast = true`, ``} {
		if err := s.TryReloadWith(answering(options + more)); err != nil {
			t.Fatal(err)
		}
		c.until("hello", fmt.Sprintf("%d hello", n+2))
	}
}

// The copy that was replaced can still send, but not receive, and its close has no effect.
func TestTheSocketOfAReplacedCopy(t *testing.T) {
	port := freePort(t)
	source := answering(fmt.Sprintf(`host = "127.0.0.1", port = %d`, port))
	s := open(t, port, `on_start(function() s = udp.open{host = "127.0.0.1", port = `+fmt.Sprint(port)+`} end)`)
	testkit.Until(t, "the socket", func() bool { return s.Run(`return s`) != "nil" })
	c := newClient(t, port)
	got := make(chan string, 1)
	go func() {
		got <- s.Run(fmt.Sprintf(`local data, reason = s:receive(20) return data, reason, s:send("bye", "127.0.0.1", %d), s:close()`, c.conn.LocalAddr().(*net.UDPAddr).Port))
	}()
	time.Sleep(100 * time.Millisecond)
	if err := s.TryReloadWith(source); err != nil {
		t.Fatal(err)
	}
	if got, want := <-got, "nil, closed: the port belongs to the new copy of the script, true, true"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := c.receive(testkit.Timeout); got != "bye" {
		t.Errorf("got %q", got)
	}
	c.until("hello", "1 hello")
}

// A group stays joined.
func TestAGroupStaysJoined(t *testing.T) {
	port := freePort(t)
	p := settings([]string{"239.1.2.3", "127.0.0.1"}, []string{fmt.Sprintf("0.0.0.0:%d", port)})
	source := `on_start(function() s, reason = udp.open{multicast = "239.1.2.3", port = ` + fmt.Sprint(port) + `, interface = "lo"} ready = true end)`
	s := luastdtest.Open(t, luastdtest.Options{Source: source, Permissions: p})
	for range 3 {
		testkit.Until(t, "the socket", func() bool { return s.Run(`return ready`) == "true" })
		if got := s.Run(`return reason`); got != "nil" {
			t.Skip(got)
		}
		if err := s.TryReloadWith(source); err != nil {
			t.Fatal(err)
		}
		testkit.Until(t, "the socket", func() bool { return s.Run(`return ready`) == "true" })
		if got := s.Run(fmt.Sprintf(`local a = udp.open{host = "127.0.0.1", interface = "lo"} a:send("to all", "239.1.2.3", %d) return (s:receive(10))`, port)); got != "to all" {
			t.Errorf("got %s", got)
		}
	}
}

// A socket with a certain port is also closed when the script has forgotten it.
func TestAForgottenPortIsFree(t *testing.T) {
	port := freePort(t)
	s := open(t, port, "")
	s.Run(fmt.Sprintf(`udp.open{port = %d}`, port))
	testkit.Until(t, "the port is free", func() bool {
		s.Run(`collectgarbage()`)
		return s.Run(fmt.Sprintf(`return (udp.open{port = %d}) ~= nil`, port)) == "true"
	})
}
