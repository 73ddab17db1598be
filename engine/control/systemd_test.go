package control

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/engine"
)

// A socket is what systemd listens on.
type socket struct {
	t    *testing.T
	conn *net.UnixConn
}

// systemd makes a socket, and the environment that a service finds.
func systemd(t *testing.T, watchdog string) *socket {
	t.Helper()
	dir, err := os.MkdirTemp("", "notify") // a short path: a socket's may have 100 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Skip("no such sockets here: ", err)
	}
	t.Cleanup(func() { conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", watchdog)
	t.Setenv("WATCHDOG_PID", "")
	return &socket{t, conn}
}

// next is the next message, "" when none comes within patience.
func (s *socket) next(patience time.Duration) string {
	var text [4096]byte
	s.conn.SetReadDeadline(time.Now().Add(patience))
	n, _ := s.conn.Read(text[:])
	return string(text[:n])
}

// until passes over what is told up to a message with text.
func (s *socket) until(text string) {
	s.t.Helper()
	var told []string
	for {
		m := s.next(15 * time.Second)
		if m == "" {
			s.t.Fatalf("no %q; told: %q", text, told)
		}
		if strings.Contains(m, text) {
			return
		}
		told = append(told, m)
	}
}

func TestSystemdIsToldOfTheWholeLife(t *testing.T) {
	s := systemd(t, "")
	h := build(t, ``, Options{}, engine.Options{Wait: true})
	if m := s.next(15 * time.Second); m != "READY=1\nSTATUS=waiting" {
		t.Errorf("first it was told %q", m)
	}
	h.want("POST", "/start", "", 202, "")
	s.until("STATUS=connected")

	h.write(`print("anew")`)
	h.Reload(h.engine)
	m := s.next(15 * time.Second)
	if !strings.HasPrefix(m, "RELOADING=1\nMONOTONIC_USEC=") {
		t.Errorf("at a reload it was told %q", m)
	}
	s.until("READY=1")
	h.Control.Close()
	s.until("STOPPING=1")
	h.Reload(h.engine)
	if m := s.next(50 * time.Millisecond); m != "" {
		t.Errorf("after the end it was told %q", m)
	}
}

func TestAServiceIsReadyOnlyOnceItsScriptsAre(t *testing.T) {
	s := systemd(t, "")
	build(t, `sleep(0.5) print("loaded")`, Options{}, engine.Options{Wait: true})
	if m := s.next(200 * time.Millisecond); m != "" {
		t.Errorf("told %q while the script loads", m)
	}
	s.until("READY=1")
}

// The watchdog is fed while a script is busy, and not while one is stuck.
func TestTheWatchdogIsFedByWhoLives(t *testing.T) {
	s := systemd(t, "1000000")
	release := make(chan struct{})
	free := sync.OnceFunc(func() { close(release) })
	defer free()
	h := build(t, `
		on("busy", function() while true do end end)
		on("stuck", function() block() end)
	`, Options{}, engine.Options{Wait: true, Globals: map[string]any{"block": func() { <-release }}})
	h.awaitStatus("waiting")
	s.until("READY=1")
	h.want("POST", "/event", `{"type": "busy"}`, 202, "")
	s.until("WATCHDOG=1")
	s.until("WATCHDOG=1")
	h.until("log", "ran for 2s without a wait")

	h.want("POST", "/event", `{"type": "stuck"}`, 202, "")
	h.eventually("a script that does not answer", func() bool { return !h.health().OK })
	for s.next(time.Millisecond) != "" {
	}
	if m := s.next(1500 * time.Millisecond); m != "" {
		t.Errorf("told %q while a script is stuck", m)
	}
	free()
	s.until("WATCHDOG=1")
}

// A systemd that hangs holds up nothing.
func TestASystemdThatHangsIsLeftAlone(t *testing.T) {
	hang, told := make(chan struct{}), make(chan struct{}, 10)
	c := New(Options{Notify: func(string) error { told <- struct{}{}; <-hang; return nil }})
	if err := c.Open(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	c.Status("waiting", "")
	<-told
	for range 100 {
		c.Status("connected", "again")
	}
	began := time.Now()
	c.Close()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("Close took %v", took)
	}
	close(hang)
	<-c.manager.done
}
