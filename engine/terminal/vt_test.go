package terminal

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// A vt is a small terminal in memory: it obeys what a screen sends, and
// nothing else, and says what a person would see.
type vt struct {
	w, h int

	mu         sync.Mutex
	rows       [][]cell // all of them, the last h are on the screen
	x, y       int      // the cursor; y counts from the first row ever
	wrap       bool     // the next character goes on the next row
	sx, sy     int      // the cursor that was kept
	style      string
	rest       []byte // of a sequence or character that is not all there
	wrapped    int    // how often a row was too wide
	unexpected string // a sequence that nobody should have sent
}

type cell struct {
	text  string
	style string
}

func newVT(w, h int) *vt { return &vt{w: w, h: h, rows: [][]cell{nil}} }

func (v *vt) Write(p []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.rest = append(v.rest, p...)
	for len(v.rest) > 0 {
		n := v.step(v.rest)
		if n == 0 {
			break
		}
		v.rest = v.rest[n:]
	}
	return len(p), nil
}

func (v *vt) step(b []byte) int {
	switch b[0] {
	case '\r':
		v.x, v.wrap = 0, false
		return 1
	case '\n':
		v.down()
		return 1
	case 0x1b:
		return v.escape(b)
	}
	if !utf8.FullRune(b) {
		return 0
	}
	r, n := utf8.DecodeRune(b)
	if obeyed(r) || r == utf8.RuneError {
		v.unexpected = fmt.Sprintf("%q", b[:n])
	}
	v.put(r)
	return n
}

func (v *vt) down() {
	v.wrap = false
	if v.y++; v.y == len(v.rows) {
		v.rows = append(v.rows, nil)
	}
}

func (v *vt) put(r rune) {
	w := runeWidth(r)
	if w == 0 && v.x > 0 {
		v.rows[v.y][v.x-1].text += string(r)
		return
	}
	if v.wrap || v.x+w > v.w {
		v.wrapped++
		v.x = 0
		v.down()
	}
	for len(v.rows[v.y]) < v.x+w {
		v.rows[v.y] = append(v.rows[v.y], cell{text: " "})
	}
	v.rows[v.y][v.x] = cell{string(r), v.style}
	if w == 2 {
		v.rows[v.y][v.x+1] = cell{"", v.style}
	}
	if v.x += w; v.x == v.w {
		v.x, v.wrap = v.w-1, true
	}
}

func (v *vt) escape(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '7':
		v.sx, v.sy = v.x, v.y
		return 2
	case '8':
		v.x, v.y = v.sx, v.sy
		return 2
	case '[':
		for i := 2; i < len(b); i++ {
			if b[i] >= 0x40 {
				v.csi(string(b[2:i]), b[i])
				return i + 1
			}
		}
		return 0
	}
	v.unexpected = fmt.Sprintf("%q", b[:2])
	return 2
}

func (v *vt) csi(args string, final byte) {
	n, _ := strconv.Atoi(args)
	top := max(0, len(v.rows)-v.h)
	switch {
	case final == 'A':
		v.y, v.wrap = max(top, v.y-n), false
	case final == 'J' && args == "":
		v.rows = v.rows[:v.y+1]
		v.rows[v.y] = v.rows[v.y][:min(v.x, len(v.rows[v.y]))]
	case final == 'J' && args == "2":
		v.rows = append(v.rows[:top], make([][]cell, v.y-top+1)...)
	case final == 'H' && args == "":
		v.x, v.y, v.rows = 0, top, v.rows[:top+1]
	case final == 'm':
		v.style = map[string]string{"": "", "2": "dim", "36": "accent", "31": "bad"}[args]
	case (final == 'h' || final == 'l') && args == "?2004":
	default:
		v.unexpected = fmt.Sprintf("CSI %s %c", args, final)
	}
}

// text is what can be read, without the spaces at the ends of rows.
func (v *vt) text() string {
	return v.render(func(text, _ string) string { return text })
}

// styled is text with its styles in brackets.
func (v *vt) styled() string {
	return v.render(func(text, style string) string {
		if style == "" {
			return text
		}
		return "[" + style + "]" + text + "[/]"
	})
}

func (v *vt) render(piece func(text, style string) string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var b strings.Builder
	for _, row := range v.rows {
		line, run, style := "", "", ""
		for _, c := range row {
			if c.style != style && run != "" {
				line += piece(run, style)
				run = ""
			}
			run, style = run+c.text, c.style
		}
		if run != "" {
			line += piece(run, style)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// cursor is the text of the cursor's row up to it.
func (v *vt) cursor() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	line := ""
	for i, c := range v.rows[v.y] {
		if i < v.x {
			line += c.text
		}
	}
	return line
}

// newTestScreen is a screen on a vt.
func newTestScreen(v *vt, color bool) *screen {
	l := lookFor(Options{Env: func(string) string { return "C.UTF-8" }})
	l.color = color
	out := &output{w: v}
	return &screen{
		side: side{&output{w: v}, l}, out: out, moves: true, logHere: true,
		size: func() (int, int) { return v.w, v.h }, unwatch: func() {},
		words: wording{look: l, live: true},
	}
}

// onScreen is a Terminal that shows on s.
func onScreen(s *screen, opts Options) *Terminal {
	opts = opts.withDefaults()
	return &Terminal{
		opts: opts, view: s, out: s.out, input: newInput(),
		logger: slog.New(&handler{level: opts.Level, emit: s.log}),
	}
}

// resize makes the window narrower or wider, and wraps rows that are too wide
// for it as most terminals do.
func (v *vt) resize(w int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var rows [][]cell
	x, y := v.x, v.y
	for i, row := range v.rows {
		if i == v.y {
			x, y = v.x%w, len(rows)+v.x/w
		}
		for len(row) > w {
			rows, row = append(rows, row[:w:w]), row[w:]
		}
		rows = append(rows, row)
	}
	for len(rows) <= y {
		rows = append(rows, nil)
	}
	v.x, v.y = x, y
	v.rows, v.w, v.wrap = rows, w, false
}
