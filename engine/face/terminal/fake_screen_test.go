package terminal

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"moonlark/engine/safetext"
)

// A fakeScreen is a terminal in memory. It draws what a screenView writes and returns the text that
// a user would see. It understands only the escape sequences that a screenView sends.
type fakeScreen struct {
	w, h    int
	changed chan struct{} // has an element after a Write

	mu      sync.Mutex // guards the fields below
	rows    [][]cell   // all rows printed so far; the last h of them are on the screen
	x, y    int        // the cursor; y is an index of rows
	wrap    bool       // whether the row is full, so that the next character begins a new one
	sx, sy  int        // the saved position of the cursor
	style   string
	rest    []byte // the beginning of an escape sequence or character whose end was not written yet
	wrapped int    // how many rows were wider than the screen
	// unexpected is the last escape sequence or character that a screenView must not write.
	unexpected string
}

type cell struct {
	text  string
	style string
}

func newFakeScreen(w, h int) *fakeScreen {
	return &fakeScreen{w: w, h: h, changed: make(chan struct{}, 1), rows: [][]cell{nil}}
}

func (v *fakeScreen) Write(p []byte) (int, error) {
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
	select {
	case v.changed <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (v *fakeScreen) step(b []byte) int {
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
	if safetext.Text(string(r)) != string(r) || r == utf8.RuneError {
		v.unexpected = fmt.Sprintf("%q", b[:n])
	}
	v.put(r)
	return n
}

func (v *fakeScreen) down() {
	v.wrap = false
	if v.y++; v.y == len(v.rows) {
		v.rows = append(v.rows, nil)
	}
}

func (v *fakeScreen) put(r rune) {
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

func (v *fakeScreen) escape(b []byte) int {
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

func (v *fakeScreen) csi(args string, final byte) {
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

// text returns all rows as text, without the spaces at the ends of rows.
func (v *fakeScreen) text() string {
	return v.render(func(text, _ string) string { return text })
}

// styled returns all rows as text, with the name of each style in brackets, such as [dim].
func (v *fakeScreen) styled() string {
	return v.render(func(text, style string) string {
		if style == "" {
			return text
		}
		return "[" + style + "]" + text + "[/]"
	})
}

func (v *fakeScreen) render(piece func(text, style string) string) string {
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

// cursor returns the text to the left of the cursor, in the cursor's row.
func (v *fakeScreen) cursor() string {
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

// newTestScreen returns a screenView that draws on v. color says whether it uses colours.
func newTestScreen(v *fakeScreen, color bool) *screenView {
	t := newTheme(Options{Env: func(string) string { return "C.UTF-8" }})
	t.color = color
	out := &stickyWriter{w: v}
	return &screenView{
		stderrText: stderrText{&stickyWriter{w: v}, t}, out: out, canMove: true, logHere: true,
		size: func() (int, int) { return v.w, v.h }, stopWatch: func() {},
		describer: describer{theme: t, live: true},
	}
}

// onScreen returns a Terminal that shows events on the screenView s.
func onScreen(s *screenView, opts Options) *Terminal {
	opts = opts.withDefaults()
	return &Terminal{
		opts: opts, view: s, out: s.out, lines: newLineQueue(),
		logger: slog.New(&logHandler{level: opts.Level, emit: s.log}),
	}
}

// resize changes the width of the screen to w columns. As in most terminals, rows that are too wide
// now are divided into several rows.
func (v *fakeScreen) resize(w int) {
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
