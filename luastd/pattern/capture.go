package pattern

import (
	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// openCapture begins a capture at index pos of the text. It then matches the pattern from index p
// on, which is after the opening parenthesis. It returns where the match ends, or -1 if there is no
// match.
func (m *Matcher) openCapture(pos, p int) int {
	if m.level == maxCaptures {
		m.L.RaiseError("too many captures")
	}
	size := unfinished
	if m.patternByte(p) == ')' {
		size = position
		p++
	}
	m.captures[m.level] = capture{pos, size}
	m.level++
	to := m.match(pos, p)
	if to < 0 {
		m.level--
	}
	return to
}

// closeCapture ends the innermost open capture at index pos of the text. It then matches the
// pattern from index p on, which is after the closing parenthesis. It returns where the match ends,
// or -1 if there is no match.
func (m *Matcher) closeCapture(pos, p int) int {
	i := m.level - 1
	for i >= 0 && m.captures[i].size != unfinished {
		i--
	}
	if i < 0 {
		m.L.RaiseError("invalid pattern capture")
	}
	m.captures[i].size = pos - m.captures[i].from
	to := m.match(pos, p)
	if to < 0 {
		m.captures[i].size = unfinished
	}
	return to
}

// Captures returns the number of captures in the last match.
func (m *Matcher) Captures() int { return m.level }

// Value returns capture number i of the last match, counted from 0. from and to are the results of
// Find. If the pattern has no captures, capture 0 is the whole match. An invalid i raises an error.
func (m *Matcher) Value(i, from, to int) lua.LValue {
	if i >= m.level {
		if i > 0 {
			m.L.RaiseError("invalid capture index")
		}
		return value.Substring(m.text, from, to)
	}
	switch c := m.captures[i]; c.size {
	case unfinished:
		m.L.RaiseError("unfinished capture")
		return nil
	case position:
		return lua.LNumber(c.from + 1)
	default:
		return value.Substring(m.text, c.from, c.from+c.size)
	}
}

// Push pushes all captures of the last match onto the Lua stack, or the whole match if the pattern
// has no captures. It returns the number of values. from and to are the results of Find.
func (m *Matcher) Push(from, to int) int {
	n := max(1, m.level)
	for i := range n {
		m.L.Push(m.Value(i, from, to))
	}
	return n
}
