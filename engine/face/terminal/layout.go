package terminal

import "strings"

// A blockKind says what a text block is about. The label to the left of the text block and the
// blank rows around it depend on its kind.
type blockKind int

const (
	noBlock     blockKind = iota // nothing was shown yet
	headerBlock                  // a script that was loaded, or news about the connection
	userBlock                    // a text from the user to the agent
	agentBlock                   // a text from the agent
	noteBlock                    // anything else
)

// A block is a text that is shown as one thing, such as a reply of the agent. It has one or more
// paragraphs.
type block struct {
	kind   blockKind
	indent int // the number of columns that each row is indented
	hang   int // how much more the rows after the first are indented, in columns
	text   []span
}

// plainText returns the text of the text block without its styles.
func (e block) plainText() string {
	var b strings.Builder
	for _, s := range e.text {
		b.WriteString(s.text)
	}
	return b.String()
}

// blankRowBetween reports whether a blank row is shown between a text block of the kind before and
// the next text block, of the kind after. There is one before each text of the user, and between
// header blocks and blocks of other kinds.
func blankRowBetween(before, after blockKind) bool {
	return before != noBlock && (after == userBlock || (before == headerBlock) != (after == headerBlock))
}

// A row is the text of one row of the screen, as spans that may have different styles.
type row []span

func (r row) width() int {
	n := 0
	for _, s := range r {
		n += width(s.text)
	}
	return n
}

// clip returns r, shortened to w columns if it is wider. Shortened text ends with ellipsis.
func (r row) clip(w int, ellipsis string) row {
	if r.width() <= w {
		return r
	}
	var short row
	for _, s := range r {
		s.text = clip(s.text, w, ellipsis)
		w -= width(s.text)
		short = append(short, s)
	}
	return short
}

// margin returns the column in which text begins on a screen with cols columns. To its left is a
// label, "you" or "agent". On a narrow screen, the margin is too small for the label, which then is
// part of the text.
func margin(cols int) int {
	if cols < 32 {
		return 2
	}
	return 8
}

// label returns the label of a text block, "you" or "agent" with a symbol. The label is as wide as
// the margin if it fits into it. Text blocks of other kinds have the label "".
func (t theme) label(k blockKind, cols int) string {
	name := ""
	switch k {
	case userBlock:
		name = "you"
	case agentBlock:
		name = "agent"
	default:
		return ""
	}
	label := name + " " + t.pointer + " "
	return strings.Repeat(" ", max(0, margin(cols)-width(label))) + label
}

// layout divides a text block into rows of at most cols columns. It adds the label and the
// indentation.
func (t theme) layout(e block, cols int) []row {
	left := span{normal, strings.Repeat(" ", margin(cols)+e.indent)}
	first, text := left, e.text
	if label := t.label(e.kind, cols); label != "" {
		first = span{normal, label}
		if e.kind == userBlock {
			first.style = accent
		}
		if width(label) > len(left.text) { // the label does not fit into the margin
			first, text = span{}, append([]span{first}, text...)
		}
	}
	hang := span{normal, strings.Repeat(" ", e.hang)}
	var rows []row
	for i, r := range wrapSpans(text, cols-len(left.text), e.hang) {
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

// wrapSpans divides spans into rows. The first row has at most w columns, and the others have at
// most w-hang columns.
func wrapSpans(spans []span, w, hang int) []row {
	var all strings.Builder
	var ends []int // the index in all at which each span ends
	for _, s := range spans {
		all.WriteString(expandTabs(s.text))
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
