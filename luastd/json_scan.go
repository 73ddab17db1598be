package luastd

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A jsonScanner reads the words of one JSON text.
type jsonScanner struct {
	s     string
	i     int    // s[:i] has been read
	spare []byte // room for a string that cannot be taken as it stands
}

// peek skips spaces and returns the byte after them, 0 at the end.
func (p *jsonScanner) peek() byte {
	for ; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; c {
		case ' ', '\n', '\r', '\t':
		default:
			return c
		}
	}
	return 0
}

// skip skips spaces, and c if it comes next.
func (p *jsonScanner) skip(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.i++
	return true
}

func (p *jsonScanner) word(w string) error {
	if !strings.HasPrefix(p.s[p.i:], w) {
		return p.expected("a value")
	}
	p.i += len(w)
	return nil
}

// expected says what should have been where p is.
func (p *jsonScanner) expected(what string) error {
	if p.i >= len(p.s) {
		return p.wrong(p.i, "expected %s, not the end", what)
	}
	r, _ := utf8.DecodeRuneInString(p.s[p.i:])
	return p.wrong(p.i, "expected %s, not %q", what, r)
}

// wrong says what is wrong at s[i].
func (p *jsonScanner) wrong(i int, format string, args ...any) error {
	before := p.s[:i]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return fmt.Errorf("line %d, column %d: %s",
		1+strings.Count(before, "\n"), 1+utf8.RuneCountInString(line), fmt.Sprintf(format, args...))
}

// number reads the number that begins at p.i.
func (p *jsonScanner) number() (float64, error) {
	start := p.i
	negative := p.s[start] == '-'
	if negative {
		p.i++
	}
	n, digits := p.digits(0)
	if digits == 0 {
		return 0, p.expected("a digit")
	}
	if first := p.i - digits; digits > 1 && p.s[first] == '0' {
		return 0, p.wrong(first, "a number cannot begin with 0")
	}
	decimals := 0
	if p.i < len(p.s) && p.s[p.i] == '.' {
		p.i++
		if n, decimals = p.digits(n); decimals == 0 {
			return 0, p.expected("a digit")
		}
	}
	exponent := p.i < len(p.s) && p.s[p.i]|0x20 == 'e'
	if exponent {
		p.i++
		if p.i < len(p.s) && (p.s[p.i] == '+' || p.s[p.i] == '-') {
			p.i++
		}
		if _, digits := p.digits(0); digits == 0 {
			return 0, p.expected("a digit")
		}
	}
	if !exponent && digits+decimals <= 15 {
		f := float64(n) / jsonTens[decimals] // both exact, so the quotient is rounded once
		if negative {
			f = -f
		}
		return f, nil
	}
	f, err := strconv.ParseFloat(p.s[start:p.i], 64)
	if err != nil {
		return 0, p.wrong(start, "a number beyond what can be held")
	}
	return f, nil
}

// jsonTens are the powers of ten that number divides by.
var jsonTens = [16]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// digits reads digits, which it appends to the number n, and counts them.
func (p *jsonScanner) digits(n uint64) (uint64, int) {
	start := p.i
	for ; p.i < len(p.s) && '0' <= p.s[p.i] && p.s[p.i] <= '9'; p.i++ {
		n = n*10 + uint64(p.s[p.i]-'0')
	}
	return n, p.i - start
}

// text reads the string that begins at p.i. borrowed means that what it
// returns is a part of p.s.
func (p *jsonScanner) text() (text string, borrowed bool, err error) {
	start := p.i + 1
	for i := start; ; {
		i += plainJSON(p.s[i:])
		switch {
		case i < len(p.s) && p.s[i] == '"':
			p.i = i + 1
			return p.s[start:i], true, nil
		case i < len(p.s) && p.s[i] >= utf8.RuneSelf:
			if r, size := utf8.DecodeRuneInString(p.s[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		text, err = p.rewritten(start, i)
		return text, false, err
	}
}

// rewritten reads the rest of a string that begins at start, and is not to be
// taken as it stands from i on.
func (p *jsonScanner) rewritten(start, i int) (string, error) {
	p.spare = append(p.spare[:0], p.s[start:i]...)
	for p.i = i; ; {
		plain := plainJSON(p.s[p.i:])
		p.spare = append(p.spare, p.s[p.i:p.i+plain]...)
		p.i += plain
		if p.i == len(p.s) {
			return "", p.expected("'\"'")
		}
		r, size := rune(0), 0
		switch c := p.s[p.i]; {
		case c == '"':
			p.i++
			return string(p.spare), nil
		case c == '\\':
			if r, size = unescapeJSON(p.s[p.i:]); size == 0 {
				return "", p.wrong(p.i, "a backslash that begins no escape")
			}
		case c < ' ':
			return "", p.wrong(p.i, "a control character in a string, not escaped")
		default:
			r, size = utf8.DecodeRuneInString(p.s[p.i:])
		}
		p.spare = utf8.AppendRune(p.spare, r)
		p.i += size
	}
}

// unescapeJSON is the character that s, which begins with a backslash, begins
// with, and the number of bytes that stand for it: none if it is no escape.
func unescapeJSON(s string) (rune, int) {
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
	r := jsonCodeUnit(s)
	if r < 0 {
		return 0, 0
	}
	if pair := utf16.DecodeRune(r, jsonCodeUnit(s[6:])); pair != utf8.RuneError {
		return pair, 12
	}
	return r, 6 // half a pair is made U+FFFD as it is appended
}

// jsonCodeUnit is the 16 bits that \uXXXX stands for, or -1 if s does not begin
// like that.
func jsonCodeUnit(s string) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	r := rune(0)
	for _, c := range []byte(s[2:6]) {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return -1
		}
	}
	return r
}
