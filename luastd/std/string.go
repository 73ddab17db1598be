package std

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/structs"
	"moonlark/luastd/value"
)

// maxByteResults is the maximal number of values that string.byte returns, as in Lua 5.1.
const maxByteResults = 8000

// A stringLib is the string library of one Lua state.
type stringLib struct {
	checkpointer luastd.Checkpointer
}

// openString returns a table with the functions of the string library. Strings consist of bytes.
// Letters, digits and other classes are those of ASCII. Where an integer is expected, the fraction
// of a number is ignored.
//
//	string.byte(s [, i [, j]])             -> the codes of the bytes from i to j
//	string.char(...)                       -> a string of the bytes with these codes
//	string.dump(fn)                           raises an error: it is not supported
//	string.find(s, pattern [, init [, plain]]) -> where the match begins and ends, and its captures; or nil
//	string.format(format, ...)             -> the arguments, written as format says
//	string.gmatch(s, pattern)              -> a function that returns the captures of the next match
//	string.gsub(s, pattern, repl [, n])    -> s with the first n matches, or all, replaced; and their number
//	string.len(s)                          -> the number of bytes in s
//	string.lower(s), string.upper(s)       -> s with its letters in that case
//	string.match(s, pattern [, init])      -> the captures of the first match, or nil
//	string.pack(format, ...)               -> the arguments as bytes: see package moonlark/luastd/structs
//	string.packsize(format)                -> the number of bytes that pack returns for format
//	string.rep(s, n)                       -> s n times
//	string.reverse(s)                      -> the bytes of s in reverse order
//	string.sub(s, i [, j])                 -> s from its byte i to its byte j
//	string.unpack(format, s [, pos])       -> the values in s, and the position after them
func openString(L *lua.LState, rt luastd.Runtime) lua.LValue {
	return (&stringLib{checkpointer: rt}).open(L)
}

func (lib *stringLib) open(L *lua.LState) lua.LValue {
	all := newTable(L, map[string]lua.LGFunction{
		"byte":     stringByte,
		"char":     stringChar,
		"dump":     stringDump,
		"find":     lib.find,
		"format":   stringFormat,
		"gmatch":   lib.gmatch,
		"gsub":     lib.gsub,
		"len":      stringLen,
		"lower":    stringLower,
		"match":    lib.match,
		"pack":     structs.Pack,
		"packsize": structs.Size,
		"rep":      stringRep,
		"reverse":  stringReverse,
		"sub":      stringSub,
		"unpack":   structs.Unpack,
		"upper":    stringUpper,
	})
	// The field __metatable makes getmetatable("") return "string", so that a script cannot change
	// the metatable of all strings.
	meta := L.CreateTable(0, 2)
	meta.RawSetString("__index", all)
	meta.RawSetString("__metatable", lua.LString("string"))
	L.SetMetatable(lua.LString(""), meta)
	return all
}

func stringLen(L *lua.LState) int {
	L.Push(lua.LNumber(len(checkString(L, 1))))
	return 1
}

func stringSub(L *lua.LState) int {
	s := checkString(L, 1)
	from, to := byteRange(len(s), checkInt(L, 2), optInt(L, 3, -1))
	L.Push(value.Substring(s, from, to))
	return 1
}

// absoluteIndex converts i, a Lua index of a string of n bytes, to an index from the beginning of
// the string. A negative i counts from the end. absoluteIndex returns 0 if i is before the
// beginning.
func absoluteIndex(n, i int) int {
	if i < 0 {
		i += n + 1
	}
	return max(0, i)
}

// byteRange converts the Lua indices i and j of a string of n bytes to the bounds of a Go slice.
func byteRange(n, i, j int) (from, to int) {
	from, to = max(absoluteIndex(n, i), 1)-1, min(absoluteIndex(n, j), n)
	if from >= to {
		return 0, 0
	}
	return from, to
}

func stringByte(L *lua.LState) int {
	s := checkString(L, 1)
	i := absoluteIndex(len(s), optInt(L, 2, 1))
	from, to := byteRange(len(s), i, optInt(L, 3, i))
	if to-from+L.GetTop() > maxByteResults {
		L.RaiseError("string slice too long (%d bytes; the maximum is %d)", to-from, maxByteResults)
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
	if n > value.MaxText/len(s) {
		L.RaiseError("resulting string too large (%.0f bytes; the maximum is %d)", float64(len(s))*float64(n), value.MaxText)
	}
	L.Push(lua.LString(strings.Repeat(s, n)))
	return 1
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

// changeCase pushes a copy of the string in argument 1. In the copy, the ASCII letters from first to
// last have the other case. changeCase returns 1, the number of results.
func changeCase(L *lua.LState, first, last byte) int {
	s := checkString(L, 1)
	var b strings.Builder
	b.Grow(len(s))
	for i := range len(s) {
		c := s[i]
		if first <= c && c <= last {
			c ^= 'a' ^ 'A'
		}
		b.WriteByte(c)
	}
	L.Push(lua.LString(b.String()))
	return 1
}
