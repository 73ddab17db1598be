package terminal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/llm"
)

// utf8Env stands for the environment variables. The locale uses UTF-8, and TERM is not set.
func utf8Env(name string) string { return map[string]string{"LANG": "de_DE.UTF-8"}[name] }

// A pipeTest is a Terminal whose outputs are not terminals. stdout and stderr have what it has
// written.
type pipeTest struct {
	*Terminal
	stdout, stderr bytes.Buffer
}

func newPipeTest(opts Options) *pipeTest {
	b := &pipeTest{}
	opts.Stdout, opts.Stderr, opts.Env = &b.stdout, &b.stderr, utf8Env
	if opts.Stdin == nil {
		opts.Stdin = strings.NewReader("")
	}
	b.Terminal = New(opts)
	return b
}

func (b *pipeTest) wrote(t *testing.T, stdout, stderr string) {
	t.Helper()
	if got := b.stdout.String(); got != stdout {
		t.Errorf("stdout: got %q, want %q", got, stdout)
	}
	if got := b.stderr.String(); got != stderr {
		t.Errorf("stderr: got %q, want %q", got, stderr)
	}
}

func TestPlainRepliesEndInOneNewlineAndAreOtherwiseUnchanged(t *testing.T) {
	b := newPipeTest(Options{})
	for _, s := range []string{" one\n\ttwo", "three\n", "", "four"} {
		b.Show(bus.Event{Type: bus.Agent, Text: s})
	}
	b.wrote(t, " one\n\ttwo\nthree\nfour\n", "")
}

func TestReplyIsShownOnceWhetherItComesWholeOrInParts(t *testing.T) {
	part := func(id int, part, text string) bus.Event {
		return bus.Event{Type: bus.AgentPart, EventID: id, Part: part, Text: text}
	}
	whole := func(id int, text string) bus.Event {
		return bus.Event{Type: bus.Agent, EventID: id, Text: text}
	}
	for _, c := range []struct {
		name   string
		events []bus.Event
		want   string
	}{
		{"whole after pieces", []bus.Event{part(1, "start", "a "), part(1, "delta", "b"), part(1, "stop", ""), whole(1, "a b")}, "a b\n"},
		{"whole before pieces", []bus.Event{whole(1, "a b"), part(1, "start", "a "), part(1, "delta", "b"), part(1, "stop", "")}, "a b\n"},
		{"whole in between", []bus.Event{part(1, "start", "a "), whole(1, "a b"), part(1, "delta", "b"), part(1, "stop", "")}, "a b\n"},
		{"no whole", []bus.Event{part(1, "start", "a "), part(1, "delta", "b"), part(1, "stop", "")}, "a b\n"},
		{"no whole, and another reply", []bus.Event{part(1, "start", "a"), part(1, "stop", ""), part(2, "start", "b"), whole(2, "b")}, "a\nb\n"},
		{"the whole of another reply", []bus.Event{part(1, "start", "a"), whole(2, "b")}, "a\nb\n"},
		{"interrupted", []bus.Event{part(1, "start", "a "), {Type: bus.Interruption, EventID: 1}, part(1, "delta", "b"), whole(1, "a b")}, "a \n"},
		{"the user speaks between the parts", []bus.Event{part(1, "start", "a "), {Type: bus.User, Text: "x"}, part(1, "stop", "b"), whole(1, "a b")}, "a b\n"},
		{"without event ids", []bus.Event{part(0, "start", "yes"), whole(0, "yes"), part(0, "start", "yes"), part(0, "stop", ""), whole(0, "yes")}, "yes\nyes\n"},
		{"two replies with one event id", []bus.Event{whole(1, "let me see"), whole(1, "it is on")}, "let me see\nit is on\n"},
		{"the connection ends", []bus.Event{part(1, "start", "a"), {Type: bus.Disconnected, Code: 1000}}, "a\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newPipeTest(Options{})
			for _, e := range c.events {
				b.Show(e)
			}
			b.Close()
			if got := b.stdout.String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestJSONWritesOneLinePerEvent(t *testing.T) {
	b := newPipeTest(Options{JSON: true})
	at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	b.Show(bus.Event{Type: bus.ToolCall, Time: at, Args: json.RawMessage(`{"a":`)})
	b.Show(bus.Event{Type: bus.ToolCall, Time: at, Args: json.RawMessage("{\n \"a\": \"<&>\"\n}")})
	b.Show(bus.Event{Type: "new_in_a_later_version", Time: at, Text: "a\nb\u009b\x7f\xff"})
	b.Show(bus.Event{Type: bus.ToolResult, Time: at, Seconds: math.NaN()})
	b.wrote(t, `{"type":"tool_call","time":"2026-05-01T00:00:00Z","args":"{\"a\":"}
{"type":"tool_call","time":"2026-05-01T00:00:00Z","args":{"a":"<&>"}}
{"type":"new_in_a_later_version","time":"2026-05-01T00:00:00Z","text":"a\nb\u009b\u007f\ufffd"}
`, "✗ json: json: unsupported value: NaN\n")
}

func TestEventsOfALaterVersionAreNotShownToPeople(t *testing.T) {
	b := newPipeTest(Options{})
	b.Show(bus.Event{Type: "new_in_a_later_version", Text: "?"})
	b.wrote(t, "", "")
}

func TestLogEventsGoThroughTheHandlerWithTheirOwnTime(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		b := newPipeTest(Options{JSON: asJSON, Handler: func(w io.Writer) slog.Handler {
			return slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelInfo})
		}})
		at := time.Date(2026, 5, 1, 14, 3, 0, 0, time.UTC)
		b.Show(bus.Event{Type: bus.Log, Time: at, Level: "info", Text: "ready", Script: "a.lua"})
		b.Show(bus.Event{Type: bus.Log, Time: at, Level: "debug", Text: "no"})
		if got, want := b.stderr.String(), "time=2026-05-01T14:03:00.000Z level=INFO msg=ready script=a.lua\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestLogIsFormattedForPeople(t *testing.T) {
	b := newPipeTest(Options{Level: slog.LevelDebug})
	l := b.Logger()
	l.Debug("one", "n", 1, "empty", "", "words", "a b")
	l.With("script", "a.lua").WithGroup("g").Info("two", "k", "v", slog.Group("h", "x", true))
	l.Warn("three\x1b[2J", "e", errors.New("no such pin"))
	l.Error("four", slog.Attr{})
	b.wrote(t, "", `one n=1 empty="" words="a b"
a.lua: two g.k=v g.h.x=true
warning: three\x1b[2J e="no such pin"
✗ four
`)
}

func TestLogShowsWarningsByDefault(t *testing.T) {
	b := newPipeTest(Options{})
	b.Logger().Info("no")
	b.Logger().Warn("yes")
	b.wrote(t, "", "warning: yes\n")
}

func TestPipeWithoutAReaderIsAnError(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		term := New(Options{Stdin: strings.NewReader(""), Stdout: w, Stderr: io.Discard, JSON: asJSON})
		if err := term.Err(); err != nil {
			t.Errorf("before: %v", err)
		}
		for range 3 {
			term.Show(bus.Event{Type: bus.Agent, Text: "hello"})
		}
		if err := term.Err(); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("got %v, want %v", err, syscall.EPIPE)
		}
		if err := term.Close(); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("close: got %v, want %v", err, syscall.EPIPE)
		}
		w.Close()
	}
}

func TestErrReportsOnlyErrorsOfStandardOutput(t *testing.T) {
	var stdout bytes.Buffer
	term := New(Options{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stickyWriter{err: io.ErrClosedPipe}})
	term.Show(bus.Event{Type: bus.Print, Text: "lost"})
	term.Show(bus.Event{Type: bus.Agent, Text: "kept"})
	if err := term.Err(); err != nil || stdout.String() != "kept\n" {
		t.Errorf("got %q and %v", stdout.String(), err)
	}
}

type short struct{}

func (short) Write(p []byte) (int, error) { return len(p) - 1, nil }

func TestFirstErrorIsKept(t *testing.T) {
	o := &stickyWriter{w: short{}}
	o.Write([]byte("a"))
	o.w = io.Discard
	if _, err := o.Write([]byte("b")); err != io.ErrShortWrite || o.firstError() != io.ErrShortWrite {
		t.Errorf("got %v and %v", err, o.firstError())
	}
}

func TestReadLineReturnsTheLinesOfAPipe(t *testing.T) {
	long := strings.Repeat("x", MaxLine)
	for _, c := range []struct {
		name, in string
		want     []string
		err      string
	}{
		{"nothing", "", nil, "EOF"},
		{"no newline at the end", "one\ntwo", []string{"one", "two"}, "EOF"},
		{"Windows newlines", "one\r\ntwo\r\n", []string{"one", "two"}, "EOF"},
		{"blank ones are skipped", "\n  \n one \n\r\n", []string{" one "}, "EOF"},
		{"a byte order mark", "\xEF\xBB\xBFone\ntwo", []string{"one", "two"}, "EOF"},
		{"a byte order mark alone", "\xEF\xBB\xBF\r\none", []string{"one"}, "EOF"},
		{"UTF-16", "\xFF\xFEo\x00n\x00e\x00\n\x00", nil, "stdin: the text is UTF-16: save or send it as UTF-8"},
		{"the longest", long + "\r\n" + long, []string{long, long}, "EOF"},
		{"too long", "one\n\n" + long + "x\nfour\n", []string{"one"}, "stdin: line 3 is longer than 1048576 bytes"},
		{"much too long", "one\n" + long + long, []string{"one"}, "stdin: line 2 is longer than 1048576 bytes"},
		{"many", strings.Repeat("x\n", 500), strings.Split(strings.Repeat("x", 500), ""), "EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newPipeTest(Options{Stdin: strings.NewReader(c.in)})
			var got []string
			line, err := b.ReadLine(context.Background())
			for ; err == nil; line, err = b.ReadLine(context.Background()) {
				got = append(got, line)
			}
			if err.Error() != c.err {
				t.Errorf("got %v, want %v", err, c.err)
			}
			if g, w := strings.Join(got, "|"), strings.Join(c.want, "|"); g != w {
				t.Errorf("got %d lines, %.80q, want %d, %.80q", len(got), g, len(c.want), w)
			}
			if _, again := b.ReadLine(context.Background()); again != err {
				t.Errorf("again: got %v, want %v", again, err)
			}
		})
	}
}

func TestReadErrorIsReturned(t *testing.T) {
	broken := errors.New("broken")
	r, w := io.Pipe()
	w.CloseWithError(broken)
	b := newPipeTest(Options{Stdin: r})
	if _, err := b.ReadLine(context.Background()); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

func TestLineIsNotLostWhenTheContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		b := newPipeTest(Options{Stdin: r})
		why := errors.New("why")
		ctx, cancel := context.WithTimeoutCause(context.Background(), time.Second, why)
		defer cancel()
		if _, err := b.ReadLine(ctx); err != why {
			t.Errorf("got %v, want %v", err, why)
		}
		io.WriteString(w, "late\n")
		w.Close()
		if line, err := b.ReadLine(context.Background()); line != "late" || err != nil {
			t.Errorf("got %q and %v", line, err)
		}
	})
}

func TestCloseEndsReadLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		b := newPipeTest(Options{Stdin: r})
		got := make(chan error)
		go func() {
			_, err := b.ReadLine(context.Background())
			got <- err
		}()
		synctest.Wait()
		b.Close()
		if err := <-got; !errors.Is(err, os.ErrClosed) {
			t.Errorf("got %v, want %v", err, os.ErrClosed)
		}
		b.Close()
		w.Close() // makes the goroutine that reads end
	})
}

func TestCloseEndsAReaderThatWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPipeTest(Options{Stdin: strings.NewReader(strings.Repeat("x\n", 1000))})
		b.ReadLine(context.Background())
		// The goroutine that reads now waits, because the queue is full.
		synctest.Wait()
		b.Close()
	})
}

func TestNothingIsReadBeforeTheFirstReadLine(t *testing.T) {
	r := strings.NewReader("one\n")
	b := newPipeTest(Options{Stdin: r})
	b.Show(bus.Event{Type: bus.Agent, Text: "hello"})
	b.Close()
	if _, err := b.ReadLine(context.Background()); !errors.Is(err, os.ErrClosed) || r.Len() != 4 {
		t.Errorf("got %v, with %d bytes left", err, r.Len())
	}
}

func TestLocaleDecidesWhetherSymbolsAreUnicode(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want bool
	}{
		{nil, false},
		{map[string]string{"LANG": "C"}, false},
		{map[string]string{"LANG": "en_US.UTF-8"}, true},
		{map[string]string{"LANG": "C.utf8"}, true},
		{map[string]string{"LANG": "en_US.UTF-8", "LC_ALL": "C"}, false},
		{map[string]string{"LANG": "C", "LC_CTYPE": "UTF-8"}, true},
	} {
		if got := unicodeLocale(func(n string) string { return c.env[n] }); got != c.want {
			t.Errorf("%v: got %v, want %v", c.env, got, c.want)
		}
	}
}

func TestDurationsAreFormattedForPeople(t *testing.T) {
	for in, want := range map[float64]string{
		0: "", -1: "", math.NaN(): "", 0.0001: "<1 ms", 0.0006: "1 ms", 0.012: "12 ms", 0.9996: "1 s",
		1.25: "1.2 s", 9.96: "10 s", 59.4: "59 s", 59.7: "1 min 0 s", 75: "1 min 15 s",
	} {
		if got := duration(in); got != want {
			t.Errorf("duration(%v): got %q, want %q", in, got, want)
		}
	}
}

func TestArgumentsAreFormattedForPeople(t *testing.T) {
	for in, want := range map[string]string{
		``: "", `null`: "", `{}`: "", `{"b":1,"a":"x"}`: `b: 1, a: "x"`,
		`{"a":{"b":[1, 2]},"n":null}`: `a: {"b":[1,2]}, n: null`, `{"a":"\u00e9\n\"<"}`: `a: "é\n\"<"`,
		`[1, 2]`: "[1, 2]", `{"a":`: `{"a":`, `{"a" 1}`: `{"a" 1}`, "not json": "not json",
	} {
		if got := formatArguments(json.RawMessage(in)); got != want {
			t.Errorf("formatArguments(%s): got %s, want %s", in, got, want)
		}
	}
}

func TestASlowModelIsExplained(t *testing.T) {
	for _, c := range []struct {
		event bus.Event
		want  string
	}{
		{bus.Event{Type: bus.ModelRound, Round: &llm.Round{Model: "ollama tiny", FirstToken: 0.9, InputTokens: 10}}, ""},
		{bus.Event{Type: bus.ModelRound, Round: &llm.Round{Model: "ollama tiny", FirstToken: 4.2, InputTokens: 3900}}, "ollama tiny began to reply after 4.2 s · 3900 tokens read"},
		{bus.Event{Type: bus.ModelRound, Round: &llm.Round{Model: "ollama tiny", FirstToken: 4.2}}, "ollama tiny began to reply after 4.2 s"},
		{bus.Event{Type: bus.FirstSound, Seconds: 0.9}, ""},
		{bus.Event{Type: bus.FirstSound, Seconds: 2.3}, "the agent began to speak after 2.3 s"},
	} {
		var d describer
		d.theme = newTheme(Options{Env: utf8Env})
		got := ""
		for _, b := range d.describe(c.event, 80) {
			for _, s := range b.text {
				got += s.text
			}
		}
		if got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
