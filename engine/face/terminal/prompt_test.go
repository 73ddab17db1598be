package terminal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlark/engine/bus"
)

// A promptTest is a Terminal that shows a prompt on a fakeScreen. The test writes to keyboard what
// the user types.
type promptTest struct {
	*Terminal
	t        *testing.T
	vt       *fakeScreen
	screen   *screenView
	keyboard *io.PipeWriter
	restored int           // how often the terminal's mode was restored
	ended    chan struct{} // closed when the goroutine of the prompt has ended
}

// newPromptTest returns a promptTest whose screen has w columns and h rows. If toggle is given, the
// prompt has push-to-talk, and the space bar calls toggle.
func newPromptTest(t *testing.T, w, h int, toggle ...func()) *promptTest {
	d := &promptTest{t: t, vt: newFakeScreen(w, h), ended: make(chan struct{})}
	d.screen = newTestScreen(d.vt, false)
	d.Terminal = onScreen(d.screen, Options{})
	var stdin *io.PipeReader
	stdin, d.keyboard = io.Pipe()
	for _, f := range toggle {
		d.talk = &pushToTalk{toggle: f}
	}
	p := newPrompt(d.screen, d.lines, stdin, -1, d.talk, completeWord)
	d.readOnce.Do(func() {})
	d.screen.openPrompt(&promptLine{pushToTalk: len(toggle) > 0, makeRaw: func() {}, restore: func() { d.restored++ }})
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

// press types keys and returns when the prompt has handled them. To know that, press then types a
// key that does nothing. The prompt reads this key only after it has handled the others.
func (d *promptTest) press(keys string) {
	d.keyboard.Write([]byte(keys))
	d.keyboard.Write([]byte("\x1b[99~"))
}

func (d *promptTest) line() string {
	d.t.Helper()
	line, err := d.ReadLine(context.Background())
	if err != nil {
		d.t.Fatal(err)
	}
	return line
}

func (d *promptTest) sees(want string) {
	d.t.Helper()
	sameLines(d.t, d.vt.text(), want)
	if d.vt.wrapped > 0 || d.vt.unexpected != "" {
		d.t.Errorf("%d rows too wide, unexpected %s", d.vt.wrapped, d.vt.unexpected)
	}
}

func (d *promptTest) show(events ...bus.Event) {
	for _, e := range events {
		d.Show(e)
	}
}

func text(s string) *string { return &s }

func TestHalfTypedLineStaysBelowEvents(t *testing.T) {
	d := newPromptTest(t, 60, 24)
	d.press("turn on the")
	d.show(bus.Event{Type: bus.Print, Script: "hello.lua", Text: "tick"},
		bus.Event{Type: bus.Agent, Text: "Are you there?"})
	d.Logger().Error("speaker: device is gone")
	fmt.Fprintln(d.view.logWriter(), "from elsewhere")
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
	d := newPromptTest(t, 60, 24)
	d.press("日本語 good\x01\x1b[C\x1b[C")
	d.show(bus.Event{Type: bus.Print, Text: "tick"})
	if got, want := d.vt.cursor(), "  you › 日本"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	d.press("人")
	d.sees("        tick\n\n  you › 日本人語 good\n")
}

func TestTypedLineIsShownOnceAndInFull(t *testing.T) {
	d := newPromptTest(t, 40, 24)
	typed := "a line that is so long that the prompt shows no more than its end"
	d.press(typed)
	d.sees("  you › …mpt shows no more than its end\n")
	d.press("\r")
	d.show(bus.Event{Type: bus.User, Text: d.line()}, bus.Event{Type: bus.User, Text: "from elsewhere"})
	d.sees(`  you › a line that is so long that the
        prompt shows no more than its
        end

  you › from elsewhere

  you ›
`)
}

func TestKeysEditTheLine(t *testing.T) {
	for _, c := range []struct{ name, keys, want string }{
		{"letters", "hello", "hello"},
		{"wide and combining ones", "日本 e\u0301", "日本 e\u0301"},
		{"Backspace", "日本\x7f語", "日語"},
		{"Backspace as Ctrl-H", "ab\bc", "ac"},
		{"left", "bc\x1b[D\x1b[Da", "abc"},
		{"left in application mode", "bc\x1bOD\x1bODa", "abc"},
		{"home and end", "b\x1b[Ha\x1b[Fc", "abc"},
		{"home and end of another terminal", "b\x1b[1~a\x1b[4~c", "abc"},
		{"delete", "xabc\x01\x1b[3~", "abc"},
		{"delete with Ctrl-D", "xabc\x01\x04", "abc"},
		{"Ctrl-W deletes a word", "one two\x17three", "one three"},
		{"Ctrl-K deletes to the end", "abc\x02\x02\x0bx", "ax"},
		{"Ctrl-U deletes to the start", "abc\x15x", "x"},
		{"Ctrl-Left moves a word", "one two\x1b[1;5D\x1b[1;5Dx", "xone two"},
		{"unknown sequences do nothing", "a\x1b[15~\x1b[1;2P\x1b[<35;1;1Mb", "ab"},
		{"Esc before a control character does nothing", "ab\x1b\x1b[Dc\x1b\x7f\x1b\x01d", "db"},
		{"a sequence without an end", "a\x1b[" + strings.Repeat("1;", maxSequence/2+1) + "b", "a1;1;b"},
		{"a sequence that breaks off", "a\x1b[1\x01x", "xa"},
		{"other control characters", "a\x00\x1a\x1c\tb\u009b", "ab"},
		{"broken characters", "a\xff\xe2\x82b", "ab"},
		{"F1 to F4 do nothing", "a\x1bOP\x1bOQ\x1bOR\x1bOSb", "ab"},
		{"F1 to F5 of the Linux console do nothing", "a\x1b[[A\x1b[[B\x1b[[C\x1b[[D\x1b[[Eb", "ab"},
		{"F1 with Shift does nothing", "a\x1bO2P\x1bO1;2Qb", "ab"},
		{"Enter on the keypad in application mode", "ab\x1bOM", "ab"},
		{"Alt-B and Alt-F move a word", "one two\x1bb\x1bbx\x1bfy", "xone ytwo"},
		{"Alt-D deletes the next word", "one two\x01\x1bd", "two"},
		{"Alt-Backspace deletes a word", "one two\x1b\x7fx", "one x"},
		{"Alt with another letter does nothing", "a\x1bq\x1bö\x1b7b", "ab"},
		{"a reply with the background colour", "a\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\b\x1b]11;rgb:1/2/3\ac", "abc"},
		{"replies in the form of DCS, APC, PM and SOS", "a\x1bP1+r544e=78\x1b\\b\x1b_Gi=1;OK\x1b\\c\x1b^x\x1b\\d\x1bXy\x1b\\e", "abcde"},
		{"a long reply", "a\x1b]52;c;" + strings.Repeat("QUJD", 5000) + "\ab", "ab"},
		{"a reply that another key breaks off", "a\x1b]11;rgb\x7fb\x1b]x\x1b[Hc", "cb"},
		{"replies about the terminal and the cursor", "a\x1b[?62;1;2;4;6;9;15;16;17;18;21;22;28;29c\x1b[24;80R\x1b[Ib", "ab"},
		{"Backspace takes a whole flag", "a🇩🇪🇫🇷\x7fb", "a🇩🇪b"},
		{"Backspace takes a whole family", "a👨‍👩‍👧‍👦\x7fb", "ab"},
		{"Backspace takes a letter with its accent", "ae\u0301\x7fb", "ab"},
		{"Backspace takes a skin tone with its hand", "a👍🏽\x7fb", "ab"},
		{"Delete takes a whole flag", "🇩🇪🇫🇷b\x01\x1b[3~", "🇫🇷b"},
		{"the cursor moves over whole flags", "🇩🇪🇫🇷\x1b[Da\x1b[Cb", "🇩🇪a🇫🇷b"},
		{"Ctrl-T swaps whole flags", "🇩🇪🇫🇷\x14", "🇫🇷🇩🇪"},
		{"Ctrl-C clears the line", "wrong\x03right", "right"},
		{"Ctrl-T swaps two characters", "acb\x14 ba\x02\x14!", "abc ab!"},
		{"Ctrl-W keeps the space before a word", " one\x17x", " x"},
		{"words to the right", "one two\x01\x1b[1;3Cx\x1b[1;5Cy", "one xtwoy"},
		{"a line of the maximum length", strings.Repeat("x", maxTyped+10), strings.Repeat("x", maxTyped)},
		{"pasted lines are one", "say \x1b[200~one\r\ntwo\x03\tthree\x1b[201~!", "say one  two three!"},
		{"an earlier line", "first\rsecond\r\x1b[A\x1b[A!", "first!"},
		{"back to the new line", "first\r\rfirst\rsec\x1b[A\x1b[A\x1b[Bond", "second"},
	} {
		t.Run(c.name, func(t *testing.T) {
			typed := func(send func(*promptTest)) (last string) {
				d := newPromptTest(t, 100, 24)
				send(d)
				d.press("\r")
				for len(d.lines.lines) > 0 {
					last = d.line()
				}
				return last
			}
			if got := typed(func(d *promptTest) { d.press(c.keys) }); got != c.want {
				t.Errorf("at once: got %q, want %q", got, c.want)
			}
			if len(c.keys) > 10000 {
				return // one by one, so many bytes would take too long
			}
			// Over a slow connection, the bytes of one key may come one by one.
			inPieces := func(d *promptTest) {
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
	d := newPromptTest(t, 60, 24)
	d.press("half")
	d.show(bus.Event{Type: bus.Agent, Text: "Hello"})
	d.press("\x0c")
	d.sees("  you › half\n")
}

func TestCtrlCEndsTheInputAtOnce(t *testing.T) {
	d := newPromptTest(t, 60, 24)
	d.press("first\rsecond\x03")
	d.sees("  you › first\n\n  you ›\n") // the first Ctrl-C clears the line
	d.keyboard.Write([]byte("\x03"))
	<-d.ended
	if _, err := d.ReadLine(context.Background()); err != ErrInterrupted {
		t.Errorf("got %v, want %v", err, ErrInterrupted)
	}
	if d.restored != 1 {
		t.Errorf("the terminal was given back %d times", d.restored)
	}
	d.show(bus.Event{Type: bus.Disconnected, Code: 1000})
	d.sees("  you › first\n        disconnected\n")
}

func TestCtrlDEndsTheInputAfterTheLinesBeforeIt(t *testing.T) {
	d := newPromptTest(t, 60, 24)
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
	d := newPromptTest(t, 60, 24)
	gone := errors.New("input/output error")
	d.press("half")
	d.keyboard.CloseWithError(gone)
	<-d.ended
	if _, err := d.ReadLine(context.Background()); !errors.Is(err, gone) {
		t.Errorf("got %v, want %v", err, gone)
	}
}

func TestLinesThatDoNotFitIntoTheQueueAreRefused(t *testing.T) {
	d := newPromptTest(t, 60, 24)
	for range maxQueuedLines {
		d.press("x\r")
	}
	d.press("one too many\r")
	if got, want := d.vt.text(), `        ✗ not sent: too many lines are waiting
          hint: press the up key to get it back

  you ›
`; !strings.HasSuffix(got, want) {
		t.Errorf("got:\n%s", got)
	}
	d.line()
	d.press("\x1b[A\r")
	for range maxQueuedLines - 1 {
		d.line()
	}
	if got, want := d.line(), "one too many"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReplyGrowsAboveThePromptAndIsPrintedOnce(t *testing.T) {
	d := newPromptTest(t, 40, 24)
	d.press("ha")
	part := func(part, text string) {
		d.show(bus.Event{Type: bus.AgentPart, Part: part, Text: text, EventID: 1})
	}
	part("start", "Three clear days in Lisbon, around")
	d.press("lf")
	part("delta", " twenty one\n")
	d.sees("agent › Three clear days in Lisbon,\n        around twenty one\n\n  you › half\n")
	d.show(bus.Event{Type: bus.Print, Text: "tick"})
	part("delta", "degrees.")
	part("stop", "")
	d.sees(`        tick
agent › Three clear days in Lisbon,
        around twenty one
        degrees.

  you › half
`)
	d.show(bus.Event{Type: bus.Agent, EventID: 1, Text: "Three clear days in Lisbon, around twenty one\ndegrees."})
	d.sees(`        tick
agent › Three clear days in Lisbon,
        around twenty one
        degrees.

  you › half
`)
}

func TestReplyLongerThanTheScreenIsPrintedInFull(t *testing.T) {
	d := newPromptTest(t, 40, 8)
	words := strings.TrimSpace(strings.Repeat("word word word word word word\n", 20))
	d.show(bus.Event{Type: bus.AgentPart, Part: "start", Text: words, EventID: 1},
		bus.Event{Type: bus.AgentPart, Part: "stop", EventID: 1},
		bus.Event{Type: bus.Agent, Text: words, EventID: 1})
	d.sees("agent › " + strings.ReplaceAll(words, "\n", "\n        ") + "\n\n  you ›\n")
}

func TestCallsWithoutAResultStayBelowFinishedOnes(t *testing.T) {
	d := newPromptTest(t, 60, 24)
	for i := range 6 {
		d.show(bus.Event{Type: bus.ToolCall, Tool: "weather", CallID: fmt.Sprint(i), Args: json.RawMessage(fmt.Sprint(`{"day":`, i, `}`))})
	}
	d.show(bus.Event{Type: bus.ToolResult, CallID: "1", Result: text("clear"), Seconds: 1.2})
	d.sees(`        weather(day: 1) → clear · 1.2 s
        1 more call under way
        weather(day: 2) …
        weather(day: 3) …
        weather(day: 4) …
        weather(day: 5) …

  you ›
`)
}

func TestTargetOfTheConnectionIsShownFirst(t *testing.T) {
	d := newPromptTest(t, 60, 24)
	d.show(bus.Event{Type: bus.Connecting, Target: "local"})
	d.sees("        connecting to the embedded agent\n\n  you ›\n")
	d.show(bus.Event{Type: bus.Connected})
	d.sees("        connecting to the embedded agent\n        connected\n\n  you ›\n")
}

func TestNarrowerWindowLeavesNoRowsBehind(t *testing.T) {
	d := newPromptTest(t, 80, 24)
	d.show(bus.Event{Type: bus.Agent, Text: "Hello"},
		bus.Event{Type: bus.ToolCall, Tool: "weather", CallID: "1", Args: json.RawMessage(`{"city":"Lisbon","days":3,"unit":"centigrade"}`)})
	d.press("a line that is longer than the next width of the window")
	d.vt.resize(36)
	d.screen.redraw()
	d.sees(`agent › Hello
        weather(city: "Lisbon",…) …

  you › …e next width of the window
`)
	d.vt.resize(10)
	d.screen.redraw()
	d.press("\x15\r")
	d.vt.resize(80)
	d.screen.redraw()
	d.show(bus.Event{Type: bus.ToolResult, CallID: "1", Result: text("clear")})
	d.press("x")
	if d.vt.wrapped > 0 {
		t.Errorf("%d rows too wide", d.vt.wrapped)
	}
	if got := d.vt.text(); !strings.HasSuffix(got, "→ clear\n\n  you › x\n") || strings.Count(got, "you") != 1 {
		t.Errorf("got:\n%s", got)
	}
}

// The test types random keys and shows random events. In the end, the screen must show the same
// text as a second screen, which has no prompt and prints only what is complete.
func TestTypingNeverChangesWhatIsPrinted(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 0))
		d := newPromptTest(t, 30+r.IntN(60), 6+r.IntN(20))
		quiet := newFakeScreen(d.vt.w, d.vt.h)
		ref := newTestScreen(quiet, false)
		ref.describer.live = false
		pick := func(s ...string) string { return s[r.IntN(len(s))] }
		id := 0
		for range 60 {
			id++
			var e bus.Event
			switch r.IntN(9) {
			case 0, 1, 2:
				d.press(pick("hello ", "日本語", "\x7f", "\x01", "\x1b[D", "\x1b[A", "\x17", "a rather long piece of text ", "e\u0301", "👍"))
				continue
			case 3:
				d.press("\x05x\r")
				ref.update(block{kind: userBlock, text: []span{{normal, d.line()}}})
				continue
			case 4:
				e = bus.Event{Type: bus.Print, Script: "a.lua", Text: pick("tick", "日本\nx", strings.Repeat("long ", 40))}
			case 5:
				e = bus.Event{Type: bus.Agent, EventID: id, Text: pick("Yes.", strings.Repeat("word ", 60))}
			case 6:
				e = bus.Event{Type: bus.ToolCall, Tool: "run", CallID: fmt.Sprint(r.IntN(3)), Args: json.RawMessage(`{"a":"日本"}`)}
			case 7:
				e = bus.Event{Type: bus.ToolResult, Tool: "run", CallID: fmt.Sprint(r.IntN(3)), Result: text(pick("ok", strings.Repeat("x", 90))), IsError: r.IntN(3) == 0}
			case 8:
				e = bus.Event{Type: bus.AgentPart, EventID: id, Part: pick("start", "delta"), Text: pick("and ", strings.Repeat("so on ", 30))}
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

// When a user presses the Esc key, the terminal sends only the first byte of an escape sequence. What
// the user types later must not be taken for the rest of a sequence.
func TestEscTakesNothingAlong(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		name   string
		pieces []string // sent one after the other
		pause  time.Duration
		want   string
	}{
		{"Esc", []string{"a\x1b", "b"}, time.Second, "ab"},
		{"Esc before a capital O", []string{"a\x1b", "Ok"}, time.Second, "aOk"},
		{"an arrow key over a slow connection", []string{"ab\x1b", "[Dc"}, time.Second, "acb"},
		{"Alt-]", []string{"a\x1b]", "b"}, 2 * time.Second, "ab"},
		{"Alt-O", []string{"a\x1bO", "b"}, time.Second, "ab"},
		{"Alt-B over a slow connection", []string{"bc\x1b", "ba"}, 50 * time.Millisecond, "abc"},
		{"a reply over a slow connection", []string{"a\x1b]11;", "rgb:1/2/3\ab"}, 500 * time.Millisecond, "ab"},
	} {
		var d keyDecoder
		var e lineEditor
		for _, piece := range c.pieces {
			now = now.Add(c.pause)
			d.feed([]byte(piece), now)
			for k, ok := d.next(); ok; k, ok = d.next() {
				e.press(k)
			}
		}
		if got := string(e.line); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAPasteThatIsTooLongIsNotCutInSilence(t *testing.T) {
	d := newPromptTest(t, 100, 24)
	d.press("\x1b[200~" + strings.Repeat("word ", 2000) + "\x1b[201~\r")
	if got := len(d.line()); got != 10000 {
		t.Errorf("a paste of 10,000 characters has %d", got)
	}
	d.press("\x1b[200~" + strings.Repeat("x", maxTyped+123) + "\x1b[201~")
	d.press("yz")
	if got, want := d.vt.text(), "the line is full: 123 characters were left out"; strings.Count(got, "the line is full") != 1 || !strings.Contains(got, want) {
		t.Errorf("got:\n%s", got)
	}
	d.press("\r")
	if got := len(d.line()); got != maxTyped {
		t.Errorf("the line has %d characters", got)
	}
}

// Ctrl-Z gives the terminal back to the shell, and shows the prompt again when the process goes on.
func TestCtrlZSuspendsAndComesBack(t *testing.T) {
	d := newPromptTest(t, 60, 24)
	d.show(bus.Event{Type: bus.Print, Text: "tick"})
	var order []string
	note := func(s string) func() { return func() { order = append(order, s) } }
	d.screen.mu.Lock()
	d.screen.prompt.makeRaw, d.screen.prompt.restore = note("raw"), note("restored")
	d.screen.prompt.stop = func() { order = append(order, d.vt.text()) }
	d.screen.mu.Unlock()
	d.press("half\x1a typed")
	if want := []string{"restored", "        tick\n", "raw"}; !slices.Equal(order, want) {
		t.Errorf("got %q, want %q", order, want)
	}
	d.sees("        tick\n\n  you › half typed\n")
	d.press("\r")
	if got, want := d.line(), "half typed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
