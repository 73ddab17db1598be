package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"moonlark/engine/event"
)

// A pty is a real terminal with a vt for its screen.
type pty struct {
	t        *testing.T
	keyboard *os.File // what is written here is typed
	tty      *os.File
	vt       *vt
	drawn    chan struct{} // closed when the screen ends
}

func newPTY(t *testing.T, w, h int) *pty {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo terminal here: %v", err)
	}
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo terminal here: %v", err)
	}
	p := &pty{t: t, keyboard: master, tty: tty, vt: newVT(w, h), drawn: make(chan struct{})}
	p.resize(w, h)
	go func() {
		io.Copy(p.vt, master) // until the last of the terminal is closed
		close(p.drawn)
	}()
	return p
}

// hangUp ends the terminal, and with it whoever reads from it.
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

// open is a Terminal on p. Its goroutine that reads is blocked in a read until
// somebody types; the test types a last time.
func (p *pty) open(prompt bool) *Terminal {
	env := map[string]string{"LANG": "C.UTF-8", "TERM": "xterm"}
	return New(Options{
		Stdin: p.tty, Stdout: p.tty, Stderr: p.tty, Prompt: prompt,
		Env: func(name string) string { return env[name] },
	})
}

// sees waits until want is on the screen.
func (p *pty) sees(want string) {
	p.t.Helper()
	got := ""
	for until := time.Now().Add(5 * time.Second); time.Now().Before(until); time.Sleep(2 * time.Millisecond) {
		if got = p.vt.text(); got == want {
			return
		}
	}
	p.t.Fatalf("got:\n%s\nwant:\n%s", got, want)
}

// lines passes on what ReadLine returns.
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

func TestPromptOnARealTerminalSurvivesWhatHappens(t *testing.T) {
	p := newPTY(t, 60, 20)
	before := p.mode()
	term := p.open(true)
	lines, ended := readLines(term)
	p.sees("  you ›\n")
	io.WriteString(p.keyboard, "turn on the")
	p.sees("  you › turn on the\n")
	term.Show(event.Event{Type: event.Print, Script: "hello.lua", Text: "one\ntwo"})
	term.Logger().Warn("slow")
	p.sees("        hello.lua: one\n        two\n        warning: slow\n\n  you › turn on the\n")

	io.WriteString(p.keyboard, " light\r")
	line := <-lines
	term.Show(event.Event{Type: event.User, Text: line})
	term.Show(event.Event{Type: event.Agent, Text: "It is on."})
	said := "        hello.lua: one\n        two\n        warning: slow\n\n  you › turn on the light\nagent › It is on.\n"
	p.sees(said + "\n  you ›\n")
	if p.mode() == before {
		t.Error("the terminal is not in the mode for typing")
	}

	io.WriteString(p.keyboard, "half\x03")
	if err := <-ended; err != ErrInterrupted {
		t.Errorf("got %v, want %v", err, ErrInterrupted)
	}
	if got := p.mode(); got != before {
		t.Errorf("mode: got %+v, want %+v", got, before)
	}
	term.Show(event.Event{Type: event.Disconnected, Code: 1000})
	if err := term.Close(); err != nil {
		t.Error(err)
	}
	p.sees(said + "        disconnected\n")
	p.hangUp()
}

func TestCloseGivesTheTerminalBackWhileNobodyTypes(t *testing.T) {
	p := newPTY(t, 60, 20)
	before := p.mode()
	term := p.open(true)
	_, ended := readLines(term)
	p.sees("  you ›\n")
	term.Show(event.Event{Type: event.Agent, Text: "Hello"})
	term.Close()
	if got := p.mode(); got != before {
		t.Errorf("mode: got %+v, want %+v", got, before)
	}
	if err := <-ended; !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v, want %v", err, os.ErrClosed)
	}
	p.sees("agent › Hello\n")
	io.WriteString(p.keyboard, "\r") // ends the read that nothing else can end
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

func TestPromptFollowsTheWindow(t *testing.T) {
	p := newPTY(t, 60, 20)
	term := p.open(true)
	_, ended := readLines(term)
	p.sees("  you ›\n")
	io.WriteString(p.keyboard, "a line that is wider than the next window")
	p.sees("  you › a line that is wider than the next window\n")
	p.resize(40, 20)
	syscall.Kill(os.Getpid(), syscall.SIGWINCH) // the kernel tells only those whose terminal it is
	p.sees("  you › …is wider than the next window\n")
	p.resize(60, 20)
	syscall.Kill(os.Getpid(), syscall.SIGWINCH)
	p.sees("  you › a line that is wider than the next window\n")
	io.WriteString(p.keyboard, "\x03")
	<-ended
	term.Close()
	p.hangUp()
}

func TestModeForTypingComesBackAfterAStop(t *testing.T) {
	p := newPTY(t, 60, 20)
	before := p.mode()
	term := p.open(true)
	_, ended := readLines(term)
	p.sees("  you ›\n")
	raw := p.mode()
	unix.IoctlSetTermios(int(p.tty.Fd()), unix.TCSETS, &before) // as a shell does
	syscall.Kill(os.Getpid(), syscall.SIGCONT)
	for until := time.Now().Add(5 * time.Second); p.mode() != raw && time.Now().Before(until); {
		time.Sleep(2 * time.Millisecond)
	}
	if got := p.mode(); got != raw {
		t.Errorf("mode: got %+v, want %+v", got, raw)
	}
	io.WriteString(p.keyboard, "\x03")
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
	term.Show(event.Event{Type: event.User, Text: <-lines})
	term.Show(event.Event{Type: event.Agent, Text: "Hello"})
	p.sees("hello\nagent › Hello\n")
	io.WriteString(p.keyboard, "\x04")
	if err := <-ended; err != io.EOF {
		t.Errorf("got %v, want EOF", err)
	}
	term.Close()
	p.hangUp()
}

func TestColourNeedsATerminalThatWantsIt(t *testing.T) {
	for _, c := range []struct {
		name    string
		env     map[string]string
		noColor bool
		want    bool
	}{
		{"a terminal", map[string]string{"TERM": "xterm"}, false, true},
		{"NO_COLOR", map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, false, false},
		{"an empty NO_COLOR", map[string]string{"TERM": "xterm", "NO_COLOR": ""}, false, true},
		{"a dumb one", map[string]string{"TERM": "dumb"}, false, false},
		{"an option", map[string]string{"TERM": "xterm"}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPTY(t, 60, 20)
			term := New(Options{Stdin: p.tty, Stdout: p.tty, Stderr: p.tty, NoColor: c.noColor, Env: func(n string) string { return c.env[n] }})
			term.Show(event.Event{Type: event.User, Text: "hello"})
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
	term.Show(event.Event{Type: event.Connecting, Target: "local"})
	term.Show(event.Event{Type: event.Connected})
	io.WriteString(p.keyboard, "hello\n\x04")
	<-lines
	<-ended
	term.Show(event.Event{Type: event.AgentPart, Text: "He", Part: "start", EventID: 1})
	term.Show(event.Event{Type: event.Agent, Text: "Hello", EventID: 1})
	term.Close()
	p.sees("        connecting to the embedded agent\n        connected\nhello\n\nagent > Hello\n")
	p.hangUp()
}
