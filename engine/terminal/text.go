package terminal

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// neutral is s without anything that a terminal would obey: control
// characters, the marks that turn the direction of a line around, and bytes
// that are no UTF-8 are written out as \x1b or \u202e. Newlines and tabs stay.
// What is neutral already comes back as it is.
func neutral(s string) string {
	if harmless(s) {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case obeyed(r) && r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case obeyed(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

func harmless(s string) bool {
	for _, r := range s {
		if obeyed(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// obeyed says whether a terminal does something at r besides showing it.
func obeyed(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case unicode.IsControl(r): // C0, DEL and C1
		return true
	}
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || // directions
		r == 0x2028 || r == 0x2029 // line and paragraph separator
}

// oneLine is s on one line: neutral, with one space for any white space.
func oneLine(s string) string {
	return strings.Join(strings.Fields(neutral(s)), " ")
}

// untab is s with spaces for tabs, to the next column that 8 divides.
func untab(s string) string {
	if !strings.Contains(s, "\t") {
		return s
	}
	var b strings.Builder
	col := 0
	for _, r := range s {
		switch r {
		case '\t':
			n := 8 - col%8
			b.WriteString(strings.Repeat(" ", n))
			col += n
			continue
		case '\n':
			col = 0
		default:
			col += runeWidth(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// head is at most n bytes of s, cut between characters.
func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// clip is s in at most w columns; what is cut off leaves dots.
func clip(s string, w int, dots string) string {
	if width(s) <= w {
		return s
	}
	room, col := w-width(dots), 0
	for i, r := range s {
		if col += runeWidth(r); col > room {
			return strings.TrimRight(s[:i], " ") + cut(dots, w)
		}
	}
	return s
}

// clipLeft is the end of s in at most w columns; what is cut off leaves dots.
func clipLeft(s string, w int, dots string) string {
	if width(s) <= w {
		return s
	}
	room, i := w-width(dots), len(s)
	for i > 0 {
		r, size := utf8.DecodeLastRuneInString(s[:i])
		if room -= runeWidth(r); room < 0 {
			break
		}
		i -= size
	}
	return cut(dots, w) + strings.TrimLeft(s[i:], " ")
}

// cut is the first w columns of dots, for where there is no room even for them.
func cut(dots string, w int) string {
	if width(dots) <= w {
		return dots
	}
	return head(dots, max(w, 0))
}
