package terminal

import (
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

const (
	maxTyped   = 64 << 10 // maximum number of characters in a typed line; more are left out
	maxShown   = 2048     // maximum number of characters on each side of the cursor that are drawn
	maxHistory = 200      // maximum number of lines in the history
)

// A lineEditor holds the line that is being typed at the prompt, its cursor, and the history of
// lines. It does not draw the line. Only the goroutine that reads the keys uses it.
//
// What a user takes for one character, such as a flag or a family emoji, may consist of several
// characters of Unicode. Such a grapheme is deleted as one, and the cursor moves over it as one.
type lineEditor struct {
	line   []rune
	cursor int // the index in line of the character at the cursor; at the end len(line)
	// leftOut is the number of characters that were left out because the line is full
	leftOut  int
	toldFull bool // the user has been told that the line is full

	history history
}

// text returns the parts of the line before and after the cursor, of a long line only as much as can
// be shown.
func (e *lineEditor) text() (before, after string) {
	from, to := max(e.cursor-maxShown, 0), min(e.cursor+maxShown, len(e.line))
	return string(e.line[from:e.cursor]), string(e.line[e.cursor:to])
}

func (e *lineEditor) isEmpty() bool { return len(e.line) == 0 }

// enter returns the line, adds it to the history, and clears the line.
func (e *lineEditor) enter() string {
	line := string(e.line)
	e.history.add(line)
	e.clear()
	return line
}

// clear empties the line. The line after it is the new line of the history.
func (e *lineEditor) clear() {
	e.history.back = 0
	e.set("")
	e.leftOut, e.toldFull = 0, false
}

// press changes the line or moves the cursor as the key k requires. It ignores keys that do
// neither.
func (e *lineEditor) press(k key) {
	switch k.code {
	case keyChar:
		e.insert([]rune{k.char})
	case keyLeft:
		e.cursor = e.left(e.cursor)
	case keyRight:
		e.cursor = e.right(e.cursor)
	case keyWordLeft:
		e.cursor = e.wordLeft()
	case keyWordRight:
		e.cursor = e.wordRight()
	case keyHome:
		e.cursor = 0
	case keyEnd:
		e.cursor = len(e.line)
	case keyBackspace:
		e.delete(e.left(e.cursor), e.cursor)
	case keyDelete, keyCtrlD:
		e.delete(e.cursor, e.right(e.cursor))
	case keyDeleteWord:
		e.delete(e.wordLeft(), e.cursor)
	case keyDeleteNext:
		e.delete(e.cursor, e.wordRight())
	case keyDeleteToStart:
		e.delete(0, e.cursor)
	case keyDeleteToEnd:
		e.delete(e.cursor, len(e.line))
	case keyTranspose:
		e.transpose()
	case keyPreviousLine:
		if line, ok := e.history.previous(string(e.line)); ok {
			e.set(line)
		}
	case keyNextLine:
		if line, ok := e.history.next(); ok {
			e.set(line)
		}
	}
}

// set replaces the line and moves the cursor to the end of the new line.
func (e *lineEditor) set(line string) {
	e.line = []rune(line)
	e.cursor = len(e.line)
}

// insert inserts characters at the cursor. Characters that do not fit into the line are left out.
func (e *lineEditor) insert(chars []rune) {
	fit := min(len(chars), maxTyped-len(e.line))
	e.leftOut += len(chars) - fit
	e.line = slices.Insert(e.line, e.cursor, chars[:fit]...)
	e.cursor += fit
}

// left returns the index at which the grapheme before the index i begins, or 0.
func (e *lineEditor) left(i int) int {
	if i > 0 && isSimple(e.line[i-1]) && (i < 2 || isSimple(e.line[i-2])) {
		return i - 1 // most lines need not be divided into graphemes
	}
	start := 0
	for end := range e.graphemeEnds() {
		if end >= i {
			break
		}
		start = end
	}
	return start
}

// right returns the index after the grapheme at the index i, or the length of the line.
func (e *lineEditor) right(i int) int {
	if i+1 < len(e.line) && isSimple(e.line[i]) && isSimple(e.line[i+1]) {
		return i + 1
	}
	for end := range e.graphemeEnds() {
		if end > i {
			return end
		}
	}
	return len(e.line)
}

// isSimple reports whether r is a printable character of ASCII, which is a grapheme of its own
// between other such characters.
func isSimple(r rune) bool { return r >= ' ' && r < 0x7f }

// graphemeEnds returns the index in the line after each grapheme, in order.
func (e *lineEditor) graphemeEnds() iter.Seq[int] {
	return func(yield func(end int) bool) {
		rest, state, end := string(e.line), -1, 0
		for rest != "" {
			var grapheme string
			grapheme, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
			end += utf8.RuneCountInString(grapheme)
			if !yield(end) {
				return
			}
		}
	}
}

// delete removes the characters from index from up to but not including index to, and moves the
// cursor to from.
func (e *lineEditor) delete(from, to int) {
	e.line = slices.Delete(e.line, from, to)
	e.cursor = from
}

// wordLeft returns the index at which the word before the cursor begins.
func (e *lineEditor) wordLeft() int {
	i := e.cursor
	for i > 0 && e.line[i-1] == ' ' {
		i--
	}
	for i > 0 && e.line[i-1] != ' ' {
		i--
	}
	return i
}

// wordRight returns the index at which the next word after the cursor begins.
func (e *lineEditor) wordRight() int {
	i := e.cursor
	for i < len(e.line) && e.line[i] != ' ' {
		i++
	}
	for i < len(e.line) && e.line[i] == ' ' {
		i++
	}
	return i
}

// transpose swaps the graphemes before and after the cursor and moves the cursor behind both. At the
// end of the line, it swaps the last two graphemes.
func (e *lineEditor) transpose() {
	middle := e.cursor
	if middle == len(e.line) {
		middle = e.left(middle)
	}
	if middle == 0 {
		return
	}
	from, to := e.left(middle), e.right(middle)
	swapped := slices.Concat(e.line[middle:to], e.line[from:middle])
	copy(e.line[from:to], swapped)
	e.cursor = to
}

// A history has the lines that were entered, and remembers which of them the user is looking at.
type history struct {
	// lines has the oldest line first. It has no blank lines, and no line twice in a row.
	lines []string
	// back says how many lines the user has gone back. 0 means that the user sees the new line.
	back  int
	draft string // the unfinished new line, while the user looks at an older line
}

// add adds a line that was entered, unless it is blank or equal to the last one. The current line
// is the new line afterwards.
func (h *history) add(line string) {
	h.back = 0
	if strings.TrimSpace(line) == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	if len(h.lines) == maxHistory {
		h.lines = h.lines[1:]
	}
	h.lines = append(h.lines, line)
}

// previous goes back to the line before the current line and returns it. current is the text in the
// editor. If that is the new line, previous keeps it, so that next can return it. ok is false if
// there is no older line.
func (h *history) previous(current string) (line string, ok bool) {
	if h.back == len(h.lines) {
		return "", false
	}
	if h.back == 0 {
		h.draft = current
	}
	h.back++
	return h.lines[len(h.lines)-h.back], true
}

// next goes forward to the line after the current line and returns it. The line after the newest
// line of the history is the unfinished new line. ok is false if that is the current line.
func (h *history) next() (line string, ok bool) {
	switch h.back {
	case 0:
		return "", false
	case 1:
		h.back = 0
		return h.draft, true
	}
	h.back--
	return h.lines[len(h.lines)-h.back], true
}
