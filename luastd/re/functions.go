package re

import (
	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// maxParts is the maximal number of parts that split returns.
const maxParts = 200_000

func (m *module) match(L *lua.LState, p *program, s string) int {
	L.Push(matchTable(L, p, s, m.matches(p, s).next(L, 1)))
	return 1
}

// matchTable returns the Lua table of the match in s with the positions loc. It returns nil if loc
// is nil.
func matchTable(L *lua.LState, p *program, s string, loc []int) lua.LValue {
	if loc == nil {
		return lua.LNil
	}
	t := L.CreateTable(len(loc)/2, 1)
	for i, name := range p.re.SubexpNames() {
		v := group(s, loc, i)
		t.RawSetInt(i, v)
		if name != "" && v != lua.LNil { // if several groups have the name, the one that took part counts
			t.RawSetString(name, v)
		}
	}
	return t
}

// group returns group i of the match in s with the positions loc. Group 0 is the whole match. It
// returns nil if the group took no part in the match.
func group(s string, loc []int, i int) lua.LValue {
	if loc[2*i] < 0 {
		return lua.LNil
	}
	return value.Substring(s, loc[2*i], loc[2*i+1])
}

func (m *module) find(L *lua.LState, p *program, s string) int {
	loc := m.matches(p, s).next(L, 1)
	if loc == nil {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(loc[0] + 1))
	L.Push(lua.LNumber(loc[1]))
	for i := 1; i < len(loc)/2; i++ {
		L.Push(group(s, loc, i))
	}
	return 1 + len(loc)/2
}

func (m *module) test(L *lua.LState, p *program, s string) int {
	L.Push(lua.LBool(m.matches(p, s).next(L, 1) != nil))
	return 1
}

func (m *module) gmatch(L *lua.LState, p *program, s string) int {
	found := m.matches(p, s)
	L.Push(L.NewFunction(func(L *lua.LState) int {
		L.Push(matchTable(L, p, s, found.next(L, matchesPerWait)))
		return 1
	}))
	return 1
}

func (m *module) split(L *lua.LState, p *program, s string) int {
	parts := L.CreateTable(4, 0)
	n, done := 0, 0 // number of parts, and number of bytes of s that are in them
	add := func(to int) {
		if n++; n > maxParts {
			L.RaiseError("re.split: the text has more than %d parts", maxParts)
		}
		parts.RawSetInt(n, value.Substring(s, done, to))
	}
	found := m.matches(p, s)
	for loc := found.next(L, matchesPerWait); loc != nil; loc = found.next(L, matchesPerWait) {
		if loc[0] == loc[1] && (loc[0] == 0 || loc[0] == len(s)) {
			continue // an empty match at either end separates nothing
		}
		add(loc[0])
		done = loc[1]
	}
	add(len(s))
	L.Push(parts)
	return 1
}
