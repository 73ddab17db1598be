package std

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/pattern"
)

// matcher prepares m to match the pattern that is argument 2 with the text s.
func (lib *stringLib) matcher(m *pattern.Matcher, L *lua.LState, s string) {
	m.Init(L, lib.checkpointer, s, checkString(L, 2), pattern.Options{})
}

// magic has the characters that have a special meaning in a pattern.
const magic = "^$*+?.([%-"

func (lib *stringLib) find(L *lua.LState) int {
	s, text := checkString(L, 1), checkString(L, 2)
	init := searchStart(L, s)
	if lua.LVAsBool(L.Get(4)) || !strings.ContainsAny(text, magic) {
		at := strings.Index(s[init:], text)
		if at < 0 {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(lua.LNumber(init + at + 1))
		L.Push(lua.LNumber(init + at + len(text)))
		return 2
	}
	var m pattern.Matcher
	lib.matcher(&m, L, s)
	from, to := m.Find(init)
	if from < 0 {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(from + 1))
	L.Push(lua.LNumber(to))
	if m.Captures() == 0 {
		return 2
	}
	return 2 + m.Push(from, to)
}

func (lib *stringLib) match(L *lua.LState) int {
	s := checkString(L, 1)
	var m pattern.Matcher
	lib.matcher(&m, L, s)
	from, to := m.Find(searchStart(L, s))
	if from < 0 {
		L.Push(lua.LNil)
		return 1
	}
	return m.Push(from, to)
}

// searchStart returns the index of s at which a search begins. Argument 3 gives the index as a Lua
// index; the default is the beginning of s.
func searchStart(L *lua.LState, s string) int {
	return min(max(absoluteIndex(len(s), optInt(L, 3, 1)), 1)-1, len(s))
}

func (lib *stringLib) gmatch(L *lua.LState) int {
	s, text := checkString(L, 1), checkString(L, 2)
	at := 0 // the index in s at which the next search begins
	L.Push(L.NewFunction(func(L *lua.LState) int {
		if at > len(s) {
			return 0
		}
		var m pattern.Matcher
		m.Init(L, lib.checkpointer, s, text, pattern.Options{PlainCaret: true})
		from, to := m.Find(at)
		if from < 0 {
			at = len(s) + 1
			return 0
		}
		// the next search begins after the match, or one byte later if the match is empty
		at = max(to, from+1)
		return m.Push(from, to)
	}))
	return 1
}
