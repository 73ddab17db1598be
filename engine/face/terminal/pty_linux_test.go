package terminal

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"moonlark/engine/bus"
	"moonlark/engine/testkit"
)

// A pty is a pseudo terminal of the kernel. A goroutine draws on a fakeScreen what is written to
// the pseudo terminal.
type pty struct {
	t *testing.T
	// keyboard is the master side of the pseudo terminal. The test writes to it what the user
	// types.
	keyboard *os.File
	tty      *os.File // the terminal side, which the Terminal uses
	vt       *fakeScreen
	drawn    chan struct{} // closed when the goroutine that draws on vt has ended
}

func newPTY(t *testing.T, w, h int) *pty {
	t.Helper()
	master, tty, err := testkit.OpenTerminal()
	if err != nil {
		t.Skipf("no pseudo terminal here: %v", err)
	}
	p := &pty{t: t, keyboard: master, tty: tty, vt: newFakeScreen(w, h), drawn: make(chan struct{})}
	p.resize(w, h)
	go func() {
		io.Copy(p.vt, master) // Copy returns when tty is closed
		close(p.drawn)
	}()
	return p
}

// hangUp closes both sides of the pseudo terminal.
func (p *pty) hangUp() {
	p.tty.Close()
	<-p.drawn
	p.keyboard.Close()
}

func (p *pty) resize(w, h int) {
	p.vt.resize(w)
	unix.IoctlSetWinsize(int(p.keyboard.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: uint16(w), Row: uint16(h)})
}

func (p *pty) mode() unix.Termios {
	p.t.Helper()
	m, err := unix.IoctlGetTermios(int(p.tty.Fd()), unix.TCGETS)
	if err != nil {
		p.t.Fatal(err)
	}
	return *m
}

// open returns a Terminal that uses the pseudo terminal. The Terminal's goroutine that reads input
// ends only after it has read something, so each test types something at its end.
func (p *pty) open(prompt bool) *Terminal {
	env := map[string]string{"LANG": "C.UTF-8", "TERM": "xterm"}
	return New(Options{
		Stdin: p.tty, Stdout: p.tty, Stderr: p.tty, Prompt: prompt,
		Env: func(name string) string { return env[name] },
	})
}

// sees waits until the screen shows the text want, and nothing else.
func (p *pty) sees(want string) {
	p.t.Helper()
	p.waitForOutput(func() bool { return p.vt.text() == want }, func() {
		p.t.Fatalf("got:\n%s\nwant:\n%s", p.vt.text(), want)
	})
}

// waitForOutput waits until ok returns true. It calls ok again after each output on the screen.
// After 10 seconds it calls fail and returns.
func (p *pty) waitForOutput(ok func() bool, fail func()) {
	p.t.Helper()
	timeout := time.After(10 * time.Second)
	for !ok() {
		select {
		case <-p.vt.changed:
		case <-timeout:
			fail()
			return
		}
	}
}

// readLines starts a goroutine that calls ReadLine until there is an error. It sends the lines to
// the channel lines and the error to the channel ended.
func readLines(t *Terminal) (lines <-chan string, ended <-chan error) {
	l, e := make(chan string), make(chan error, 1)
	go func() {
		for {
			line, err := t.ReadLine(context.Background())
			if err != nil {
				e <- err
				return
			}
			l <- line
		}
	}()
	return l, e
}

func TestPromptOnARealTerminalStaysBelowEvents(t *testing.T) {
	p := newPTY(t, 60, 20)
	before := p.mode()
	term := p.open(true)
	lines, ended := readLines(term)
	p.sees("  you ›\n")
	io.WriteString(p.keyboard, "turn on the")
	p.sees("  you › turn on the\n")
	term.Show(bus.Event{Type: bus.Print, Script: "hello.lua", Text: "one\ntwo"})
	term.Logger().Warn("slow")
	p.sees("        hello.lua: one\n        two\n        warning: slow\n\n  you › turn on the\n")

	io.WriteString(p.keyboard, " light\r")
	line := <-lines
	term.Show(bus.Event{Type: bus.User, Text: line})
	term.Show(bus.Event{Type: bus.Agent, Text: "It is on."})
	said := "        hello.lua: one\n        two\n        warning: slow\n\n  you › turn on the light\nagent › It is on.\n"
	p.sees(said + "\n  you ›\n")
	if p.mode() == before {
		t.Error("the terminal is not in raw mode")
	}

	io.WriteString(p.keyboard, "half\x03\x03")
	if err := <-ended; err != ErrInterrupted {
		t.Errorf("got %v, want %v", err, ErrInterrupted)
	}
	if got := p.mode(); got != before {
		t.Errorf("mode: got %+v, want %+v", got, before)
	}
	term.Show(bus.Event{Type: bus.Disconnected, Code: 1000})
	if err := term.Close(); err != nil {
		t.Error(err)
	}
	p.sees(said + "        disconnected\n")
	p.hangUp()
}

func TestCloseRestoresTheTerminalWhileNobodyTypes(t *testing.T) {
	p := newPTY(t, 60, 20)
	before := p.mode()
	term := p.open(true)
	_, ended := readLines(term)
	p.sees("  you ›\n")
	term.Show(bus.Event{Type: bus.Agent, Text: "Hello"})
	term.Close()
	if got := p.mode(); got != before {
		t.Errorf("mode: got %+v, want %+v", got, before)
	}
	if err := <-ended; !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v, want %v", err, os.ErrClosed)
	}
	p.sees("agent › Hello\n")
	io.WriteString(p.keyboard, "\r") // the goroutine that reads input ends after this key
	p.hangUp()
}

func TestCtrlDEndsTheInputOfARealTerminal(t *testing.T) {
	p := newPTY(t, 60, 20)
	term := p.open(true)
	_, ended := readLines(term)
	p.sees("  you ›\n")
	io.WriteString(p.keyboard, "\x04")
	if err := <-ended; err != io.EOF {
		t.Errorf("got %v, want EOF", err)
	}
	term.Close()
	p.hangUp()
}

func TestPromptIsDrawnAgainWhenTheWindowIsResized(t *testing.T) {
	p := newPTY(t, 60, 20)
	term := p.open(true)
	_, ended := readLines(term)
	p.sees("  you ›\n")
	io.WriteString(p.keyboard, "a line that is wider than the next window")
	p.sees("  you › a line that is wider than the next window\n")
	p.resize(40, 20)
	// The kernel sends this signal only to processes that the pseudo terminal controls, so the test
	// must send it.
	syscall.Kill(os.Getpid(), syscall.SIGWINCH)
	p.sees("  you › …is wider than the next window\n")
	p.resize(60, 20)
	syscall.Kill(os.Getpid(), syscall.SIGWINCH)
	p.sees("  you › a line that is wider than the next window\n")
	io.WriteString(p.keyboard, "\x03\x03")
	<-ended
	term.Close()
	p.hangUp()
}

func TestRawModeIsSetAgainAfterAStop(t *testing.T) {
	p := newPTY(t, 60, 20)
	before := p.mode()
	term := p.open(true)
	_, ended := readLines(term)
	p.sees("  you ›\n")
	raw := p.mode()
	// While the process is stopped, a shell sets the terminal's mode like this.
	unix.IoctlSetTermios(int(p.tty.Fd()), unix.TCSETS, &before)
	syscall.Kill(os.Getpid(), syscall.SIGCONT)
	p.waitForOutput(func() bool { return p.mode() == raw }, func() {
		t.Errorf("mode: got %+v, want %+v", p.mode(), raw)
	})
	io.WriteString(p.keyboard, "\x03\x03")
	<-ended
	if got := p.mode(); got != before {
		t.Errorf("mode: got %+v, want %+v", got, before)
	}
	term.Close()
	p.hangUp()
}

func TestWithoutAPromptTheTerminalEchoesAndTheLineIsNotShownAgain(t *testing.T) {
	p := newPTY(t, 60, 20)
	term := p.open(false)
	lines, ended := readLines(term)
	io.WriteString(p.keyboard, "hello\n")
	term.Show(bus.Event{Type: bus.User, Text: <-lines})
	term.Show(bus.Event{Type: bus.Agent, Text: "Hello"})
	p.sees("hello\nagent › Hello\n")
	io.WriteString(p.keyboard, "\x04")
	if err := <-ended; err != io.EOF {
		t.Errorf("got %v, want EOF", err)
	}
	term.Close()
	p.hangUp()
}

func TestColourNeedsATerminalThatSupportsIt(t *testing.T) {
	for _, c := range []struct {
		name string
		env  map[string]string
		want bool
	}{
		{"a terminal", map[string]string{"TERM": "xterm"}, true},
		{"NO_COLOR", map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, false},
		{"an empty NO_COLOR", map[string]string{"TERM": "xterm", "NO_COLOR": ""}, true},
		{"a dumb one", map[string]string{"TERM": "dumb"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPTY(t, 60, 20)
			term := New(Options{Stdin: p.tty, Stdout: p.tty, Stderr: p.tty, Env: func(n string) string { return c.env[n] }})
			term.Show(bus.Event{Type: bus.User, Text: "hello"})
			p.sees("  you > hello\n")
			if got := strings.Contains(p.vt.styled(), "[accent]"); got != c.want {
				t.Errorf("got colour %v, want %v", got, c.want)
			}
			term.Close()
			p.hangUp()
		})
	}
}

func TestDumbTerminalGetsPlainRows(t *testing.T) {
	p := newPTY(t, 60, 20)
	term := New(Options{Stdin: p.tty, Stdout: p.tty, Stderr: p.tty, Prompt: true, Env: func(n string) string { return map[string]string{"TERM": "dumb"}[n] }})
	lines, ended := readLines(term)
	term.Show(bus.Event{Type: bus.Connecting, Target: "local"})
	term.Show(bus.Event{Type: bus.Connected})
	io.WriteString(p.keyboard, "hello\n\x04")
	<-lines
	<-ended
	term.Show(bus.Event{Type: bus.AgentPart, Text: "He", Part: "start", EventID: 1})
	term.Show(bus.Event{Type: bus.Agent, Text: "Hello", EventID: 1})
	term.Close()
	p.sees("        connecting to the embedded agent\n        connected\nhello\n\nagent > Hello\n")
	p.hangUp()
}
