package tcp_test

import (
	"bufio"
	"crypto/tls"
	"errors"
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

// answering is a script that answers each line with the number of its copy.
func answering(options string) string {
	return `
		state.copy = (state.copy or 0) + 1
		local copy = state.copy
		on_start(function()
			server, reason = tcp.listen{` + options + `}
			if not server then return end
			server:on_connection(function(c) for line in c:lines() do c:send("copy " .. copy .. "\n") end end)
		end)`
}

// ask connects, sends a line and returns the answer.
func ask(port string) (string, error) {
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(testkit.Timeout))
	fmt.Fprintln(conn, "hello")
	answer, err := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(answer), err
}

// askUntil asks until the answer is want.
func askUntil(t *testing.T, port, want string) {
	t.Helper()
	testkit.Until(t, "the answer is "+want, func() bool {
		got, _ := ask(port)
		return got == want
	})
}

// No connection is refused while the script is loaded again and again. A connection is lost only if
// a copy has begun to use it and is then replaced.
func TestAReloadRefusesNoConnection(t *testing.T) {
	const reloads = 20
	port := testkit.FreePort(t)
	source := answering("port = " + port)
	s := openServer(t, source)
	askUntil(t, port, "copy 1")
	var asked, lost atomic.Int64
	stop, ended, copies := make(chan struct{}), make(chan struct{}), map[string]bool{}
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
			}
			asked.Add(1)
			switch answer, err := ask(port); {
			case err == nil:
				copies[answer] = true
			case errors.Is(err, io.EOF), strings.Contains(err.Error(), "reset by peer"):
				lost.Add(1)
			default:
				t.Error(err)
			}
		}
	}()
	for n := range reloads {
		if err := s.TryReloadWith(source); err != nil {
			t.Fatal(err)
		}
		askUntil(t, port, fmt.Sprint("copy ", n+2))
	}
	close(stop)
	<-ended
	if lost.Load() > reloads {
		t.Errorf("%d of %d connections were lost in %d reloads", lost.Load(), asked.Load(), reloads)
	}
	if len(copies) < reloads/2 {
		t.Errorf("only %d copies have answered", len(copies))
	}
	t.Logf("%d connections, %d lost", asked.Load(), lost.Load())
}

// Connections that nobody has accepted are accepted by the next copy, and so are those that come
// while no copy accepts any.
func TestConnectionsWaitForTheNextCopy(t *testing.T) {
	port := testkit.FreePort(t)
	s := openServer(t, `on_start(function() server = tcp.listen{port = `+port+`} end)`)
	testkit.Until(t, "the server", func() bool { return s.Run(`return server`) != "nil" })
	before, beforeLines := dial(t, port)
	fmt.Fprintln(before, "hello")
	time.Sleep(50 * time.Millisecond)
	if err := s.TryReloadWith(`state.copy = 1 ` + strings.Replace(answering("port = "+port), "server, reason", "sleep(0.3) server, reason", 1)); err != nil {
		t.Fatal(err)
	}
	during, duringLines := dial(t, port)
	fmt.Fprintln(during, "hello")
	for _, lines := range []*bufio.Reader{beforeLines, duringLines} {
		if got, err := lines.ReadString('\n'); got != "copy 2\n" {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

func TestAReloadThatFailsKeepsTheServer(t *testing.T) {
	port := testkit.FreePort(t)
	s := openServer(t, answering("port = "+port))
	askUntil(t, port, "copy 1")
	conn, lines := dial(t, port)
	for _, source := range []string{"syntax error", `error("no")`} {
		if err := s.TryReloadWith(source); err == nil {
			t.Error("the script was loaded")
		}
		if got, err := ask(port); got != "copy 1" {
			t.Errorf("a new connection: %q, %v", got, err)
		}
		fmt.Fprintln(conn, "hello")
		if got, err := lines.ReadString('\n'); got != "copy 1\n" {
			t.Errorf("an old connection: %q, %v", got, err)
		}
	}
}

func TestAServerThatTheScriptNoLongerHasIsClosed(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 2 s")
	}
	port := testkit.FreePort(t)
	s := openServer(t, answering("port = "+port))
	askUntil(t, port, "copy 1")
	if err := s.TryReloadWith(""); err != nil {
		t.Fatal(err)
	}
	conn, lines := dial(t, port) // waits for a copy that accepts it
	fmt.Fprintln(conn, "hello")
	if got, err := lines.ReadString('\n'); got != "" || err == nil {
		t.Errorf("got %q, %v", got, err)
	}
	testkit.Until(t, "the port is closed", func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			return true
		}
		conn.Close()
		return false
	})
}

func TestAServerWithOtherOptionsGetsTheSamePort(t *testing.T) {
	a := testkit.NewAuthority(t)
	port := testkit.FreePort(t)
	s := openServer(t, answering("port = "+port))
	files(t, s, a)
	askUntil(t, port, "copy 1")
	for n, options := range []string{`, host = "0.0.0.0"`, `, tls = {cert = "./cert.pem", key = "./key.pem"}`, ""} {
		if err := s.TryReloadWith(answering("port = " + port + options)); err != nil {
			t.Fatal(err)
		}
		testkit.Until(t, "the server", func() bool { return s.Run(`return server`) != "nil" })
		if strings.Contains(options, "tls") {
			continue
		}
		askUntil(t, port, fmt.Sprint("copy ", n+2))
	}
	if got := s.Run(`return reason`); got != "nil" {
		t.Error(got)
	}
}

// What the old copy still does with its server fails.
func TestTheServerOfAReplacedCopy(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	port := testkit.FreePort(t)
	s := openServer(t, answering("port = "+port))
	askUntil(t, port, "copy 1")
	got := make(chan string, 1)
	go func() {
		got <- s.Run(`local old = server sleep(1.5) return old:close(), tostring(old), old.port`)
	}()
	time.Sleep(200 * time.Millisecond)
	if err := s.TryReloadWith(answering("port = " + port)); err != nil {
		t.Fatal(err)
	}
	askUntil(t, port, "copy 2")
	if got, want := <-got, "true, tcp server at port "+port+" (closed), "+port; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, err := ask(port); got != "copy 2" { // close has no effect on the server of the new copy
		t.Errorf("got %q, %v", got, err)
	}
}

func TestConnectionsThatNobodyAcceptsAreLimited(t *testing.T) {
	s := openServer(t, "")
	port := s.Run(`server = assert(tcp.listen{port = 0}) return server.port`)
	for range 30 {
		dial(t, port)
	}
	before := luastdtest.Descriptors(t)
	time.Sleep(100 * time.Millisecond)
	if now := luastdtest.Descriptors(t); now > before+16 {
		t.Errorf("%d descriptors, before %d", now, before)
	}
	open := strings.Count(fdLinks(t), "socket:")
	if open < 30+16 || open > 30+16+3 {
		t.Errorf("%d sockets are open, want those of 30 clients and 16 of the server", open)
	}
	if got := s.Run(`local n = 0 while server:accept(0.5) do n = n + 1 end return n`); got != "30" {
		t.Errorf("%s connections were accepted, want 30", got)
	}
}

// fdLinks returns what the descriptors of this process are.
func fdLinks(t *testing.T) string {
	files, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, file := range files {
		link, _ := os.Readlink(file)
		all = append(all, link)
	}
	return strings.Join(all, "\n")
}

// A connection that the copy before has not used is that of the next copy.
func TestAConnectionThatIsNotUsedPassesToTheNextCopy(t *testing.T) {
	port := testkit.FreePort(t)
	s := openServer(t, `on_start(function()
		server = tcp.listen{port = `+port+`}
		server:on_connection(function(c) taken = true sleep(600) end)
	end)`)
	testkit.Until(t, "the server", func() bool { return s.Run(`return server`) != "nil" })
	conn, lines := dial(t, port)
	fmt.Fprintln(conn, "hello")
	testkit.Until(t, "the connection is taken", func() bool { return s.Run(`return taken`) == "true" })
	if err := s.TryReloadWith(answering("port = " + port)); err != nil {
		t.Fatal(err)
	}
	if got, err := lines.ReadString('\n'); got != "copy 1\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

// A reload reads the certificate again, and keeps the port.
func TestAReloadReadsTheCertificateAgain(t *testing.T) {
	port := testkit.FreePort(t)
	source := answering("port = " + port + `, tls = {cert = "./cert.pem", key = "./key.pem"}`)
	s := openServer(t, "")
	for copy := 1; copy <= 2; copy++ {
		a := testkit.NewAuthority(t)
		files(t, s, a)
		if err := s.TryReloadWith(source); err != nil {
			t.Fatal(err)
		}
		testkit.Until(t, "the server uses the certificate", func() bool {
			conn, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{RootCAs: a.Pool(), ServerName: "kiosk"})
			if err != nil {
				return false
			}
			defer conn.Close()
			fmt.Fprintln(conn, "hello")
			answer, _ := bufio.NewReader(conn).ReadString('\n')
			return answer == fmt.Sprintf("copy %d\n", copy)
		})
	}
}
