package terminal

import (
	"strings"
	"unicode/utf8"
)

// wrap divides s into rows: the first has at most first columns, the others at most rest columns.
// It returns the start and end of each row as byte indexes in s. It breaks at newlines, and
// otherwise between words if possible. Spaces at the end of a row are not part of the row.
func wrap(s string, first, rest int) [][2]int {
	w := max(first, 1)
	var rows [][2]int
	row := func(from, to int) {
		rows = append(rows, [2]int{from, from + len(strings.TrimRight(s[from:to], " "))})
		w = max(rest, 1)
	}
	// start is where the row begins. A break after the row's last whole word would end the row at
	// the index end, and the next row would begin at the index next.
	start, end, next := 0, -1, -1
	col, hasText := 0, false // hasText says that the row has something besides spaces
	for i := 0; i <= len(s); {
		if i == len(s) || s[i] == '\n' {
			row(start, i)
			i++
			start, end, col, hasText = i, -1, 0, false
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		rw := runeWidth(r)
		if rw == 2 && hasText && next != i {
			end, next = i, i // a break is possible before a wide character
		}
		if r != ' ' && col+rw > w && i > start {
			if end <= start {
				end, next = i, i
			}
			row(start, end)
			start, end, i = next, -1, next
			col, hasText = 0, false
			continue
		}
		if r == ' ' && hasText {
			if next != i || end < 0 {
				end = i
			}
			next = i + 1 // spaces at the break belong to neither row
		}
		hasText = hasText || r != ' '
		col += rw
		i += size
	}
	return rows
}
