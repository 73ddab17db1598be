package terminal

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"moonlark/engine/event"
)

// screen is the view for a terminal. What is over and done with is printed
// once and scrolls away. Below it is the live part: what is going on, and the
// prompt. It is taken away before anything is printed and drawn again after
// it, all in one write.
//
// No row of the live part is as wide as the terminal, so none ever wraps, and
// the screen knows how many rows to take away.
type screen struct {
	side
	out     *output           // the terminal
	size    func() (w, h int) // fixed
	moves   bool              // fixed: the cursor can be moved
	logHere bool              // fixed: standard error is a terminal, so the log is shown here
	unwatch func()            // fixed: ends the goroutine that watches the size
	undo    func()            // fixed: takes back the obeying of escapes; nil when there is nothing to take back

	mu     sync.Mutex // guards what follows, and who draws
	words  wording
	prompt *typing // nil when there is none
	heard  lines
	deaf   bool  // the agent does not hear the person
	last   kind  // of what was printed last
	drawn  []int // the width of each row of the live part
	cursor int   // the column where the cursor is, in the last of them
}

// typing is the line being typed, around the cursor.
type typing struct {
	before, after string
	invite        string // shown while there is nothing else
	talks         bool   // there, too: whether the person is listened to

	raw     func() // put the terminal into the mode for typing, again
	restore func() // give it back
}

// maxColumns is the widest that text is set: longer rows are hard to read.
const maxColumns = 100

func newScreen(opts Options, fd int, out *output, stderr side) *screen {
	s := &screen{side: stderr, out: out, size: sizeOf(fd)}
	_, s.logHere = terminalOf(opts.Stderr)
	able := false
	s.undo, able = enableEscapes(fd)
	s.moves = able && opts.Env("TERM") != "dumb"
	s.look.color = s.look.color && able
	s.words = wording{look: s.look, live: s.moves}
	s.unwatch = func() {}
	if s.moves {
		s.unwatch = watchSize(s.resized)
	}
	return s
}

func (s *screen) show(e event.Event) {
	if e.Type == event.Log {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.Type == event.User && s.heard.take(e.Text) {
		return
	}
	if e.Type == event.Listening && e.Listening != nil {
		s.deaf = !*e.Listening
	}
	cols := s.cols()
	s.update(s.words.say(e, cols-margin(cols))...)
}

func (s *screen) log(level slog.Level, text string) {
	if !s.logHere {
		s.side.log(level, text)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.update(s.look.logged(level, text))
}

func (s *screen) logWriter() io.Writer {
	if !s.logHere {
		return s.side.logWriter()
	}
	return logLines{s}
}

// logLines prints what a log handler writes.
type logLines struct{ screen *screen }

func (l logLines) Write(p []byte) (int, error) {
	l.screen.log(slog.LevelInfo, strings.TrimRight(string(p), "\n"))
	return len(p), l.screen.out.failed()
}

func (s *screen) typed(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard.add(line)
}

// close takes the live part away for good.
func (s *screen) close() {
	s.unwatch() // not under the lock, which that goroutine may be waiting for
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endPrompt()
	s.words.live = false
	cols := s.cols()
	s.update(s.words.rest(cols - margin(cols))...)
	if s.undo != nil {
		s.undo()
		s.look.color = false
	}
}

// resized draws the live part again: the terminal has another size, or comes
// back from being stopped, and a shell may have changed its mode.
func (s *screen) resized() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.prompt != nil {
		s.prompt.raw()
		io.WriteString(s.out, pasteOn)
	}
	s.update()
}

// cols is how many columns a row may have.
func (s *screen) cols() int {
	w, _ := s.size()
	return min(w-1, maxColumns)
}

// update prints entries above the live part. The caller holds s.mu.
func (s *screen) update(entries ...entry) {
	w, h := s.size()
	cols := min(w-1, maxColumns)
	b := s.erase(nil, w)
	for _, e := range entries {
		if apart(s.last, e.kind) {
			b = append(b, s.newline()...)
		}
		for _, r := range s.look.layout(e, cols) {
			b = append(s.look.appendRow(b, r), s.newline()...)
		}
		s.last = e.kind
	}
	if s.words.live {
		b = s.draw(b, cols, h)
	}
	if len(b) > 0 {
		s.out.Write(b)
	}
}

func (s *screen) newline() string {
	if s.moves {
		return "\r\n" // in the mode for typing \n only goes down
	}
	return "\n"
}

// erase takes the live part away. A terminal that has become narrower since
// has wrapped its rows.
func (s *screen) erase(b []byte, w int) []byte {
	if len(s.drawn) == 0 {
		return b
	}
	up := s.cursor / w
	for _, n := range s.drawn[:len(s.drawn)-1] {
		up += max(1, (n+w-1)/w)
	}
	b = append(b, '\r')
	if up > 0 {
		b = fmt.Appendf(b, "\x1b[%dA", up)
	}
	s.drawn = s.drawn[:0]
	return append(b, "\x1b[J"...)
}

// draw puts the live part below what is printed and leaves the cursor where
// the next character is typed.
func (s *screen) draw(b []byte, cols, h int) []byte {
	var rows []row
	last := s.last
	for _, e := range s.words.now(cols - margin(cols)) {
		if apart(last, e.kind) {
			rows = append(rows, nil)
		}
		rows = append(rows, s.look.layout(e, cols)...)
		last = e.kind
	}
	var after row
	if s.prompt != nil {
		if apart(last, you) {
			rows = append(rows, nil)
		}
		var before row
		before, after = s.promptRow(cols)
		rows = append(rows, before)
	}
	if most := max(1, h-1); len(rows) > most {
		rows = rows[len(rows)-most:]
	}
	for i, r := range rows {
		if i > 0 {
			b = append(b, "\r\n"...)
		}
		r = r.atMost(cols, s.look.dots)
		b = s.look.appendRow(b, r)
		s.drawn, s.cursor = append(s.drawn, r.width()), r.width()
	}
	if len(after) > 0 {
		// Back to a place the terminal keeps: how wide it takes the characters for does not matter.
		b = append(s.look.appendRow(append(b, "\x1b7"...), after), "\x1b8"...)
		s.drawn[len(s.drawn)-1] += after.width()
	}
	return b
}

// promptRow is the prompt with as much of the line around the cursor as there
// is room for.
func (s *screen) promptRow(cols int) (before, after row) {
	label := s.look.label(you, cols)
	room := cols - width(label)
	p := s.prompt
	if p.before+p.after == "" {
		return row{{accent, label}}, row{{dim, clip(s.invite(), room, s.look.dots)}}
	}
	left, right := neutral(p.before), neutral(p.after)
	if width(left)+width(right) > room {
		left = clipLeft(left, room-min(width(right), room/4), s.look.dots)
		right = clip(right, room-width(left), s.look.dots)
	}
	return row{{accent, label}, {normal, left}}, row{{normal, right}}
}
