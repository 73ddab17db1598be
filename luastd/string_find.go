package luastd

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// pattern is argument 2, compiled; caret is as for compile.
func (lib *stringLib) pattern(L *lua.LState, caret bool) *pattern {
	p, err := lib.patterns.get(checkString(L, 2), caret)
	if err != nil {
		L.RaiseError("%s", err.Error())
	}
	return p
}

// magic is what makes a pattern more than the text that it is.
const magic = "^$*+?.([%-"

func (lib *stringLib) find(L *lua.LState) int {
	s, text := checkString(L, 1), checkString(L, 2)
	init := searchFrom(L, s)
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
	var m matcher
	m.begin(L, lib, lib.pattern(L, false), s)
	from, to := m.find(init)
	if from < 0 {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(from + 1))
	L.Push(lua.LNumber(to))
	if m.pat.captures == 0 {
		return 2
	}
	return 2 + m.push(from, to)
}

func (lib *stringLib) match(L *lua.LState) int {
	s := checkString(L, 1)
	p := lib.pattern(L, false)
	var m matcher
	m.begin(L, lib, p, s)
	from, to := m.find(searchFrom(L, s))
	if from < 0 {
		L.Push(lua.LNil)
		return 1
	}
	return m.push(from, to)
}

// searchFrom is argument 3, where a search of s begins, counted from 0.
func searchFrom(L *lua.LState, s string) int {
	return min(max(place(len(s), optInt(L, 3, 1)), 1)-1, len(s))
}

func (lib *stringLib) gmatch(L *lua.LState) int {
	s := checkString(L, 1)
	p := lib.pattern(L, true)
	at := 0
	L.Push(L.NewFunction(func(L *lua.LState) int {
		if at > len(s) {
			return 0
		}
		var m matcher
		m.begin(L, lib, p, s)
		from, to := m.find(at)
		if from < 0 {
			at = len(s) + 1
			return 0
		}
		at = max(to, from+1) // an empty match does not come again
		return m.push(from, to)
	}))
	return 1
}
