package terminal

import (
	"math"
	"strings"
)

// A Report is a list of findings in groups, for a person: a mark, what it is
// about, what is said of it and how to mend it, in columns. It belongs to one
// goroutine.
type Report struct {
	look look       // fixed
	size func() int // fixed: columns there are
	out  *output
	undo func() // gives the terminal back; may be nil

	title string
	group []Line // that has not been written yet
	apart bool   // something stands above
}

// A Line is one finding. All its texts may come from anywhere.
type Line struct {
	Mark    string // "ok", "skipped", "error", or any word of that length
	Subject string // may be empty
	Text    string
	Mend    string // may be empty
}

// NewReport makes a report on opts.Stdout. Whoever calls it calls Close.
func NewReport(opts Options) *Report {
	opts = opts.withDefaults()
	r := &Report{look: lookFor(opts), out: &output{w: opts.Stdout}, size: func() int { return math.MaxInt32 }}
	if fd, tty := terminalOf(opts.Stdout); tty {
		able := false
		r.undo, able = enableEscapes(fd)
		r.look.color = r.look.color && able
		size := sizeOf(fd)
		r.size = func() int { cols, _ := size(); return cols }
	}
	return r
}

// Add puts a line into the group of that title. Lines of one group come one
// after the other; they are written when the next group begins.
func (r *Report) Add(title string, l Line) {
	if title != r.title {
		r.flush()
		r.title = title
	}
	l.Mark, l.Subject, l.Text, l.Mend = oneLine(l.Mark), oneLine(l.Subject), oneLine(l.Text), oneLine(l.Mend)
	r.group = append(r.group, l)
}

// Close writes the last group, and then a last line below them all. The error
// is the first that was met while writing.
func (r *Report) Close(last string) error {
	r.flush()
	r.write([]row{{}, {span{text: oneLine(last)}}})
	if r.undo != nil {
		r.undo()
	}
	return r.out.failed()
}

func (r *Report) flush() {
	if len(r.group) == 0 {
		return
	}
	rows := append([]row{{span{text: r.title}}}, r.rows(r.size())...)
	if r.apart {
		rows = append([]row{{}}, rows...)
	}
	r.group, r.apart = nil, true
	r.write(rows)
}

func (r *Report) write(rows []row) {
	var b []byte
	for _, each := range rows {
		b = append(r.look.appendRow(b, each), '\n')
	}
	r.out.Write(b)
}

// rows lays the group out in cols columns. Where there is little room the text
// stands below what it is about.
func (r *Report) rows(cols int) []row {
	const indent, gap, most = 2, 2, 28
	marks, subjects := 0, 0
	for _, l := range r.group {
		marks = max(marks, width(l.Mark))
		if w := width(l.Subject); w <= most {
			subjects = max(subjects, w)
		}
	}
	left := indent + marks + gap
	column := left + subjects
	if subjects > 0 {
		column += gap
	}
	below := cols-column < 30
	if below {
		column = min(left, 4)
	}
	var rows []row
	for _, l := range r.group {
		first := row{{text: spaces(indent)}, {markStyle(l.Mark), l.Mark}}
		if l.Subject != "" {
			first = append(first, span{text: spaces(left-first.width()) + l.Subject})
		}
		text := fold([]span{{text: l.Text}}, cols-column, 0)
		if l.Mend != "" {
			hang := width(r.look.arrow) + 1
			mend := fold([]span{{dim, r.look.arrow + " "}, {text: l.Mend}}, cols-column, hang)
			for i := range mend[1:] {
				mend[1+i] = append(row{{text: spaces(hang)}}, mend[1+i]...)
			}
			text = append(text, mend...)
		}
		if below || first.width() > column-gap {
			rows = append(rows, first.atMost(cols, r.look.dots))
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
