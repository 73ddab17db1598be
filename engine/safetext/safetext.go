// Package safetext makes text from other sources (an agent, a server, a script, a file name) safe
// to show in a terminal and in a log. Safe text cannot move the cursor, change colours or reverse
// the direction of a line.
package safetext

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns s with everything that a terminal would act on, except newlines and tabs, replaced
// by escapes: control characters by escapes such as \x1b, characters that change the direction of
// text by escapes such as \u202e, and bytes that are not UTF-8 by escapes such as \xff. "\r\n"
// becomes "\n". If s is safe already, Text returns s.
func Text(s string) string {
	if isSafe(s) {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case isUnsafe(r) && r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case isUnsafe(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// Line returns Text(s) as a single line: each sequence of white space, including newlines, becomes
// one space, and white space at both ends is removed.
func Line(s string) string {
	if isPlainLine(s) {
		return s
	}
	return strings.Join(strings.Fields(Text(s)), " ")
}

// isPlainLine reports whether s is ASCII text that Line returns unchanged. It only makes Line faster,
// and may return false for other text that Line returns unchanged.
func isPlainLine(s string) bool {
	before := byte(' ')
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f || s[i] == ' ' && before == ' ' {
			return false
		}
		before = s[i]
	}
	return s == "" || before != ' '
}

// Cut returns s if s has at most max bytes. Otherwise it returns the beginning of s, followed by
// mark. The beginning has at most max bytes and is cut between two characters.
func Cut(s string, max int, mark string) string {
	if len(s) <= max {
		return s
	}
	for max > 0 && !utf8.RuneStart(s[max]) {
		max--
	}
	return s[:max] + mark
}

func isSafe(s string) bool {
	for _, r := range s {
		if isUnsafe(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// isUnsafe reports whether a terminal might act on r instead of showing it.
func isUnsafe(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case unicode.IsControl(r): // the control characters C0, DEL and C1
		return true
	}
	// characters that change the direction of text
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 ||
		r == 0x2028 || r == 0x2029 // line and paragraph separators
}
