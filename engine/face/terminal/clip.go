package terminal

import (
	"strings"
	"unicode/utf8"

	"moonlark/engine/safetext"
)

// clip returns s if it is at most w columns wide. Otherwise it returns the beginning of s followed
// by ellipsis, w columns wide at most.
func clip(s string, w int, ellipsis string) string {
	if width(s) <= w {
		return s
	}
	room, col := w-width(ellipsis), 0
	for i, r := range s {
		if col += runeWidth(r); col > room {
			return strings.TrimRight(s[:i], " ") + cutEllipsis(ellipsis, w)
		}
	}
	return s
}

// clipLeft returns s if it is at most w columns wide. Otherwise it returns ellipsis followed by the
// end of s, w columns wide at most.
func clipLeft(s string, w int, ellipsis string) string {
	if width(s) <= w {
		return s
	}
	room, i := w-width(ellipsis), len(s)
	for i > 0 {
		r, size := utf8.DecodeLastRuneInString(s[:i])
		if room -= runeWidth(r); room < 0 {
			break
		}
		i -= size
	}
	return cutEllipsis(ellipsis, w) + strings.TrimLeft(s[i:], " ")
}

// cutEllipsis returns ellipsis, cut to w columns if it is wider.
func cutEllipsis(ellipsis string, w int) string {
	if width(ellipsis) <= w {
		return ellipsis
	}
	return safetext.Cut(ellipsis, max(w, 0), "")
}

// expandTabs replaces each tab in s by spaces, up to the next column that is a multiple of 8.
func expandTabs(s string) string {
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
