package luastd

import (
	"bytes"
	"errors"
	"strings"
)

// A plainMatcher is the matcher of Lua 5.1, lstrlib.c, as it is written there:
// slow, recursive and without anything prepared. Ours has to agree with it. The
// one change is that a zero byte does not end a pattern.
type plainMatcher struct {
	src, pat string
	steps    int
	level    int
	capture  [32]struct{ init, len int }
}

const (
	plainUnfinished = -1
	plainPosition   = -2
)

var errPlainTooLong = errors.New("too long")

// A plainError is raised by panic, as luaL_error raises by longjmp.
type plainError string

// at is the pattern's byte p, or C's zero at its end.
func (m *plainMatcher) at(p int) byte {
	if p < len(m.pat) {
		return m.pat[p]
	}
	return 0
}

func (m *plainMatcher) classEnd(p int) int {
	if p >= len(m.pat) {
		panic("past the end")
	}
	c := m.pat[p]
	p++
	switch c {
	case '%':
		if p >= len(m.pat) {
			panic(plainError("malformed pattern (ends with '%')"))
		}
		return p + 1
	case '[':
		if m.at(p) == '^' {
			p++
		}
		for {
			if p >= len(m.pat) {
				panic(plainError("malformed pattern (missing ']')"))
			}
			c := m.pat[p]
			p++
			if c == '%' && p < len(m.pat) {
				p++
			}
			if p < len(m.pat) && m.pat[p] == ']' {
				return p + 1
			}
		}
	}
	return p
}

func plainClass(c, class byte) bool {
	in := func(set string) bool { return strings.IndexByte(set, c) >= 0 }
	lower, upper, digit := c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9'
	var is bool
	switch bytes.ToLower([]byte{class})[0] {
	case 'a':
		is = lower || upper
	case 'c':
		is = c < 32 || c == 127
	case 'd':
		is = digit
	case 'l':
		is = lower
	case 'p':
		is = c > 32 && c < 127 && !lower && !upper && !digit
	case 's':
		is = in(" \t\n\v\f\r")
	case 'u':
		is = upper
	case 'w':
		is = lower || upper || digit
	case 'x':
		is = digit || in("abcdefABCDEF")
	case 'z':
		is = c == 0
	default:
		return class == c
	}
	return is != (class >= 'A' && class <= 'Z')
}

// bracket says whether c is in the set from p, a [, to end, its ].
func (m *plainMatcher) bracket(c byte, p, end int) bool {
	found := true
	if m.at(p+1) == '^' {
		found = false
		p++
	}
	for p++; p < end; p++ {
		if m.at(p) == '%' {
			p++
			if plainClass(c, m.at(p)) {
				return found
			}
		} else if m.at(p+1) == '-' && p+2 < end {
			p += 2
			if m.at(p-2) <= c && c <= m.at(p) {
				return found
			}
		} else if m.at(p) == c {
			return found
		}
	}
	return !found
}

func (m *plainMatcher) single(s, p, end int) bool {
	if s >= len(m.src) {
		return false
	}
	switch m.at(p) {
	case '.':
		return true
	case '%':
		return plainClass(m.src[s], m.at(p+1))
	case '[':
		return m.bracket(m.src[s], p, end-1)
	}
	return m.at(p) == m.src[s]
}

func (m *plainMatcher) match(s, p int) int {
	if m.steps++; m.steps > 1e6 {
		panic(errPlainTooLong)
	}
	if p == len(m.pat) {
		return s
	}
	switch m.pat[p] {
	case '(':
		if m.at(p+1) == ')' {
			return m.start(s, p+2, plainPosition)
		}
		return m.start(s, p+1, plainUnfinished)
	case ')':
		return m.end(s, p+1)
	case '%':
		switch next := m.at(p + 1); {
		case next == 'b':
			if s = m.balance(s, p+2); s < 0 {
				return -1
			}
			return m.match(s, p+4)
		case next == 'f':
			return m.frontier(s, p+2)
		case next >= '0' && next <= '9':
			if s = m.back(s, next); s < 0 {
				return -1
			}
			return m.match(s, p+2)
		}
	case '$':
		if p+1 == len(m.pat) {
			if s == len(m.src) {
				return s
			}
			return -1
		}
	}
	return m.repeated(s, p)
}

func (m *plainMatcher) repeated(s, p int) int {
	end := m.classEnd(p)
	is := m.single(s, p, end)
	switch m.at(end) {
	case '?':
		if is {
			if r := m.match(s+1, end+1); r >= 0 {
				return r
			}
		}
		return m.match(s, end+1)
	case '*':
		return m.most(s, p, end)
	case '+':
		if !is {
			return -1
		}
		return m.most(s+1, p, end)
	case '-':
		for {
			if r := m.match(s, end+1); r >= 0 {
				return r
			}
			if !m.single(s, p, end) {
				return -1
			}
			s++
		}
	}
	if !is {
		return -1
	}
	return m.match(s+1, end)
}

func (m *plainMatcher) most(s, p, end int) int {
	n := 0
	for m.single(s+n, p, end) {
		n++
	}
	for ; n >= 0; n-- {
		if r := m.match(s+n, end+1); r >= 0 {
			return r
		}
	}
	return -1
}

func (m *plainMatcher) start(s, p, what int) int {
	if m.level >= len(m.capture) {
		panic(plainError("too many captures"))
	}
	m.capture[m.level].init, m.capture[m.level].len = s, what
	m.level++
	r := m.match(s, p)
	if r < 0 {
		m.level--
	}
	return r
}

func (m *plainMatcher) end(s, p int) int {
	for l := m.level - 1; l >= 0; l-- {
		if m.capture[l].len == plainUnfinished {
			m.capture[l].len = s - m.capture[l].init
			r := m.match(s, p)
			if r < 0 {
				m.capture[l].len = plainUnfinished
			}
			return r
		}
	}
	panic(plainError("invalid pattern capture"))
}

func (m *plainMatcher) balance(s, p int) int {
	if p+1 >= len(m.pat) {
		panic(plainError("unbalanced pattern"))
	}
	if s >= len(m.src) || m.src[s] != m.pat[p] {
		return -1
	}
	nested := 1
	for s++; s < len(m.src); s++ {
		if m.src[s] == m.pat[p+1] {
			if nested--; nested == 0 {
				return s + 1
			}
		} else if m.src[s] == m.pat[p] {
			nested++
		}
	}
	return -1
}

func (m *plainMatcher) frontier(s, p int) int {
	if m.at(p) != '[' {
		panic(plainError("missing '[' after '%f' in pattern"))
	}
	end := m.classEnd(p)
	var before, after byte
	if s > 0 {
		before = m.src[s-1]
	}
	if s < len(m.src) {
		after = m.src[s]
	}
	if m.bracket(before, p, end-1) || !m.bracket(after, p, end-1) {
		return -1
	}
	return m.match(s, end)
}

func (m *plainMatcher) back(s int, digit byte) int {
	l := int(digit) - '1'
	if l < 0 || l >= m.level || m.capture[l].len == plainUnfinished {
		panic(plainError("invalid capture index"))
	}
	if c := m.capture[l]; c.len != plainPosition && strings.HasPrefix(m.src[s:], m.src[c.init:c.init+c.len]) {
		return s + c.len
	}
	return -1
}
