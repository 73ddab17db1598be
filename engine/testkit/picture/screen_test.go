package picture

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A span is a text in one style: "", "dim", "accent" or "bad", as in package terminal.
type span struct{ style, text string }

// A row is a row of the screen.
type row []span

func (r row) text() string {
	var text strings.Builder
	for _, s := range r {
		text.WriteString(s.text)
	}
	return strings.TrimRight(text.String(), " ")
}

// A cell is a character on the screen.
type cell struct {
	char  rune
	style string
}

// A screen is a terminal without an end: it keeps the rows that scroll out of a real one. It knows
// the escape sequences that package terminal writes for narrow characters.
type screen struct {
	rows  [][]cell
	x, y  int // the cursor
	style string
}

// escape matches an escape sequence at the beginning of a text.
var escape = regexp.MustCompile(`^\x1b(?:\[([?0-9;]*)([A-Za-z])|[78])`)

var styles = map[string]string{"": "", "2": "dim", "36": "accent", "31": "bad"}

// rowsOf returns the rows that a terminal shows after this output, without empty rows at the end.
func rowsOf(output string) ([]row, error) {
	s := &screen{rows: [][]cell{nil}}
	for output != "" {
		if m := escape.FindStringSubmatch(output); m != nil {
			if err := s.escape(m[1], m[2]); err != nil {
				return nil, err
			}
			output = output[len(m[0]):]
			continue
		}
		r, n := utf8.DecodeRuneInString(output)
		s.put(r)
		output = output[n:]
	}
	var rows []row
	for _, cells := range s.rows {
		rows = append(rows, spans(cells))
	}
	for len(rows) > 0 && rows[len(rows)-1].text() == "" {
		rows = rows[:len(rows)-1]
	}
	return rows, nil
}

func (s *screen) put(r rune) {
	switch r {
	case '\r':
		s.x = 0
		return
	case '\n':
		if s.y++; s.y == len(s.rows) {
			s.rows = append(s.rows, nil)
		}
		return
	}
	for len(s.rows[s.y]) <= s.x {
		s.rows[s.y] = append(s.rows[s.y], cell{char: ' '})
	}
	s.rows[s.y][s.x] = cell{r, s.style}
	s.x++
}

// escape carries out the escape sequence CSI args final. final is empty for the sequences that save
// and restore the cursor, which change nothing here: only the hint of an empty prompt is between them.
func (s *screen) escape(args, final string) error {
	n, _ := strconv.Atoi(args)
	style, known := styles[args]
	switch {
	case final == "":
	case final == "A":
		s.y = max(0, s.y-max(1, n))
	case final == "J" && args == "":
		s.rows = s.rows[:s.y+1]
		s.rows[s.y] = s.rows[s.y][:min(s.x, len(s.rows[s.y]))]
	case final == "m" && known:
		s.style = style
	case (final == "h" || final == "l") && args == "?2004":
	default:
		return fmt.Errorf("the escape sequence CSI %s %s is unknown", args, final)
	}
	return nil
}

// spans joins the cells that have the same style.
func spans(cells []cell) row {
	var r row
	for _, c := range cells {
		if len(r) == 0 || r[len(r)-1].style != c.style {
			r = append(r, span{style: c.style})
		}
		r[len(r)-1].text += string(c.char)
	}
	return r
}
