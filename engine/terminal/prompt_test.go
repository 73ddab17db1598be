package terminal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"moonlark/engine/event"
)

// A desk is a person at a prompt on a vt.
type desk struct {
	*Terminal
	t        *testing.T
	vt       *vt
	screen   *screen
	keyboard *io.PipeWriter
	restored int // how often the terminal was given back
	ended    chan struct{}
}

// newDesk is one with a space bar that calls toggle, if there is that.
func newDesk(t *testing.T, w, h int, toggle ...func()) *desk {
	d := &desk{t: t, vt: newVT(w, h), ended: make(chan struct{})}
	d.screen = newTestScreen(d.vt, false)
	d.Terminal = onScreen(d.screen, Options{})
	var stdin *io.PipeReader
	stdin, d.keyboard = io.Pipe()
	p := newPrompt(d.screen, d.input, stdin, -1)
	d.start.Do(func() {})
	for _, f := range toggle {
		p.pushToTalk(&pushToTalk{toggle: f})
	}
	d.screen.openPrompt(&typing{invite: "type here", talks: len(toggle) > 0, raw: func() {}, restore: func() { d.restored++ }})
	go func() {
		p.run()
		stdin.Close()
		close(d.ended)
	}()
	t.Cleanup(func() {
		d.keyboard.Close()
		<-d.ended
		d.Close()
	})
	return d
}

// press types, and returns when all of it has been taken in: the keys that do
// nothing are only read after the others.
func (d *desk) press(keys string) {
	d.keyboard.Write([]byte(keys))
	d.keyboard.Write([]byte("\x1b[99~"))
}

func (d *desk) line() string {
	d.t.Helper()
	line, err := d.ReadLine(context.Background())
	if err != nil {
		d.t.Fatal(err)
	}
	return line
}

func (d *desk) sees(want string) {
	d.t.Helper()
	sameLines(d.t, d.vt.text(), want)
	if d.vt.wrapped > 0 || d.vt.unexpected != "" {
		d.t.Errorf("%d rows too wide, unexpected %s", d.vt.wrapped, d.vt.unexpected)
	}
}

func (d *desk) show(events ...event.Event) {
	for _, e := range events {
		d.Show(e)
	}
}

func text(s string) *string { return &s }

func TestHalfTypedLineStaysBelowWhatHappens(t *testing.T) {
	d := newDesk(t, 60, 24)
	d.press("turn on the")
	d.show(event.Event{Type: event.Print, Script: "hello.lua", Text: "tick"},
		event.Event{Type: event.Agent, Text: "Are you there?"})
	d.Logger().Error("speaker: device is gone")
	fmt.Fprintln(d.LogWriter(), "from elsewhere")
	d.sees(`        hello.lua: tick
agent › Are you there?
        ✗ speaker: device is gone
        from elsewhere

  you › turn on the
`)
	d.press(" light")
	if got, want := d.vt.cursor(), "  you › turn on the light"; got != want {
		t.Errorf("cursor: got %q, want %q", got, want)
	}
	d.press("\r")
	if got, want := d.line(), "turn on the light"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCursorStaysInTheMiddleOfTheLine(t *testing.T) {
	d := newDesk(t, 60, 24)
	d.press("日本語 good\x01\x1b[C\x1b[C")
	d.show(event.Event{Type: event.Print, Text: "tick"})
	if got, want := d.vt.cursor(), "  you › 日本"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	d.press("人")
	d.sees("        tick\n\n  you › 日本人語 good\n")
}

func TestTypedLineIsShownOnceAndInFull(t *testing.T) {
	d := newDesk(t, 40, 24)
	typed := "a line that is so long that the prompt shows no more than its end"
	d.press(typed)
	d.sees("  you › …mpt shows no more than its end\n")
	d.press("\r")
	d.show(event.Event{Type: event.User, Text: d.line()}, event.Event{Type: event.User, Text: "from elsewhere"})
	d.sees(`  you › a line that is so long that the
        prompt shows no more than its
        end

  you › from elsewhere

  you ›
`)
}

func TestInviteStandsInThePromptUntilTheFirstLine(t *testing.T) {
	d := newDesk(t, 60, 24)
	d.sees("  you › type here\n")
	if got, want := d.vt.cursor(), "  you › "; got != want {
		t.Errorf("cursor: got %q, want %q", got, want)
	}
	d.press("x")
	d.sees("  you › x\n")
	d.press("\x7f")
	d.sees("  you › type here\n")
	d.press("x\r")
	d.sees("  you › x\n\n  you ›\n")
}

func TestKeysEditTheLine(t *testing.T) {
	for _, c := range []struct{ name, keys, want string }{
		{"letters", "hello", "hello"},
		{"wide and combining ones", "日本 e\u0301", "日本 e\u0301"},
		{"delete back", "日本\x7f語", "日語"},
		{"delete back the other way", "ab\bc", "ac"},
		{"left", "bc\x1b[D\x1b[Da", "abc"},
		{"left in application mode", "bc\x1bOD\x1bODa", "abc"},
		{"home and end", "b\x1b[Ha\x1b[Fc", "abc"},
		{"home and end of another terminal", "b\x1b[1~a\x1b[4~c", "abc"},
		{"delete", "xabc\x01\x1b[3~", "abc"},
		{"delete with Ctrl-D", "xabc\x01\x04", "abc"},
		{"a word back", "one two\x17three", "one three"},
		{"to the end", "abc\x02\x02\x0bx", "ax"},
		{"the line", "abc\x15x", "x"},
		{"over words", "one two\x1b[1;5D\x1b[1;5Dx", "xone two"},
		{"unknown sequences do nothing", "a\x1b[15~\x1b[1;2P\x1b[<35;1;1Mb", "ab"},
		{"Esc does nothing, and takes nothing along", "a\x1bb\x1b\x1b[Dc", "acb"},
		{"a sequence without an end", "a\x1b[" + strings.Repeat("1;", 40) + "b", "a" + "1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;b"},
		{"a sequence that breaks off", "a\x1b[1\x01x", "xa"},
		{"other control characters", "a\x00\x1a\x1c\tb\u009b", "ab"},
		{"broken characters", "a\xff\xe2\x82b", "ab"},
		{"pasted lines are one", "say \x1b[200~one\r\ntwo\x03\tthree\x1b[201~!", "say one  two three!"},
		{"an earlier line", "first\rsecond\r\x1b[A\x1b[A!", "first!"},
		{"and back down", "first\r\rfirst\rsec\x1b[A\x1b[A\x1b[Bond", "second"},
	} {
		t.Run(c.name, func(t *testing.T) {
			typed := func(send func(*desk)) (last string) {
				d := newDesk(t, 100, 24)
				send(d)
				d.press("\r")
				for len(d.input.lines) > 0 {
					last = d.line()
				}
				return last
			}
			if got := typed(func(d *desk) { d.press(c.keys) }); got != c.want {
				t.Errorf("at once: got %q, want %q", got, c.want)
			}
			inPieces := func(d *desk) { // as a slow line brings them
				for _, k := range []byte(c.keys) {
					d.keyboard.Write([]byte{k})
				}
			}
			if got := typed(inPieces); got != c.want {
				t.Errorf("in pieces: got %q, want %q", got, c.want)
			}
		})
	}
}

func TestCtrlLClearsAllButThePrompt(t *testing.T) {
	d := newDesk(t, 60, 24)
	d.press("half")
	d.show(event.Event{Type: event.Agent, Text: "Hello"})
	d.press("\x0c")
	d.sees("  you › half\n")
}

func TestCtrlCEndsTheInputAtOnce(t *testing.T) {
	d := newDesk(t, 60, 24)
	d.press("first\rsecond")
	d.keyboard.Write([]byte("\x03"))
	<-d.ended
	if _, err := d.ReadLine(context.Background()); err != ErrInterrupted {
		t.Errorf("got %v, want %v", err, ErrInterrupted)
	}
	if d.restored != 1 {
		t.Errorf("the terminal was given back %d times", d.restored)
	}
	d.show(event.Event{Type: event.Disconnected, Code: 1000})
	d.sees("  you › first\n        disconnected\n")
}

func TestCtrlDEndsTheInputAfterTheLinesBeforeIt(t *testing.T) {
	d := newDesk(t, 60, 24)
	d.keyboard.Write([]byte("first\r\x04"))
	<-d.ended
	if got := d.line(); got != "first" {
		t.Errorf("got %q", got)
	}
	if _, err := d.ReadLine(context.Background()); err != io.EOF {
		t.Errorf("got %v, want EOF", err)
	}
}

func TestTerminalThatGoesAwayEndsTheInput(t *testing.T) {
	d := newDesk(t, 60, 24)
	gone := errors.New("input/output error")
	d.press("half")
	d.keyboard.CloseWithError(gone)
	<-d.ended
	if _, err := d.ReadLine(context.Background()); !errors.Is(err, gone) {
		t.Errorf("got %v, want %v", err, gone)
	}
}

func TestLinesBeyondThoseThatWaitAreRefused(t *testing.T) {
	d := newDesk(t, 60, 24)
	for range maxLines {
		d.press("x\r")
	}
	d.press("one too many\r")
	if got, want := d.vt.text(), `        ✗ not sent: too many lines are waiting
          hint: the up key brings it back

  you ›
`; !strings.HasSuffix(got, want) {
		t.Errorf("got:\n%s", got)
	}
	d.line()
	d.press("\x1b[A\r")
	for range maxLines - 1 {
		d.line()
	}
	if got, want := d.line(), "one too many"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReplyGrowsAboveThePromptAndIsSaidOnce(t *testing.T) {
	d := newDesk(t, 40, 24)
	d.press("ha")
	part := func(part, text string) {
		d.show(event.Event{Type: event.AgentPart, Part: part, Text: text, EventID: 1})
	}
	part("start", "Three clear days in Lisbon, around")
	d.press("lf")
	part("delta", " twenty one\n")
	d.sees("agent › Three clear days in Lisbon,\n        around twenty one\n\n  you › half\n")
	d.show(event.Event{Type: event.Print, Text: "tick"})
	part("delta", "degrees.")
	part("stop", "")
	d.sees(`        tick
agent › Three clear days in Lisbon,
        around twenty one
        degrees.

  you › half
`)
	d.show(event.Event{Type: event.Agent, EventID: 1, Text: "Three clear days in Lisbon, around twenty one\ndegrees."})
	d.sees(`        tick
agent › Three clear days in Lisbon,
        around twenty one
        degrees.

  you › half
`)
}

func TestReplyLongerThanTheScreenIsPrintedInFull(t *testing.T) {
	d := newDesk(t, 40, 8)
	words := strings.TrimSpace(strings.Repeat("word word word word word word\n", 20))
	d.show(event.Event{Type: event.AgentPart, Part: "start", Text: words, EventID: 1},
		event.Event{Type: event.AgentPart, Part: "stop", EventID: 1},
		event.Event{Type: event.Agent, Text: words, EventID: 1})
	d.sees("agent › " + strings.ReplaceAll(words, "\n", "\n        ") + "\n\n  you › type here\n")
}

func TestCallsUnderWayStandBelowWhatIsOver(t *testing.T) {
	d := newDesk(t, 60, 24)
	for i := range 6 {
		d.show(event.Event{Type: event.ToolCall, Tool: "weather", CallID: fmt.Sprint(i), Args: json.RawMessage(fmt.Sprint(`{"day":`, i, `}`))})
	}
	d.show(event.Event{Type: event.ToolResult, CallID: "1", Result: text("clear"), Seconds: 1.2})
	d.sees(`        weather(day: 1) → clear · 1.2 s
        1 more call under way
        weather(day: 2) …
        weather(day: 3) …
        weather(day: 4) …
        weather(day: 5) …

  you › type here
`)
}

func TestWhereItConnectsIsSaidFirst(t *testing.T) {
	d := newDesk(t, 60, 24)
	d.show(event.Event{Type: event.Connecting, Target: "local"})
	d.sees("        connecting to the embedded agent\n\n  you › type here\n")
	d.show(event.Event{Type: event.Connected})
	d.sees("        connecting to the embedded agent\n        connected\n\n  you › type here\n")
}

func TestNarrowerWindowLeavesNothingBehind(t *testing.T) {
	d := newDesk(t, 80, 24)
	d.show(event.Event{Type: event.Agent, Text: "Hello"},
		event.Event{Type: event.ToolCall, Tool: "weather", CallID: "1", Args: json.RawMessage(`{"city":"Lisbon","days":3,"unit":"centigrade"}`)})
	d.press("a line that is longer than the next width of the window")
	d.vt.resize(36)
	d.screen.resized()
	d.sees(`agent › Hello
        weather(city: "Lisbon",…) …

  you › …e next width of the window
`)
	d.vt.resize(10)
	d.screen.resized()
	d.press("\x15\r")
	d.vt.resize(80)
	d.screen.resized()
	d.show(event.Event{Type: event.ToolResult, CallID: "1", Result: text("clear")})
	d.press("x")
	if d.vt.wrapped > 0 {
		t.Errorf("%d rows too wide", d.vt.wrapped)
	}
	if got := d.vt.text(); !strings.HasSuffix(got, "→ clear\n\n  you › x\n") || strings.Count(got, "you") != 1 {
		t.Errorf("got:\n%s", got)
	}
}

// Whatever is typed and whatever happens meanwhile, what is left in the end is
// what a screen without a live part prints.
func TestTypingUpsetsNothing(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 0))
		d := newDesk(t, 30+r.IntN(60), 6+r.IntN(20))
		quiet := newVT(d.vt.w, d.vt.h)
		ref := newTestScreen(quiet, false)
		ref.words.live = false
		pick := func(s ...string) string { return s[r.IntN(len(s))] }
		id := 0
		for range 60 {
			id++
			var e event.Event
			switch r.IntN(9) {
			case 0, 1, 2:
				d.press(pick("hello ", "日本語", "\x7f", "\x01", "\x1b[D", "\x1b[A", "\x17", "a rather long piece of text ", "e\u0301", "👍"))
				continue
			case 3:
				d.press("\x05x\r")
				ref.update(entry{kind: you, text: []span{{normal, d.line()}}})
				continue
			case 4:
				e = event.Event{Type: event.Print, Script: "a.lua", Text: pick("tick", "日本\nx", strings.Repeat("long ", 40))}
			case 5:
				e = event.Event{Type: event.Agent, EventID: id, Text: pick("Yes.", strings.Repeat("word ", 60))}
			case 6:
				e = event.Event{Type: event.ToolCall, Tool: "run", CallID: fmt.Sprint(r.IntN(3)), Args: json.RawMessage(`{"a":"日本"}`)}
			case 7:
				e = event.Event{Type: event.ToolResult, Tool: "run", CallID: fmt.Sprint(r.IntN(3)), Result: text(pick("ok", strings.Repeat("x", 90))), IsError: r.IntN(3) == 0}
			case 8:
				e = event.Event{Type: event.AgentPart, EventID: id, Part: pick("start", "delta"), Text: pick("and ", strings.Repeat("so on ", 30))}
			}
			d.show(e)
			ref.show(e)
		}
		d.Close()
		ref.close()
		d.sees(quiet.text())
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}
