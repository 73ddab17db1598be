package luastd

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// mostText is the longest string, in bytes, that a function of the string
// library makes.
const mostText = 64 << 20

// mostBytes is how many values string.byte returns, as in Lua 5.1.
const mostBytes = 8000

// A stringLib is the string library of one Lua state.
type stringLib struct {
	breather Breather
	steps    int // how many a call of a pattern function may take
	patterns patternCache
	scratch  []byte // of string.format, which calls nothing that could call it
}

// openString opens the string library, which is Lua 5.1's. Strings are bytes;
// letters, digits and so on are those of ASCII. Where an integer is expected, a
// fraction is cut off, and a number past 64 bits is the nearest there is.
//
//	string.byte(s [, i [, j]])             -> the codes of the bytes from i to j
//	string.char(...)                       -> a string of the bytes with these codes
//	string.dump(fn)                           raises: compiled functions have no text form
//	string.find(s, pattern [, init [, plain]]) -> where it begins, where it ends, its captures; or nil
//	string.format(format, ...)             -> the arguments, written as format says
//	string.gmatch(s, pattern)              -> a function that returns the captures of the next match
//	string.gsub(s, pattern, repl [, n])    -> s with n matches, or all, replaced, and how many they were
//	string.len(s)                          -> how many bytes s has
//	string.lower(s), string.upper(s)       -> s with its letters in that case
//	string.match(s, pattern [, init])      -> the captures of the first match, or nil
//	string.rep(s, n)                       -> s n times
//	string.reverse(s)                      -> s from its end
//	string.sub(s, i [, j])                 -> s from its byte i to its byte j
func openString(L *lua.LState, breather Breather) {
	lib := &stringLib{breather: breather, steps: mostSteps, patterns: make(patternCache)}
	lib.open(L)
}

func (lib *stringLib) open(L *lua.LState) {
	all := L.CreateTable(0, 16)
	set(L, all, map[string]lua.LGFunction{
		"byte":    stringByte,
		"char":    stringChar,
		"dump":    stringDump,
		"find":    lib.find,
		"format":  lib.format,
		"gmatch":  lib.gmatch,
		"gsub":    lib.gsub,
		"len":     stringLen,
		"lower":   stringLower,
		"match":   lib.match,
		"rep":     stringRep,
		"reverse": stringReverse,
		"sub":     stringSub,
		"upper":   stringUpper,
	})
	L.SetGlobal("string", all)

	// The table that all strings share stays out of reach: ("x"):rep(2) works
	// whatever a script does to getmetatable("").
	meta := L.CreateTable(0, 2)
	meta.RawSetString("__index", all)
	meta.RawSetString("__metatable", lua.LString("string"))
	L.SetMetatable(lua.LString(""), meta)
}

func stringLen(L *lua.LState) int {
	L.Push(lua.LNumber(len(checkString(L, 1))))
	return 1
}

func stringSub(L *lua.LState) int {
	s := checkString(L, 1)
	from, to := slice(len(s), checkInt(L, 2), optInt(L, 3, -1))
	L.Push(piece(s, from, to))
	return 1
}

// place makes i, which counts from the end when it is negative, count from the
// beginning of n bytes; 0 is before the beginning.
func place(n, i int) int {
	if i < 0 {
		i += n + 1
	}
	return max(0, i)
}

// slice is the part of n bytes from byte i to byte j, as bounds.
func slice(n, i, j int) (from, to int) {
	from, to = max(place(n, i), 1)-1, min(place(n, j), n)
	if from >= to {
		return 0, 0
	}
	return from, to
}

func stringByte(L *lua.LState) int {
	s := checkString(L, 1)
	i := place(len(s), optInt(L, 2, 1))
	from, to := slice(len(s), i, optInt(L, 3, i))
	if to-from+L.GetTop() > mostBytes {
		L.RaiseError("string slice too long (%d bytes; the most is %d)", to-from, mostBytes)
	}
	for _, b := range []byte(s[from:to]) {
		L.Push(lua.LNumber(b))
	}
	return to - from
}

func stringChar(L *lua.LState) int {
	text := make([]byte, L.GetTop())
	for i := range text {
		code := checkInt(L, i+1)
		if code < 0 || code > 255 {
			argError(L, i+1, "invalid value")
		}
		text[i] = byte(code)
	}
	L.Push(lua.LString(text))
	return 1
}

func stringDump(L *lua.LState) int {
	if L.Get(1).Type() != lua.LTFunction {
		typeError(L, 1, "function")
	}
	L.RaiseError("unable to dump given function")
	return 0
}

func stringRep(L *lua.LState) int {
	s, n := checkString(L, 1), checkInt(L, 2)
	if n <= 0 || s == "" {
		L.Push(lua.LString(""))
		return 1
	}
	if n > mostText/len(s) {
		raiseTooLarge(L, float64(len(s))*float64(n))
	}
	L.Push(lua.LString(strings.Repeat(s, n)))
	return 1
}

// raiseTooLarge raises for a result of so many bytes.
func raiseTooLarge(L *lua.LState, size float64) {
	L.RaiseError("%s", fmt.Sprintf("resulting string too large (%.0f bytes; the most is %d)", size, mostText))
}

func stringReverse(L *lua.LState) int {
	s := checkString(L, 1)
	var b strings.Builder
	b.Grow(len(s))
	for i := len(s) - 1; i >= 0; i-- {
		b.WriteByte(s[i])
	}
	L.Push(lua.LString(b.String()))
	return 1
}

func stringLower(L *lua.LState) int { return changeCase(L, 'A', 'Z') }
func stringUpper(L *lua.LState) int { return changeCase(L, 'a', 'z') }

// changeCase gives the letters between two of them their other case.
func changeCase(L *lua.LState, first, last byte) int {
	s := checkString(L, 1)
	for i := range len(s) {
		if first <= s[i] && s[i] <= last {
			L.Push(lua.LString(otherCase(s, i, first, last)))
			return 1
		}
	}
	L.Push(lua.LString(s))
	return 1
}

// otherCase is s with those letters changed, the first of them at byte i.
func otherCase(s string, i int, first, last byte) string {
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:i])
	for ; i < len(s); i++ {
		c := s[i]
		if first <= c && c <= last {
			c ^= 'a' ^ 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}
