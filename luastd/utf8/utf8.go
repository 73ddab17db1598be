// Package utf8 is the Lua module "utf8": the library of that name of Lua 5.3. It works with strings
// that consist of characters in UTF-8.
//
//	utf8.char(...)                  -> the characters with these code points, as a string
//	utf8.charpattern                   a pattern that matches one character
//	utf8.codes(s)                   -> an iterator for the position and code point of each character
//	utf8.codepoint(s [, i [, j]])   -> the code points of the characters that begin from byte i to j
//	utf8.len(s [, i [, j]])         -> the number of characters that begin from byte i to byte j; or
//	                                   nil and the position of the first byte that is not UTF-8
//	utf8.offset(s, n [, i])         -> the position of the nth character, counted from byte i; or nil
//
// Positions are counted in bytes, from 1. A negative position counts from the end. As in Lua 5.3, a
// code point is from 0 to 10FFFF (hexadecimal), and surrogates are allowed. codes and codepoint
// raise an error when they find bytes that are not UTF-8. codepoint returns at most 8,000 code
// points.
package utf8

import (
	_ "embed"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "utf8".
var Module = luastd.Module{Name: "utf8", Open: open, Doc: doc, Manual: manual}

const (
	maxCodePoint = 0x10FFFF
	maxResults   = 8000 // maximal number of values that codepoint returns
	charpattern  = "[\x00-\x7F\xC2-\xF4][\x80-\xBF]*"
)

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := module{rt}
	t := L.CreateTable(0, 6)
	next := L.NewFunction(nextCode)
	value.SetFunctions(L, t, map[string]lua.LGFunction{
		"char":      char,
		"codepoint": codepoint,
		"len":       m.length,
		"offset":    m.offset,
		"codes": func(L *lua.LState) int {
			s := L.CheckString(1)
			L.Push(next)
			L.Push(lua.LString(s))
			L.Push(lua.LNumber(0))
			return 3
		},
	})
	t.RawSetString("charpattern", lua.LString(charpattern))
	return t
}

type module struct{ luastd.Checkpointer }

// decode returns the code point at the beginning of s and its number of bytes. It returns a size of
// 0 if s does not begin with a character in UTF-8. Unlike package unicode/utf8 of Go, decode
// accepts surrogates.
func decode(s string) (code, size int) {
	if s == "" {
		return 0, 0
	}
	c := s[0]
	minCode := 0 // the smallest code point that needs size bytes
	switch {
	case c < 0x80:
		return int(c), 1
	case c < 0xC0:
		return 0, 0
	case c < 0xE0:
		code, size, minCode = int(c&0x1F), 2, 0x80
	case c < 0xF0:
		code, size, minCode = int(c&0x0F), 3, 0x800
	case c < 0xF8:
		code, size, minCode = int(c&0x07), 4, 0x10000
	default:
		return 0, 0
	}
	if len(s) < size {
		return 0, 0
	}
	for _, c := range []byte(s[1:size]) {
		if !isContinuation(c) {
			return 0, 0
		}
		code = code<<6 | int(c&0x3F)
	}
	if code < minCode || code > maxCodePoint {
		return 0, 0
	}
	return code, size
}

// appendCode appends the code point in UTF-8.
func appendCode(dst []byte, code int) []byte {
	switch {
	case code < 0x80:
		return append(dst, byte(code))
	case code < 0x800:
		return append(dst, 0xC0|byte(code>>6), 0x80|byte(code&0x3F))
	case code < 0x10000:
		return append(dst, 0xE0|byte(code>>12), 0x80|byte(code>>6&0x3F), 0x80|byte(code&0x3F))
	}
	return append(dst, 0xF0|byte(code>>18), 0x80|byte(code>>12&0x3F), 0x80|byte(code>>6&0x3F), 0x80|byte(code&0x3F))
}

// isContinuation reports whether c is a byte of a character, but not its first.
func isContinuation(c byte) bool { return c&0xC0 == 0x80 }

// continues reports whether s[i] exists and is a byte of a character, but not its first.
func continues(s string, i int) bool { return 0 <= i && i < len(s) && isContinuation(s[i]) }

// checkPosition returns argument n, a position in a string of size bytes. It converts a negative
// position to one from the beginning, or to 0 if the position is before the beginning. If the
// argument is nil or left out, checkPosition returns fallback.
func checkPosition(L *lua.LState, n, size, fallback int) int {
	if L.Get(n) == lua.LNil {
		return fallback
	}
	i := int(value.CheckInteger(L, n))
	if i < 0 {
		i = max(0, size+i+1)
	}
	return i
}

func char(L *lua.LState) int {
	var text []byte
	for n := 1; n <= L.GetTop(); n++ {
		text = appendCode(text, int(value.CheckWhole(L, n, 0, maxCodePoint)))
	}
	L.Push(lua.LString(text))
	return 1
}

func codepoint(L *lua.LState) int {
	s := L.CheckString(1)
	i := checkPosition(L, 2, len(s), 1)
	j := checkPosition(L, 3, len(s), i)
	if i < 1 {
		L.ArgError(2, "out of range")
	}
	if j > len(s) {
		L.ArgError(3, "out of range")
	}
	count := 0
	for at := i - 1; at < j; {
		code, size := decode(s[at:])
		if size == 0 {
			L.RaiseError("invalid UTF-8 code at byte %d", at+1)
		}
		if count++; count > maxResults {
			L.RaiseError("string slice too long (the maximum is %d characters)", maxResults)
		}
		L.Push(lua.LNumber(code))
		at += size
	}
	return count
}

func (m module) length(L *lua.LState) int {
	s := L.CheckString(1)
	i := checkPosition(L, 2, len(s), 1)
	j := checkPosition(L, 3, len(s), len(s))
	if i < 1 || i > len(s)+1 {
		L.ArgError(2, "initial position out of string")
	}
	if j > len(s) {
		L.ArgError(3, "final position out of string")
	}
	count := 0
	for at := i - 1; at < j; {
		_, size := decode(s[at:])
		if size == 0 {
			L.Push(lua.LNil)
			L.Push(lua.LNumber(at + 1))
			return 2
		}
		at += size
		if count++; count%value.BytesPerCheckpoint == 0 {
			m.Checkpoint(L)
		}
	}
	L.Push(lua.LNumber(count))
	return 1
}

func (m module) offset(L *lua.LState) int {
	s := L.CheckString(1)
	n := int(value.CheckInteger(L, 2))
	fallback := 1
	if n <= 0 {
		fallback = len(s) + 1
	}
	i := checkPosition(L, 3, len(s), fallback) - 1
	if i < 0 || i > len(s) {
		L.ArgError(3, "position out of range")
	}
	if n == 0 { // find the beginning of the character that contains byte i
		for i > 0 && continues(s, i) {
			i--
		}
		L.Push(lua.LNumber(i + 1))
		return 1
	}
	if continues(s, i) {
		L.RaiseError("initial position is a continuation byte")
	}
	steps := 0
	step := func() {
		if steps++; steps%value.BytesPerCheckpoint == 0 {
			m.Checkpoint(L)
		}
	}
	for ; n < 0 && i > 0; n++ {
		for i--; i > 0 && continues(s, i); i-- {
			step()
		}
		step()
	}
	if n > 0 {
		n-- // the first character begins at i
		for ; n > 0 && i < len(s); n-- {
			for i++; continues(s, i); i++ {
				step()
			}
			step()
		}
	}
	if n != 0 {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(i + 1))
	return 1
}

// nextCode is the iterator that codes returns. Its arguments are the string and the position of the
// previous character, or 0.
func nextCode(L *lua.LState) int {
	s := L.CheckString(1)
	i := int(value.CheckWhole(L, 2, 0, int64(len(s))))
	if i > 0 { // s[i-1] is the first byte of the previous character
		for i < len(s) && isContinuation(s[i]) {
			i++
		}
	}
	if i >= len(s) {
		return 0
	}
	code, size := decode(s[i:])
	if size == 0 || continues(s, i+size) {
		L.RaiseError("invalid UTF-8 code at byte %d", i+1)
	}
	L.Push(lua.LNumber(i + 1))
	L.Push(lua.LNumber(code))
	return 2
}
