package terminal

import (
	"strings"
	"unicode/utf8"
)

// wrap cuts s into rows, the first of at most first columns and the others of
// at most rest, and says where each begins and ends. It cuts at newlines,
// between words where it can and inside them where it must. Spaces at the end
// of a row are left out.
func wrap(s string, first, rest int) [][2]int {
	w := max(first, 1)
	var rows [][2]int
	row := func(from, to int) {
		rows = append(rows, [2]int{from, from + len(strings.TrimRight(s[from:to], " "))})
		w = max(rest, 1)
	}
	start, end, next := 0, -1, -1 // the row begins at start; it could end at end, the next begin at next
	col, inked := 0, false        // inked: something besides spaces is in this row
	for i := 0; i <= len(s); {
		if i == len(s) || s[i] == '\n' {
			row(start, i)
			i++
			start, end, col, inked = i, -1, 0, false
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		rw := runeWidth(r)
		if rw == 2 && inked && next != i {
			end, next = i, i // no spaces between these
		}
		if r != ' ' && col+rw > w && i > start {
			if end <= start {
				end, next = i, i
			}
			row(start, end)
			start, end, i = next, -1, next
			col, inked = 0, false
			continue
		}
		if r == ' ' && inked {
			if next != i || end < 0 {
				end = i
			}
			next = i + 1 // after all the spaces here
		}
		inked = inked || r != ' '
		col += rw
		i += size
	}
	return rows
}
