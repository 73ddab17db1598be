package source

import (
	"bytes"
	"strings"
)

// A scanner splits Lua source into tokens. It skips comments.
type scanner struct {
	rest []byte
	line int // the line in which rest begins
}

func newScanner(source []byte) *scanner { return &scanner{rest: source, line: 1} }

// next returns the next token, or "" at the end of the source. A token is a name, a keyword, a
// number or a single other character. Each string is returned as the token "0", because its content
// does not matter.
func (s *scanner) next() string {
	for len(s.rest) > 0 {
		c := s.rest[0]
		switch {
		case strings.IndexByte(" \t\r\n\v\f", c) >= 0:
			s.skip(1)
		case bytes.HasPrefix(s.rest, []byte("--")):
			s.rest = s.rest[2:]
			if !s.skipLongBracket() {
				s.skipLine()
			}
		case c == '"' || c == '\'':
			s.skipQuoted(c)
			return "0"
		case c == '[' && s.skipLongBracket():
			return "0"
		case isWord(c):
			n := 0
			for n < len(s.rest) && isWord(s.rest[n]) {
				n++
			}
			word := string(s.rest[:n])
			s.rest = s.rest[n:]
			return word
		default:
			s.rest = s.rest[1:]
			return string(rune(c))
		}
	}
	return ""
}

// skip skips n bytes and counts the line ends in them.
func (s *scanner) skip(n int) {
	s.line += bytes.Count(s.rest[:n], []byte("\n"))
	s.rest = s.rest[n:]
}

// skipLine skips the rest of the line.
func (s *scanner) skipLine() {
	n := bytes.IndexByte(s.rest, '\n')
	if n < 0 {
		n = len(s.rest)
	}
	s.rest = s.rest[n:]
}

// skipLongBracket skips a long string or comment such as [[text]] or [==[text]==] if the rest of
// the source begins with one. It reports whether it has skipped one.
func (s *scanner) skipLongBracket() bool {
	if len(s.rest) == 0 || s.rest[0] != '[' {
		return false
	}
	level := 0 // number of = characters
	for level+1 < len(s.rest) && s.rest[level+1] == '=' {
		level++
	}
	if level+1 >= len(s.rest) || s.rest[level+1] != '[' {
		return false
	}
	end := bytes.Index(s.rest, []byte("]"+strings.Repeat("=", level)+"]"))
	if end < 0 {
		s.skip(len(s.rest))
		return true
	}
	s.skip(end + level + 2)
	return true
}

// skipQuoted skips a string in quotes. The string ends at the next quote character, or at the end
// of the line if the quote is missing.
func (s *scanner) skipQuoted(quote byte) {
	n := 1
	for n < len(s.rest) && s.rest[n] != quote && s.rest[n] != '\n' {
		if s.rest[n] == '\\' && n+1 < len(s.rest) {
			n++
		}
		n++
	}
	s.skip(min(n+1, len(s.rest)))
}

// isWord reports whether c is a letter, a digit or an underscore.
func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
