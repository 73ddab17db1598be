package terminal

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"moonlark/engine/bus"
	"moonlark/engine/safetext"
)

// screenView is the view for a terminal. It prints text blocks that will not change, such as a
// complete reply. Below them is the live part of the screen: the reply whose parts are coming, the
// tool calls without a result, and the prompt. To print a text block, the screenView erases the
// live part, prints the text block, and draws the live part again, all in one write.
//
// Each row of the live part is narrower than the terminal. So the terminal does not wrap the rows,
// and the screenView knows how many rows it must erase.
type screenView struct {
	stderrText
	out     *stickyWriter     // writes to the terminal
	size    func() (w, h int) // returns the size of the terminal; never changes
	canMove bool              // whether the terminal can move its cursor; never changes
	// logHere says that the screen shows the log, because standard error is a terminal too. It
	// never changes.
	logHere   bool
	stopWatch func() // ends the goroutine that watches the size; never changes
	// undo restores the mode of a Windows console. It is nil if the mode was not changed. It never
	// changes.
	undo func()

	mu        sync.Mutex // guards the fields below; held while the screen is drawn
	describer describer
	prompt    *promptLine // the prompt and its line; nil if no prompt is shown
	onScreen  echoedLines
	hint      string    // what the prompt shows while nothing is typed; "" means the default
	muted     bool      // whether the agent does not hear the user now
	lastKind  blockKind // the kind of the text block that was printed last
	drawn     []int     // the width of each row of the live part that was drawn last
	// cursor is the column of the cursor. The cursor is in the last row of the live part.
	cursor int
}

// maxColumns is the maximum width of text on the screen, because wider rows are hard to read.
const maxColumns = 100

func newScreenView(opts Options, fd int, out *stickyWriter, stderr stderrText) *screenView {
	s := &screenView{stderrText: stderr, out: out, size: sizeOf(fd)}
	_, s.logHere = terminalOf(opts.Stderr)
	able := false
	s.undo, able = enableEscapes(fd)
	s.canMove = able && opts.Env("TERM") != "dumb"
	s.theme.color = s.theme.color && able
	s.describer = describer{theme: s.theme, live: s.canMove}
	s.stopWatch = func() {}
	if s.canMove {
		s.stopWatch = watchSize(s.redraw)
	}
	return s
}

func (s *screenView) show(e bus.Event) {
	if e.Type == bus.Log {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.Type == bus.User && s.onScreen.remove(e.Text) {
		return
	}
	if e.Type == bus.Listening && e.Listening != nil {
		s.muted = !*e.Listening
	}
	cols := s.cols()
	s.update(s.describer.describe(e, cols-margin(cols))...)
}

func (s *screenView) log(level slog.Level, text string) {
	if !s.logHere {
		s.stderrText.log(level, text)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.update(s.theme.logBlock(level, text))
}

func (s *screenView) logWriter() io.Writer {
	if !s.logHere {
		return s.stderrText.logWriter()
	}
	return screenLogWriter{s}
}

// A screenLogWriter shows on the screen what a log handler writes.
type screenLogWriter struct{ screen *screenView }

func (l screenLogWriter) Write(p []byte) (int, error) {
	l.screen.log(slog.LevelInfo, strings.TrimRight(string(p), "\n"))
	return len(p), l.screen.out.firstError()
}

func (s *screenView) echoed(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onScreen.add(line)
}

// close removes the live part of the screen. Text blocks that are shown later are still printed.
func (s *screenView) close() {
	// The lock must not be held here, because the goroutine that is stopped may be waiting for it.
	s.stopWatch()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removePrompt()
	s.describer.live = false
	cols := s.cols()
	s.update(s.describer.unfinished(cols - margin(cols))...)
	if s.undo != nil {
		s.undo()
		s.theme.color = false
	}
}

// redraw draws the live part of the screen again. It is called when the size of the terminal has
// changed, and when the process continues after a stop. While the process was stopped, a shell may
// have changed the terminal's mode, so redraw sets the mode again.
func (s *screenView) redraw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.prompt != nil {
		s.prompt.makeRaw()
		io.WriteString(s.out, pasteMarksOn)
	}
	s.update()
}

// cols returns the maximum number of columns in a row of text.
func (s *screenView) cols() int {
	w, _ := s.size()
	return min(w-1, maxColumns)
}

// update prints text blocks above the live part of the screen, and draws the live part again. The
// caller holds s.mu.
func (s *screenView) update(blocks ...block) {
	w, h := s.size()
	cols := min(w-1, maxColumns)
	b := s.erase(nil, w)
	for _, e := range blocks {
		if blankRowBetween(s.lastKind, e.kind) {
			b = append(b, s.newline()...)
		}
		for _, r := range s.theme.layout(e, cols) {
			b = append(s.theme.appendRow(b, r), s.newline()...)
		}
		s.lastKind = e.kind
	}
	if s.describer.live {
		b = s.draw(b, cols, h)
	}
	if len(b) > 0 {
		s.out.Write(b)
	}
}

func (s *screenView) newline() string {
	if s.canMove {
		return "\r\n" // in raw mode, \n alone does not move to the first column
	}
	return "\n"
}

// erase appends to b the escape sequences that erase the live part of the screen. w is the width of
// the terminal. If the terminal has become narrower since the live part was drawn, the terminal has
// wrapped its rows, and erase counts the additional rows.
func (s *screenView) erase(b []byte, w int) []byte {
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

// draw appends to b the live part of the screen, in at most cols columns and h-1 rows. The cursor
// is then at the place in the prompt where the next character is inserted.
func (s *screenView) draw(b []byte, cols, h int) []byte {
	var rows []row
	last := s.lastKind
	for _, e := range s.describer.ongoing(cols - margin(cols)) {
		if blankRowBetween(last, e.kind) {
			rows = append(rows, nil)
		}
		rows = append(rows, s.theme.layout(e, cols)...)
		last = e.kind
	}
	var after row // the part of the typed line after the cursor
	if s.prompt != nil {
		if blankRowBetween(last, userBlock) {
			rows = append(rows, nil)
		}
		var before row
		before, after = s.promptRow(cols)
		rows = append(rows, before)
	}
	if maxRows := max(1, h-1); len(rows) > maxRows {
		rows = rows[len(rows)-maxRows:]
	}
	for i, r := range rows {
		if i > 0 {
			b = append(b, "\r\n"...)
		}
		r = r.clip(cols, s.theme.ellipsis)
		b = s.theme.appendRow(b, r)
		s.drawn, s.cursor = append(s.drawn, r.width()), r.width()
	}
	if len(after) > 0 {
		// The terminal itself must save and restore the position of the cursor, because it may
		// display some characters with another width than the function width returns.
		b = append(s.theme.appendRow(append(b, saveCursor...), after), restoreCursor...)
		s.drawn[len(s.drawn)-1] += after.width()
	}
	return b
}

const (
	saveCursor    = "\x1b7"
	restoreCursor = "\x1b8"
)

// promptRow returns the row with the prompt, as its parts before and after the cursor. If the typed
// line is too long for cols columns, only the text near the cursor is shown.
func (s *screenView) promptRow(cols int) (before, after row) {
	label := s.theme.label(userBlock, cols)
	room := cols - width(label)
	p := s.prompt
	if p.before+p.after == "" {
		return row{{accent, label}}, row{{dim, clip(s.placeholder(), room, s.theme.ellipsis)}}
	}
	left, right := safetext.Text(p.before), safetext.Text(p.after)
	if width(left)+width(right) > room {
		left = clipLeft(left, room-min(width(right), room/4), s.theme.ellipsis)
		right = clip(right, room-width(left), s.theme.ellipsis)
	}
	return row{{accent, label}, {normal, left}}, row{{normal, right}}
}
