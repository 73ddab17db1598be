package luastd

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// capture is where value k of a match is, from 0 on: its captures, or itself
// when the pattern has none.
func (m *matcher) capture(k, from, to int) (start, end int, position bool) {
	p := m.pat
	switch {
	case k >= p.captures:
		if k > 0 {
			m.L.RaiseError("invalid capture index")
		}
		return from, to, false
	case p.unfinished>>k&1 != 0:
		m.L.RaiseError("unfinished capture")
	}
	c := m.captures[k]
	return c.from, c.to, p.positions>>k&1 != 0
}

// value is value k of a match.
func (m *matcher) value(k, from, to int) lua.LValue {
	from, to, position := m.capture(k, from, to)
	if position {
		return lua.LNumber(from + 1)
	}
	return piece(m.text, from, to)
}

// push pushes all values of a match and returns how many they are.
func (m *matcher) push(from, to int) int {
	n := max(1, m.pat.captures)
	for k := range n {
		m.L.Push(m.value(k, from, to))
	}
	return n
}

// piece is a part of a text. A small part of a long text is copied, so as not to
// keep the whole of it in memory.
func piece(text string, from, to int) lua.LString {
	if len(text) >= 1<<16 && (to-from) < len(text)/16 {
		return lua.LString(strings.Clone(text[from:to]))
	}
	return lua.LString(text[from:to])
}
