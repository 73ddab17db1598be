package terminal

import (
	"math"
	"strings"

	"moonlark/engine/safetext"
)

// A Report writes findings (such as those of moonlark doctor) to a terminal or a pipe, in groups
// and in columns. Each finding has a mark, a subject, a text, and perhaps a suggestion. Only one
// goroutine may use a Report.
type Report struct {
	theme theme      // which symbols and colours are used; never changes
	cols  func() int // returns how many columns the output has; never changes
	out   *stickyWriter
	undo  func() // restores the mode of a Windows console; may be nil

	title   string
	group   []Line // the lines of the current group, which were not written yet
	started bool   // whether a group was already written
}

// A Line is one finding. Its texts are made safe for a terminal when it is added to a Report.
type Line struct {
	Mark    string // says how serious the finding is, such as "ok", "skipped" or "error"
	Subject string // what was checked; may be empty
	Text    string
	Fix     string // a suggestion to the user; may be empty
}

// NewReport returns a Report that writes to opts.Stdout. The caller must call Close.
func NewReport(opts Options) *Report {
	opts = opts.withDefaults()
	r := &Report{theme: newTheme(opts), out: &stickyWriter{w: opts.Stdout}, cols: func() int { return math.MaxInt32 }}
	if fd, tty := terminalOf(opts.Stdout); tty {
		able := false
		r.undo, able = enableEscapes(fd)
		r.theme.color = r.theme.color && able
		size := sizeOf(fd)
		r.cols = func() int { w, _ := size(); return w }
	}
	return r
}

// Add adds a line to the group with this title. Add all lines of a group before those of the next
// group, because a group is written when the next one begins.
func (r *Report) Add(title string, l Line) {
	if title != r.title {
		r.flush()
		r.title = title
	}
	l.Mark, l.Subject = safetext.Line(l.Mark), safetext.Line(l.Subject)
	l.Text, l.Fix = safetext.Line(l.Text), safetext.Line(l.Fix)
	r.group = append(r.group, l)
}

// Close writes the last group and, below it, the line last. It returns the first error that
// occurred while the Report was written.
func (r *Report) Close(last string) error {
	r.flush()
	r.write([]row{{}, {span{text: safetext.Line(last)}}})
	if r.undo != nil {
		r.undo()
	}
	return r.out.firstError()
}

func (r *Report) flush() {
	if len(r.group) == 0 {
		return
	}
	rows := append([]row{{span{text: r.title}}}, r.rows(r.cols())...)
	if r.started {
		rows = append([]row{{}}, rows...)
	}
	r.group, r.started = nil, true
	r.write(rows)
}

func (r *Report) write(rows []row) {
	var b []byte
	for _, each := range rows {
		b = append(r.theme.appendRow(b, each), '\n')
	}
	r.out.Write(b)
}

// rows returns the current group as rows of at most cols columns. On a narrow screen, each text
// has a row of its own, below the row with its mark and subject.
func (r *Report) rows(cols int) []row {
	const indent, gap, maxSubject, minText = 2, 2, 28, 30
	marks, subjects := 0, 0 // the widths of the columns of marks and of subjects
	for _, l := range r.group {
		marks = max(marks, width(l.Mark))
		if w := width(l.Subject); w <= maxSubject {
			subjects = max(subjects, w)
		}
	}
	left := indent + marks + gap // the column in which subjects begin
	column := left + subjects    // the column in which texts begin
	if subjects > 0 {
		column += gap
	}
	narrow := cols-column < minText
	if narrow {
		column = min(left, 4)
	}
	var rows []row
	for _, l := range r.group {
		first := row{{text: spaces(indent)}, {markStyle(l.Mark), l.Mark}}
		if l.Subject != "" {
			first = append(first, span{text: spaces(left-first.width()) + l.Subject})
		}
		text := wrapSpans([]span{{text: l.Text}}, cols-column, 0)
		if l.Fix != "" {
			hang := width(r.theme.arrow) + 1
			fix := wrapSpans([]span{{dim, r.theme.arrow + " "}, {text: l.Fix}}, cols-column, hang)
			for i := range fix[1:] {
				fix[1+i] = append(row{{text: spaces(hang)}}, fix[1+i]...)
			}
			text = append(text, fix...)
		}
		if narrow || first.width() > column-gap {
			rows = append(rows, first.clip(cols, r.theme.ellipsis))
			first = nil
		}
		for _, t := range text {
			first = append(first, span{text: spaces(column - first.width())})
			rows = append(rows, append(first, t...))
			first = nil
		}
	}
	return rows
}

func markStyle(mark string) style {
	switch mark {
	case "ok", "skipped":
		return dim
	case "error":
		return bad
	}
	return normal
}

func spaces(n int) string { return strings.Repeat(" ", max(n, 0)) }
