// Package terminal shows a conversation to the user who runs Moonlark, and reads the lines that the
// user types. A [Terminal] shows events in one of three ways: as a conversation on a screen, as
// plain text for a pipe, or as one JSON object per line. It also shows the log.
//
// Different goroutines call a Terminal. Any goroutine may call Show, usually that of a subscription of
// the bus. One goroutine calls ReadLine. Any goroutine may use the Logger. The Terminal has up to two goroutines
// of its own: one reads Stdin, and one watches the size of the window. All these goroutines draw on
// the screen under the same lock, so that no output appears in the middle of the line that the user
// is typing.
package terminal

import (
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

	"moonlark/engine/bus"
)

// Options are the options of a Terminal. The zero value uses the standard input, output and error
// of the process, and shows no prompt.
type Options struct {
	Stdin  io.Reader // where the user's lines are read; nil means os.Stdin
	Stdout io.Writer // where the conversation is shown; nil means os.Stdout
	// Stderr gets the log. If Stdout is not a terminal, Stderr also gets everything except the
	// agent's replies. Nil means os.Stderr.
	Stderr io.Writer

	JSON bool // whether Stdout gets each event as a JSON object, and nothing else
	// Prompt says whether the user edits lines at a prompt. Stdin and Stdout must be terminals for
	// it.
	Prompt bool

	// Complete returns the names that can complete the text before the cursor when the user presses
	// the Tab key at the prompt, and the index in text of the part that they replace. It is called on
	// the goroutine that reads Stdin. Nil means that the Tab key does nothing.
	Complete func(text string) (start int, names []string)

	// Env returns the value of an environment variable. It is called for NO_COLOR, TERM and the
	// variables of the locale. Nil means os.Getenv.
	Env func(string) string

	// Level is the minimum level of what is logged. Nil means slog.LevelWarn. Level has no effect
	// if Handler is set.
	Level slog.Leveler

	// Handler returns the handler of the log. The handler must write to w. If Handler is nil, the
	// log has lines for people, such as "warning: hello.lua: no such pin".
	Handler func(w io.Writer) slog.Handler
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

// A view shows events in one way: on a screen, as plain text, or as JSON. Any goroutine may call its
// methods.
type view interface {
	show(bus.Event)
	// echoed says that the terminal has already shown this line while the user typed it.
	echoed(line string)
	log(level slog.Level, text string)
	logWriter() io.Writer
	result(text string)  // shows a text that the program was asked for
	setHint(hint string) // shows the hint while the prompt is empty
	close()
}

// A Terminal shows a conversation and reads the lines that the user types.
type Terminal struct {
	opts   Options       // never changes after New
	view   view          // never changes after New
	out    *stickyWriter // where view writes; never changes after New
	logger *slog.Logger  // never changes after New

	lines     *lineQueue
	talk      *pushToTalk            // nil without push-to-talk; set before the first ReadLine
	readOnce  sync.Once              // starts the goroutine that reads Stdin, or prevents its start
	restore   atomic.Pointer[func()] // restores the terminal's mode; nil before there is a prompt
	closeOnce sync.Once
}

// New returns a Terminal. It does not read Stdin and shows no prompt until ReadLine is called for
// the first time. Until then, Ctrl-C is a signal. The caller must call Close.
func New(opts Options) *Terminal {
	opts = opts.withDefaults()
	t := &Terminal{opts: opts, out: &stickyWriter{w: opts.Stdout}, lines: newLineQueue()}
	t.view = newView(opts, t.out)
	if opts.Handler != nil {
		t.logger = slog.New(opts.Handler(t.view.logWriter()))
	} else {
		t.logger = slog.New(&logHandler{level: opts.Level, emit: t.view.log})
	}
	return t
}

func newView(opts Options, out *stickyWriter) view {
	stderr := stderrText{&stickyWriter{w: opts.Stderr}, newTheme(opts)}
	if opts.JSON {
		return &jsonView{out: out, stderrText: stderr}
	}
	fd, tty := terminalOf(opts.Stdout)
	if !tty {
		return newPlainView(out, stderr)
	}
	return newScreenView(opts, fd, out, stderr)
}

// Show shows one event. If the event is a Log event, Show passes it to the Logger. With
// Options.JSON it also writes the Log event to Stdout if the Logger logs events of that level. If a
// write fails, the event is not shown: see Err.
func (t *Terminal) Show(e bus.Event) {
	if e.Type == bus.Log && !logEvent(t.logger, e) {
		return
	}
	t.view.show(e)
}

// Print shows a text that the program was asked for, on Stdout. Any goroutine may call it.
func (t *Terminal) Print(text string) { t.view.result(text) }

// Hint shows a hint while the line at the prompt is empty. Any goroutine may call it.
func (t *Terminal) Hint(hint string) { t.view.setHint(hint) }

// Interrupted returns a channel that is closed when the user has pressed Ctrl-C in an empty line at
// the prompt.
func (t *Terminal) Interrupted() <-chan struct{} { return t.lines.interrupted }

// PushToTalk makes the space bar call toggle while the line at the prompt is empty. toggle is
// called on the goroutine that reads Stdin. The prompt shows whether the agent hears the user: at
// first the value of listening, and later what the last Listening event said. Call PushToTalk
// before the first ReadLine.
func (t *Terminal) PushToTalk(listening bool, toggle func()) {
	t.talk = &pushToTalk{toggle: toggle}
	if s, ok := t.view.(*screenView); ok {
		s.setListening(listening)
	}
}

// Logger returns the log, which is shown on this terminal without disturbing the line at the
// prompt. Any goroutine may use it.
func (t *Terminal) Logger() *slog.Logger { return t.logger }

// Err returns the first error of a write to Stdout, or nil if there was none. After an error,
// nothing more is written to Stdout. If Stdout may be a pipe, the process must ignore the signal
// SIGPIPE. Otherwise the signal ends the process when the reader has closed the pipe.
func (t *Terminal) Err() error { return t.out.firstError() }

// ReadLine waits for the next line that is not blank, and returns it without its newline. Only one
// goroutine at a time may call ReadLine. The first call starts the goroutine that reads Stdin.
//
// ReadLine returns these errors:
//
// - io.EOF if Stdin has ended or the user has pressed Ctrl-D in an empty line at the prompt;
// - [ErrInterrupted] if the user has pressed Ctrl-C in an empty line at the prompt, even if more lines
// were read;
// - [os.ErrClosed] after Close;
// - the cause of ctx if ctx has ended. The next call of ReadLine can return the line then.
//
// The goroutine that reads Stdin cannot be stopped while it waits for input. So Close does not wait
// for it. The goroutine ends after the next input, which it ignores.
func (t *Terminal) ReadLine(ctx context.Context) (string, error) {
	t.readOnce.Do(t.startReading)
	return t.lines.next(ctx)
}

func (t *Terminal) startReading() {
	fd, tty := terminalOf(t.opts.Stdin)
	if s, ok := t.view.(*screenView); ok && tty {
		if t.opts.Prompt {
			if p := newPrompt(s, t.lines, t.opts.Stdin, fd, t.talk, t.opts.Complete); p.open() {
				t.restore.Store(&p.restore)
				go p.run()
				return
			}
		}
		s.withoutPrompt()
	}
	echoed := func(string) {}
	if tty {
		echoed = t.view.echoed
	}
	go t.lines.readFrom(t.opts.Stdin, echoed)
}

// RestoreMode restores the terminal's mode without waiting for a write in progress, which may be
// blocked. Call it only before the process exits without Close. Any goroutine may call it.
func (t *Terminal) RestoreMode() {
	if restore := t.restore.Load(); restore != nil {
		(*restore)()
	}
}

// Close removes the prompt, restores the terminal's mode, and makes ReadLine return. If another
// goroutine is writing, Close waits for that write. Events that are shown later are still printed.
//
// Any goroutine may call Close, and may call it more than once. Defer it in main, so that a panic
// restores the terminal's mode too. Also call it when a signal ends the process, because this
// package does not handle signals.
func (t *Terminal) Close() error {
	t.closeOnce.Do(func() {
		t.readOnce.Do(func() {}) // so that a later ReadLine does not start to read Stdin
		t.lines.close()
		t.view.close()
	})
	return t.Err()
}
