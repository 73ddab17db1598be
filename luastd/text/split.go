package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

func trim(L *lua.LState) int {
	s := L.CheckString(1)
	end := len(strings.TrimRightFunc(s, unicode.IsSpace))
	start := end - len(strings.TrimLeftFunc(s[:end], unicode.IsSpace))
	L.Push(value.Substring(s, start, end))
	return 1
}

func starts(L *lua.LState) int {
	L.Push(lua.LBool(strings.HasPrefix(L.CheckString(1), L.CheckString(2))))
	return 1
}

func ends(L *lua.LState) int {
	L.Push(lua.LBool(strings.HasSuffix(L.CheckString(1), L.CheckString(2))))
	return 1
}

// A parts is a list of parts of a text, for Lua.
type parts struct {
	*luastd.Progress
	L    *lua.LState
	list *lua.LTable
}

func (m module) newParts(L *lua.LState) *parts {
	return &parts{luastd.NewProgress(m, L), L, L.CreateTable(0, 0)}
}

// append appends text[from:to].
func (p *parts) append(text string, from, to int) {
	if p.list.Len() == maxParts {
		p.L.RaiseError("the text has more than %d parts", maxParts)
	}
	p.list.Append(value.Substring(text, from, to))
	p.Add(to - from + 100) // 100: the cost of a short part
}

func (m module) split(L *lua.LState) int {
	s := checkText(L, 1, maxText)
	separator := ""
	if v := L.Get(2); v != lua.LNil && !value.IsNull(v) {
		if separator = L.CheckString(2); separator == "" {
			L.ArgError(2, "the separator is empty; utf8.codes visits each character")
		}
	}
	maximum := value.CheckOptions(L, 3, "max").Int("max", maxParts+1, 1, maxParts)
	p := m.newParts(L)
	if separator == "" {
		p.fields(s, maximum)
		L.Push(p.list)
		return 1
	}
	at := 0
	for p.list.Len() < maximum-1 {
		i := strings.Index(s[at:], separator)
		if i < 0 {
			break
		}
		p.append(s, at, at+i)
		at += i + len(separator)
	}
	p.append(s, at, len(s))
	L.Push(p.list)
	return 1
}

// fields appends the parts of s between white space, at most maximum.
func (p *parts) fields(s string, maximum int) {
	start := -1 // where the current part begins; -1: between parts
	for i, r := range s {
		p.Add(1)
		switch {
		case unicode.IsSpace(r):
			if start >= 0 {
				p.append(s, start, i)
			}
			start = -1
		case start < 0 && p.list.Len() == maximum-1:
			p.append(s, i, len(strings.TrimRightFunc(s, unicode.IsSpace)))
			return
		case start < 0:
			start = i
		}
	}
	if start >= 0 {
		p.append(s, start, len(s))
	}
}

func lines(L *lua.LState) int {
	s, at := L.CheckString(1), 0
	L.Push(L.NewFunction(func(L *lua.LState) int {
		if at >= len(s) {
			L.Push(lua.LNil)
			return 1
		}
		from, to := at, len(s)
		at = len(s)
		if i := strings.IndexByte(s[from:], '\n'); i >= 0 {
			to, at = from+i, from+i+1
			if i > 0 && s[to-1] == '\r' {
				to--
			}
		}
		L.Push(value.Substring(s, from, to))
		return 1
	}))
	return 1
}

func (m module) words(L *lua.LState) int {
	s := checkText(L, 1, maxText)
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	p := m.newParts(L)
	for at := 0; at < len(s); {
		word, _, _ := uniseg.FirstWordInString(s[at:cut(s, at, maxWord)], -1)
		if strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
			p.append(s, at, at+len(word))
		} else {
			p.Add(len(word))
		}
		at += len(word)
	}
	L.Push(p.list)
	return 1
}

// cut returns the end of a part of s that begins at at, has at most size bytes, and does not end in
// the middle of a rune.
func cut(s string, at, size int) int {
	end := at + size
	if end >= len(s) {
		return len(s)
	}
	for end > at+1 && !utf8.RuneStart(s[end]) {
		end--
	}
	return end
}

// nextCharacter returns the end of the character of s that begins at at.
func nextCharacter(s string, at int) int {
	if at+1 == len(s) || s[at] < utf8.RuneSelf && s[at] != '\r' && s[at+1] < utf8.RuneSelf {
		return at + 1
	}
	cluster, _, _, _ := uniseg.FirstGraphemeClusterInString(s[at:cut(s, at, maxCharacter)], -1)
	return at + len(cluster)
}

// checkMax returns argument n, a maximal number of characters.
func checkMax(L *lua.LState, n int) int {
	return int(value.CheckWhole(L, n, 1, maxText))
}
