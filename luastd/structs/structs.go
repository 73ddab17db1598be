// Package structs is the Lua module "struct". It converts between Lua values and bytes, in the
// formats of string.pack of Lua 5.3. The package also has the functions string.pack, string.unpack
// and string.packsize.
//
//	struct.pack(fmt, ...)              -> the values as bytes
//	struct.unpack(fmt, bytes [, pos])  -> the values in bytes from position pos, and the position after
//	                                      them; or nil, reason, "invalid" if there are too few bytes
//	struct.size(fmt)                   -> the number of bytes of a format without s and z
//
// bytes is a string, or a list of numbers from 0 to 255. The letters of a format are
//
//	<  >  =       little endian, big endian, the machine's order (the default)
//	![n]          aligns numbers to at most n bytes (default: 8)
//	b B  h H  i[n] I[n]  l L  j J  T   signed and unsigned integers of 1, 2, n (default: 4), 8, 8 and 8
//	              bytes; n is from 1 to 16
//	f  d  n       floating-point numbers of 4, 8 and 8 bytes
//	s[n]          a string after its length, which is an unsigned integer of n bytes (default: 8)
//	z             a string that ends with a zero byte
//	cn            a string of exactly n bytes
//	x             a zero byte; Xop aligns to the size of the option op
//	(space)       nothing
//
// A number that is not exact in Lua, beyond 2^53, is a string of digits, which pack accepts too.
// The result of pack has at most 64 MiB, and a format at most 64 KiB and 4,000 values. unpack
// raises an error for all mistakes but missing bytes; string.unpack raises an error for these too.
package structs

import (
	_ "embed"
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "struct".
var Module = luastd.Module{Name: "struct", Open: open, Doc: doc, Manual: manual}

const (
	maxFormat = 64 << 10 // maximal length of a format, in bytes
	maxValues = 4000     // maximal number of values in a format
)

func open(L *lua.LState, _ luastd.Runtime) lua.LValue {
	t := L.CreateTable(0, 3)
	value.SetFunctions(L, t, map[string]lua.LGFunction{
		"pack": Pack,
		"size": Size,
		"unpack": func(L *lua.LState) int {
			return unpack(L, func(err error) int { return value.PushFailure(L, "invalid", "%s", err.Error()) })
		},
	})
	return t
}

// Pack is the Lua function struct.pack, which is also string.pack.
func Pack(L *lua.LState) int {
	f := checkFormat(L)
	var out []byte
	for arg := 1; ; {
		o, ok := f.next(len(out))
		if !ok {
			break
		}
		out = append(out, make([]byte, o.padding)...)
		if !o.isValue() {
			if o.kind == kindZero {
				out = append(out, 0)
			}
			continue
		}
		arg++
		out = appendValue(out, L, arg, o, f.little)
		if len(out) > value.MaxText {
			value.RaiseTooLong(L, len(out))
		}
	}
	L.Push(lua.LString(out))
	return 1
}

// appendValue appends argument number arg in the format of o, without padding.
func appendValue(out []byte, L *lua.LState, arg int, o option, little bool) []byte {
	switch o.kind {
	case kindSigned, kindUnsigned:
		n := checkInteger(L, arg, o)
		return appendInteger(out, n.bits, n.negative, o.size, little)
	case kindFloat:
		x := float64(L.CheckNumber(arg))
		if o.size == 4 {
			return appendInteger(out, uint64(math.Float32bits(float32(x))), false, 4, little)
		}
		return appendInteger(out, math.Float64bits(x), false, 8, little)
	}
	s := L.CheckString(arg)
	if o.kind == kindChars && len(s) > o.size {
		L.ArgError(arg, fmt.Sprintf("the string has %d bytes, which is more than the %d of the format", len(s), o.size))
	}
	if size := len(out) + max(o.size, len(s)); size > value.MaxText {
		value.RaiseTooLong(L, size)
	}
	switch o.kind {
	case kindChars:
		out = append(out, s...)
		return append(out, make([]byte, o.size-len(s))...)
	case kindString:
		if o.size < 8 && uint64(len(s)) >= 1<<(8*o.size) {
			L.ArgError(arg, "the length of the string does not fit in the given size")
		}
		out = appendInteger(out, uint64(len(s)), false, o.size, little)
		return append(out, s...)
	default: // a string that ends with a zero byte
		if strings.Contains(s, "\x00") {
			L.ArgError(arg, "the string contains a zero byte")
		}
		return append(append(out, s...), 0)
	}
}

// Unpack is the Lua function string.unpack. It raises an error if there are too few bytes.
func Unpack(L *lua.LState) int {
	return unpack(L, func(err error) int {
		L.ArgError(2, err.Error())
		return 0
	})
}

// unpack does what struct.unpack does. If there are too few bytes, it calls fail with the error,
// and returns the number of results that fail returns.
func unpack(L *lua.LState, fail func(error) int) int {
	f := checkFormat(L)
	data := checkBytes(L, 2)
	at := 0 // number of bytes before the next value
	if L.Get(3) != lua.LNil {
		pos := value.CheckInteger(L, 3)
		if pos < 0 {
			pos += int64(len(data)) + 1
		}
		if pos < 1 || pos > int64(len(data))+1 {
			L.ArgError(3, "initial position out of string")
		}
		at = int(pos) - 1
	}
	bottom := L.GetTop()
	for {
		o, ok := f.next(at)
		if !ok {
			break
		}
		v, size, err := read(data[at:], o, f.little)
		if err != nil {
			L.SetTop(bottom)
			return fail(fmt.Errorf("%w (at byte %d of %d)", err, at+1, len(data)))
		}
		at += size
		if v != nil {
			L.Push(v)
		}
	}
	L.Push(lua.LNumber(at + 1))
	return L.GetTop() - bottom
}

// Size is the Lua function struct.size, which is also string.packsize.
func Size(L *lua.LState) int {
	f := checkFormat(L)
	size := 0
	for {
		o, ok := f.next(size)
		if !ok {
			break
		}
		if o.kind == kindString || o.kind == kindZeroString {
			L.ArgError(1, "the size of a format with s or z depends on the strings")
		}
		size += o.padding + o.bytes()
		if size > value.MaxText {
			L.ArgError(1, fmt.Sprintf("the format has more than %d bytes", value.MaxText))
		}
	}
	L.Push(lua.LNumber(size))
	return 1
}

// checkFormat returns a reader of argument 1, a format.
func checkFormat(L *lua.LState) *format {
	s := L.CheckString(1)
	if len(s) > maxFormat {
		L.ArgError(1, fmt.Sprintf("the format has %d bytes; the maximum is %d", len(s), maxFormat))
	}
	return &format{L: L, rest: s, little: nativeIsLittle, maxAlign: 1}
}

// checkBytes returns argument n: a string, or a list of numbers from 0 to 255.
func checkBytes(L *lua.LState, n int) string {
	list, ok := L.Get(n).(*lua.LTable)
	if !ok {
		return L.CheckString(n)
	}
	data := make([]byte, list.Len())
	for i := range data {
		b, ok := list.RawGetInt(i + 1).(lua.LNumber)
		if !ok || b < 0 || b > 255 || float64(b) != math.Trunc(float64(b)) {
			L.ArgError(n, fmt.Sprintf("element %d of the list is not a whole number from 0 to 255", i+1))
		}
		data[i] = byte(b)
	}
	return string(data)
}
