package control

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/testkit"
)

// A systemdSocket is a socket that receives the messages that Moonlark sends to systemd. The test
// reads them in place of systemd.
type systemdSocket struct {
	t    *testing.T
	conn *net.UnixConn
}

// listenAsSystemd opens the socket, and sets the environment variables that systemd sets for a
// service. watchdog is the watchdog's timeout in microseconds; "" means no watchdog.
func listenAsSystemd(t *testing.T, watchdog string) *systemdSocket {
	t.Helper()
	// The path of a socket may have only about 100 bytes, so t.TempDir would be too long.
	dir, err := os.MkdirTemp("", "notify")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Skip("this system has no unixgram sockets: ", err)
	}
	t.Cleanup(func() { conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", watchdog)
	t.Setenv("WATCHDOG_PID", "")
	return &systemdSocket{t, conn}
}

// next returns the next message, or "" if none comes within the timeout.
func (s *systemdSocket) next(timeout time.Duration) string {
	var text [4096]byte
	s.conn.SetReadDeadline(time.Now().Add(timeout))
	n, _ := s.conn.Read(text[:])
	return string(text[:n])
}

// until receives messages until one contains text. The test fails if no message comes for 15 s.
func (s *systemdSocket) until(text string) {
	s.t.Helper()
	var skipped []string
	for {
		m := s.next(15 * time.Second)
		if m == "" {
			s.t.Fatalf("no message with %q; got %q", text, skipped)
		}
		if strings.Contains(m, text) {
			return
		}
		skipped = append(skipped, m)
	}
}

func TestSystemdIsToldAboutStartReloadAndStop(t *testing.T) {
	s := listenAsSystemd(t, "")
	h := start(t, ``, Options{}, engine.Options{Wait: true})
	if m := s.next(15 * time.Second); m != "READY=1\nSTATUS=waiting" {
		t.Errorf("the first message is %q", m)
	}
	h.want("POST", "/start", "", 202, "")
	s.until("STATUS=connected")

	h.write(`print("again")`)
	h.Reload(h.engine.Remote())
	m := s.next(15 * time.Second)
	// If the status changes twice in a short time, the second status may be sent twice.
	for m == "STATUS=connected" {
		m = s.next(15 * time.Second)
	}
	if !strings.HasPrefix(m, "RELOADING=1\nMONOTONIC_USEC=") {
		t.Errorf("the message about a reload is %q", m)
	}
	s.until("READY=1")
	h.Control.Close()
	s.until("STOPPING=1")
	h.Reload(h.engine.Remote())
	if m := s.next(50 * time.Millisecond); m != "" {
		t.Errorf("got %q after STOPPING=1", m)
	}
}

func TestServiceIsReadyOnceItsScriptsAreLoaded(t *testing.T) {
	s := listenAsSystemd(t, "")
	start(t, `sleep(0.5) print("loaded")`, Options{}, engine.Options{Wait: true})
	if m := s.next(200 * time.Millisecond); m != "" {
		t.Errorf("got %q while the script loads", m)
	}
	s.until("READY=1")
}

// The test checks that the watchdog gets messages while a script is busy, and none while a Go
// function that a script called does not return.
func TestWatchdogIsFedWhileAScriptIsBusyAndNotWhileItIsStuck(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: the busy script is ended after 2 seconds, and then the watchdog waits 1.5 seconds")
	}
	s := listenAsSystemd(t, "1000000")
	release := make(chan struct{})
	free := sync.OnceFunc(func() { close(release) })
	defer free()
	h := start(t, `
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
	testkit.Until(h.t, "a script that does not answer", func() bool { return !h.health().OK })
	for s.next(time.Millisecond) != "" {
	}
	if m := s.next(1500 * time.Millisecond); m != "" {
		t.Errorf("got %q while a script is stuck", m)
	}
	free()
	s.until("WATCHDOG=1")
}

// The test checks that feedWatchdog is called again after a sixteenth of the watchdog's timeout,
// and not after half of it, if a script has not responded.
func TestWatchdogIsFedAgainSoonAfterAScriptAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var began time.Time
		var sent []string
		notify := func(message string) error {
			sent = append(sent, fmt.Sprint(time.Since(began), " ", message))
			return nil
		}
		var stuck atomic.Bool
		agent := fakeAgent{silent: func(ctx context.Context) []string {
			if stuck.Load() {
				<-ctx.Done()
				return []string{"a.lua"}
			}
			return nil
		}}
		began = time.Now()
		c := New(Options{Notify: notify, Watchdog: 16 * time.Second})
		if err := c.Open(t.Context(), agent); err != nil {
			t.Fatal(err)
		}
		c.noteStatus("waiting", "")
		time.Sleep(9 * time.Second)
		stuck.Store(true)
		// The script gets 2 s to respond at 16 s and at 19 s. It is asked again at 22 s.
		time.Sleep(12 * time.Second)
		stuck.Store(false)
		time.Sleep(5 * time.Second)
		c.Close()
		want := []string{"0s READY=1\nSTATUS=waiting", "8s WATCHDOG=1", "22s WATCHDOG=1", "26s STOPPING=1"}
		if !slices.Equal(sent, want) {
			t.Errorf("got %q, want %q", sent, want)
		}
	})
}

// The test checks that Close returns after stopTimeout although systemd does not read its messages.
func TestSystemdThatHangsDoesNotDelayClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		c := New(Options{Notify: func(string) error { <-release; return nil }})
		if err := c.Open(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		c.noteStatus("waiting", "")
		synctest.Wait() // the goroutine is now blocked in the first message
		for range 100 {
			c.noteStatus("connected", "again")
		}
		began := time.Now()
		c.Close()
		if took := time.Since(began); took != stopTimeout {
			t.Errorf("Close took %v, want %v", took, stopTimeout)
		}
		close(release)
		<-c.systemd.done
	})
}

// The test checks that systemd gets READY=1 even if a script prints so many lines while it is
// loaded that the Control's queue of events is full.
func TestAFloodOfEventsDoesNotDropTheStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bus.Bus
		sent := make(chan string, 1)
		c := New(Options{Notify: func(state string) error { sent <- state; return nil }})
		subscription := c.Watch(&b)
		// The subscription's goroutine pauses after its first events, so its queue gets full.
		for range 20000 {
			b.Publish(bus.Event{Type: bus.Print})
		}
		b.Publish(bus.Event{Type: bus.Status, Status: "waiting"})
		go c.systemd.run(t.Context(), nil)
		synctest.Wait()
		select {
		case got := <-sent:
			if got != "READY=1\nSTATUS=waiting" {
				t.Errorf("systemd got %q", got)
			}
		default:
			t.Error("systemd got nothing")
		}
		subscription.Close(time.Second)
	})
}
