package terminal

import "strings"

// A kind is what an entry is for: it decides what stands in the margin and
// where an empty row goes.
type kind int

const (
	nothing kind = iota // before the first entry
	header              // what runs, and where it is connected
	you                 // what was said to the agent
	agent               // what it said
	note                // everything in between
)

// An entry is one thing to show: a paragraph, or several.
type entry struct {
	kind   kind
	indent int // columns before each row
	hang   int // and before each but the first
	text   []span
}

// plain is the text of an entry without its looks.
func (e entry) plain() string {
	var b strings.Builder
	for _, s := range e.text {
		b.WriteString(s.text)
	}
	return b.String()
}

// apart says whether an empty row stands between two entries: before each turn
// of the person, and around headers.
func apart(before, after kind) bool {
	return before != nothing && (after == you || (before == header) != (after == header))
}

// A row is one row of the screen.
type row []span

func (r row) width() int {
	n := 0
	for _, s := range r {
		n += width(s.text)
	}
	return n
}

// atMost is r in w columns.
func (r row) atMost(w int, dots string) row {
	if r.width() <= w {
		return r
	}
	var short row
	for _, s := range r {
		s.text = clip(s.text, w, dots)
		w -= width(s.text)
		short = append(short, s)
	}
	return short
}

// margin is where the text begins, right of who speaks. Where there is little
// room it is small, and who speaks stands at the beginning of the text.
func margin(cols int) int {
	if cols < 32 {
		return 2
	}
	return 8
}

// label is who speaks, "" for what nobody says. It ends at the margin where
// that is wide enough.
func (l look) label(k kind, cols int) string {
	name := ""
	switch k {
	case you:
		name = "you"
	case agent:
		name = "agent"
	default:
		return ""
	}
	label := name + " " + l.pointer + " "
	return strings.Repeat(" ", max(0, margin(cols)-width(label))) + label
}

// layout puts an entry into rows of at most cols columns.
func (l look) layout(e entry, cols int) []row {
	left := span{normal, strings.Repeat(" ", margin(cols)+e.indent)}
	first, text := left, e.text
	if label := l.label(e.kind, cols); label != "" {
		first = span{normal, label}
		if e.kind == you {
			first.style = accent
		}
		if width(label) > len(left.text) { // it takes its room from the text
			first, text = span{}, append([]span{first}, text...)
		}
	}
	hang := span{normal, strings.Repeat(" ", e.hang)}
	var rows []row
	for i, r := range fold(text, cols-len(left.text), e.hang) {
		switch {
		case i == 0:
			r = append(row{first}, r...)
		case len(r) > 0:
			r = append(row{left, hang}, r...)
		}
		rows = append(rows, r)
	}
	return rows
}

// fold wraps spans into rows of at most w columns, hang less for all but the
// first.
func fold(spans []span, w, hang int) []row {
	var all strings.Builder
	var ends []int
	for _, s := range spans {
		all.WriteString(untab(s.text))
		ends = append(ends, all.Len())
	}
	text := strings.TrimRight(all.String(), "\n")
	var rows []row
	for _, r := range wrap(text, w, w-hang) {
		var cells row
		from := 0
		for i, to := range ends {
			if a, b := max(from, r[0]), min(to, r[1]); a < b {
				cells = append(cells, span{spans[i].style, text[a:b]})
			}
			from = to
		}
		rows = append(rows, cells)
	}
	return rows
}
