package lint

import (
	"bytes"
	"strings"
)

// deepestNesting is how many brackets, blocks and signs may be in each other,
// as in Lua 5.1.
const deepestNesting = 200

// Nesting finds out whether a source can be parsed without taking all the
// memory there is. It returns nil or a *Problem. A source that is not Lua is
// for the parser to refuse.
func Nesting(source []byte) error {
	s := &scanner{rest: source, line: 1}
	signs := 0 // unary operators in a row
	for token := s.next(); token != ""; token = s.next() {
		switch token {
		case "(", "{", "[", "do", "function", "if", "repeat":
			s.depth++
		case ")", "}", "]", "end", "until":
			s.depth = max(0, s.depth-1)
		}
		switch token {
		case "-", "not", "#":
			signs++
		default:
			signs = 0
		}
		if s.depth > deepestNesting || signs > deepestNesting {
			return &Problem{s.line, "chunk has too many syntax levels"}
		}
	}
	return nil
}

// A scanner tells the words and brackets of a source from what is in its
// strings and comments.
type scanner struct {
	rest  []byte
	line  int
	depth int
}

// skip leaves n bytes out.
func (s *scanner) skip(n int) {
	s.line += bytes.Count(s.rest[:n], []byte("\n"))
	s.rest = s.rest[n:]
}

// next is the next word, or a single character of anything else but strings
// and numbers, which are "0"; "" at the end.
func (s *scanner) next() string {
	for len(s.rest) > 0 {
		c := s.rest[0]
		switch {
		case strings.IndexByte(" \t\r\n\v\f", c) >= 0:
			s.skip(1)
		case bytes.HasPrefix(s.rest, []byte("--")):
			s.rest = s.rest[2:]
			if !s.skipLong() {
				s.skip(until(s.rest, '\n'))
			}
		case c == '"' || c == '\'':
			s.skipQuoted(c)
			return "0"
		case c == '[' && s.skipLong():
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

// skipLong leaves out [[a long text]] or [=[one]=], if there is one.
func (s *scanner) skipLong() bool {
	if len(s.rest) == 0 || s.rest[0] != '[' {
		return false
	}
	level := 0
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

// skipQuoted leaves out a string, which ends with its quote or its line.
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

func until(text []byte, c byte) int {
	if n := bytes.IndexByte(text, c); n >= 0 {
		return n
	}
	return len(text)
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
