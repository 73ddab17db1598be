package datetext

import (
	"fmt"
	"strings"
)

// MaxText is the maximal length of a text that ParseISO and Parse accept, in bytes.
const MaxText = 256

// A scanner reads the parts of a text with a date and a time, from left to right. When a part is
// wrong, it sets err, and the methods do nothing more.
type scanner struct {
	text string
	i    int // index of the next byte
	err  error
}

// fail sets the error, which says that something else was expected at index i.
func (s *scanner) fail(i int, want string) {
	if s.err != nil {
		return
	}
	if i >= len(s.text) {
		s.err = fmt.Errorf("%s expected at the end", want)
	} else {
		s.err = fmt.Errorf("%s expected at byte %d", want, i+1)
	}
}

func (s *scanner) next() byte {
	if s.err != nil || s.i >= len(s.text) {
		return 0
	}
	return s.text[s.i]
}

// skip skips c, in upper or lower case, and reports whether it was there.
func (s *scanner) skip(c byte) bool {
	if next := s.next(); next == 0 || next != c && (c < 'A' || c > 'Z' || next != c|0x20) {
		return false
	}
	s.i++
	return true
}

// expect skips c, which must be next.
func (s *scanner) expect(c byte) {
	if !s.skip(c) {
		s.fail(s.i, fmt.Sprintf("%q", c))
	}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// digits returns the number that is next. It must have from minDigits to maxDigits
// digits.
func (s *scanner) digits(minDigits, maxDigits int, what string) int {
	n, start := 0, s.i
	for s.i-start < maxDigits && isDigit(s.next()) {
		n = n*10 + int(s.next()-'0')
		s.i++
	}
	if s.i-start < minDigits {
		if minDigits == maxDigits {
			what = fmt.Sprintf("%s of %d digits", what, minDigits)
		}
		s.fail(start, what)
	}
	return n
}

// number returns the number that is next, which must have from minDigits to maxDigits digits and be
// from min to max.
func (s *scanner) number(minDigits, maxDigits, min, max int, what string) int {
	start := s.i
	n := s.digits(minDigits, maxDigits, what)
	if n < min || n > max {
		s.fail(start, fmt.Sprintf("%s from %d to %d", what, min, max))
	}
	return n
}

// word returns the index of the first of names that the text continues with, in upper or lower
// case.
func (s *scanner) word(names []string, what string) int {
	for i, name := range names {
		if s.err == nil && len(s.text)-s.i >= len(name) && strings.EqualFold(s.text[s.i:s.i+len(name)], name) {
			s.i += len(name)
			return i
		}
	}
	s.fail(s.i, what)
	return 0
}

// space skips white space.
func (s *scanner) space() {
	for c := s.next(); c == ' ' || '\t' <= c && c <= '\r'; c = s.next() {
		s.i++
	}
}

// utcOffset returns the offset from UTC that is next, in seconds: Z, +01, +0100 or +01:00.
func (s *scanner) utcOffset() int {
	if s.skip('Z') {
		return 0
	}
	sign := 1
	if s.skip('-') {
		sign = -1
	} else if !s.skip('+') {
		s.fail(s.i, "an offset such as Z or +01:00")
	}
	offset := s.number(2, 2, 0, 23, "the hours of an offset") * 3600
	if s.skip(':') || isDigit(s.next()) {
		offset += s.number(2, 2, 0, 59, "the minutes of an offset") * 60
	}
	return sign * offset
}
