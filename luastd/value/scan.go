package value

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A scanner reads the parts of a JSON text: numbers, strings and words.
type scanner struct {
	s string
	i int // index in s of the next byte to read
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// peek skips white space and returns the next byte without reading it, or 0 at the end of the text.
func (p *scanner) peek() byte {
	for ; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; c {
		case ' ', '\n', '\r', '\t':
		default:
			return c
		}
	}
	return 0
}

// skip skips white space. If the next byte is c, skip reads c and returns true.
func (p *scanner) skip(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.i++
	return true
}

// word reads w, which is "true", "false" or "null". It returns an error if the text continues with
// something else.
func (p *scanner) word(w string) error {
	if !strings.HasPrefix(p.s[p.i:], w) {
		return p.expected("a value")
	}
	p.i += len(w)
	return nil
}

// expected returns an error that says what was expected at the current position. what is a phrase
// such as "a digit".
func (p *scanner) expected(what string) error {
	if p.i >= len(p.s) {
		return p.wrong(p.i, "expected %s, not the end", what)
	}
	r, _ := utf8.DecodeRuneInString(p.s[p.i:])
	return p.wrong(p.i, "expected %s, not %q", what, r)
}

// wrong returns an error with the line and column of byte i. format and args are its message.
func (p *scanner) wrong(i int, format string, args ...any) error {
	before := p.s[:i]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return fmt.Errorf("line %d, column %d: %s",
		1+strings.Count(before, "\n"), 1+utf8.RuneCountInString(line), fmt.Sprintf(format, args...))
}

// text reads a string in quotes. The result is a copy, because a part of p.s would keep the whole
// text in memory.
func (p *scanner) text() (string, error) {
	start := p.i + 1
	for i := start; i < len(p.s); i++ {
		switch c := p.s[i]; {
		case c == '"':
			p.i = i + 1
			return strings.Clone(p.s[start:i]), nil
		case c == '\\' || c < ' ' || c >= utf8.RuneSelf:
			return p.rewrittenText(start)
		}
	}
	p.i = len(p.s)
	return "", p.expected("'\"'")
}

// rewrittenText reads a string that has escapes or characters that are not ASCII. start is the
// index after the opening quote. Bytes that are not UTF-8 become U+FFFD.
func (p *scanner) rewrittenText(start int) (string, error) {
	var b strings.Builder
	for p.i = start; p.i < len(p.s); {
		r, size := utf8.DecodeRuneInString(p.s[p.i:])
		switch {
		case r == '"':
			p.i++
			return b.String(), nil
		case r == '\\':
			if r, size = unescape(p.s[p.i:]); size == 0 {
				return "", p.wrong(p.i, "a backslash that begins no escape")
			}
		case r < ' ':
			return "", p.wrong(p.i, "a control character in a string, not escaped")
		}
		b.WriteRune(r)
		p.i += size
	}
	return "", p.expected("'\"'")
}

// unescape returns the character that the escape at the beginning of s stands for, and the length
// of the escape in bytes. The length is 0 if the escape is not valid.
func unescape(s string) (rune, int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	r := codeUnit(s)
	if r < 0 {
		return 0, 0
	}
	if pair := utf16.DecodeRune(r, codeUnit(s[6:])); pair != utf8.RuneError {
		return pair, 12
	}
	return r, 6 // WriteRune writes U+FFFD for half of a surrogate pair
}

// codeUnit returns the 16 bits of the escape \uXXXX at the beginning of s, or -1 if s does not
// begin with one.
func codeUnit(s string) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	r := rune(0)
	for _, c := range []byte(s[2:6]) {
		digit, ok := HexDigit(c)
		if !ok {
			return -1
		}
		r = r<<4 | rune(digit)
	}
	return r
}

// HexDigit returns the value of the hexadecimal digit c. ok is false if c is not such a digit.
func HexDigit(c byte) (digit byte, ok bool) {
	switch {
	case isDigit(c):
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
