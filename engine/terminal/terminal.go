// Package terminal is how a conversation looks and how lines are typed. A
// [Terminal] shows what happens in an agent's life in one of three ways: as a
// conversation on a screen, as plain text for a pipe, or as one JSON object a
// line. It also yields the lines of the person in front of it.
//
// Two goroutines use a Terminal: the engine's output pump calls Show, and
// whoever takes the lines calls ReadLine. The log may be written by anyone. A
// Terminal has two of its own: one reads Stdin, one watches the size of the
// window. What all of them draw goes through one lock, so that nothing ever
// lands in the middle of a line that is being typed.
package terminal

import (
	"context"
	"io"
	"log/slog"
	"os"
	"sync"

	"moonlark/engine/event"
)

// Options say where a conversation is shown and where its lines come from.
// The zero value is the process's own terminal, without a prompt.
type Options struct {
	Stdin  io.Reader // where lines are read; nil means os.Stdin
	Stdout io.Writer // the conversation; nil means os.Stdout
	Stderr io.Writer // the log, and the machinery when Stdout is no terminal; nil means os.Stderr

	JSON    bool   // one JSON object an event on Stdout, and nothing else there
	Prompt  bool   // edit lines at a prompt, where Stdin and Stdout are terminals
	Invite  string // shown in the prompt until the first line is typed; may be empty
	NoColor bool   // no colour even where there could be

	// Env looks up NO_COLOR, TERM and the locale. Nil means os.Getenv.
	Env func(string) string

	// Level is the least that the log shows. Nil means slog.LevelWarn. It is
	// not used when Handler is set.
	Level slog.Leveler

	// Handler makes the handler of the log, given where to write. Nil means
	// the wording of the rest: "warning: hello.lua: no such pin".
	Handler func(io.Writer) slog.Handler
}

func (o Options) withDefaults() Options {
	if o.Stdin == nil {
		o.Stdin = os.Stdin
	}
	if o.Stdout == nil {
		o.Stdout = os.Stdout
	}
	if o.Stderr == nil {
		o.Stderr = os.Stderr
	}
	if o.Env == nil {
		o.Env = os.Getenv
	}
	if o.Level == nil {
		o.Level = slog.LevelWarn
	}
	return o
}

// A view is one way to show events. Its show is called by one goroutine at a
// time, the rest by any.
type view interface {
	show(event.Event)
	typed(line string) // the terminal has shown this line while it was typed
	log(level slog.Level, text string)
	logWriter() io.Writer
	close()
}

// A Terminal shows a conversation and yields what is typed.
type Terminal struct {
	opts   Options      // fixed
	view   view         // fixed
	out    *output      // fixed; what view writes to
	logger *slog.Logger // fixed

	input *input
	talk  *pushToTalk // nil without; set before the first ReadLine
	start sync.Once   // starts the goroutine that fills input
	stop  sync.Once
}

// New chooses how to show the conversation. The prompt appears with the first
// ReadLine; until then nothing is read and Ctrl-C is a signal. Whoever calls
// New calls Close.
func New(opts Options) *Terminal {
	opts = opts.withDefaults()
	t := &Terminal{opts: opts, out: &output{w: opts.Stdout}, input: newInput()}
	t.view = newView(opts, t.out)
	if opts.Handler != nil {
		t.logger = slog.New(opts.Handler(t.view.logWriter()))
	} else {
		t.logger = slog.New(&handler{level: opts.Level, emit: t.view.log})
	}
	return t
}

func newView(opts Options, out *output) view {
	look := lookFor(opts)
	stderr := &output{w: opts.Stderr}
	if opts.JSON {
		return &jsonLines{out: out, side: side{stderr, look}}
	}
	fd, tty := terminalOf(opts.Stdout)
	if !tty {
		return newPlain(out, side{stderr, look})
	}
	return newScreen(opts, fd, out, side{stderr, look})
}

// Show shows one event. A Log event goes to the Logger, if it is of its level
// (and then, in JSON, also to Stdout). What cannot be written is dropped: see Err.
func (t *Terminal) Show(e event.Event) {
	if e.Type == event.Log && !logEvent(t.logger, e) {
		return
	}
	t.view.show(e)
}

// PushToTalk has the space bar, at a prompt with nothing typed, call toggle, on
// the Terminal's goroutine. The prompt says whether the person is listened to:
// listening, at first, then what Listening events say. It is called before the
// first ReadLine.
func (t *Terminal) PushToTalk(listening bool, toggle func()) {
	t.talk = &pushToTalk{toggle: toggle}
	if s, ok := t.view.(*screen); ok {
		s.listened(listening)
	}
}

// Logger is the log that is shown on this terminal without breaking its
// prompt. Any goroutine may use it.
func (t *Terminal) Logger() *slog.Logger { return t.logger }

// LogWriter is where the Logger's handler writes: above the prompt when there
// is a screen and Stderr is a terminal, to Stderr otherwise. Each Write is one
// or more whole lines. Any goroutine may use it.
func (t *Terminal) LogWriter() io.Writer { return t.view.logWriter() }

// Err is the first error met while writing to Stdout, nil as long as there is
// none. After an error Stdout is left alone. For a pipe whose reader has gone
// to be an error here, and not the end of the process, main must ignore
// SIGPIPE.
func (t *Terminal) Err() error { return t.out.failed() }

// ReadLine returns the next line that is not blank, without its newline. It
// is called by one goroutine, and the first call starts to read Stdin.
//
// The error is io.EOF at the end of the input (Ctrl-D at the prompt) and
// [ErrInterrupted] for Ctrl-C at the prompt, which lets lines typed before it
// go. It is the cause of ctx when ctx is done, and then the line is not lost:
// the next ReadLine returns it. After Close it is [os.ErrClosed].
//
// The goroutine that reads Stdin belongs to the Terminal. Nothing can wake it
// from a read, so Close does not wait for it: it ends with the next thing it
// reads, with the input or with the process, and does nothing after Close.
func (t *Terminal) ReadLine(ctx context.Context) (string, error) {
	t.start.Do(t.read)
	return t.input.next(ctx)
}

func (t *Terminal) read() {
	fd, tty := terminalOf(t.opts.Stdin)
	if s, ok := t.view.(*screen); ok && tty {
		if p := newPrompt(s, t.input, t.opts.Stdin, fd); t.opts.Prompt && p.open(t.opts.Invite, t.talk) {
			go p.run()
			return
		}
		s.noPrompt()
	}
	echo := func(string) {}
	if tty {
		echo = t.view.typed
	}
	go t.input.scan(t.opts.Stdin, echo)
}

// Close takes the prompt away, gives the terminal back as it was found and
// lets go of ReadLine. It waits for a write that is under way, and for nothing
// else; what is shown afterwards is still printed. It may be called more than
// once and from any goroutine: main defers it, so that a panic leaves the
// terminal in order, and calls it for the signals that end the process, which
// this package leaves alone.
func (t *Terminal) Close() error {
	t.stop.Do(func() {
		t.start.Do(func() {}) // no reader is started any more
		t.input.close()
		t.view.close()
	})
	return t.Err()
}
