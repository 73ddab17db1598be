package structs

import (
	"encoding/binary"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// A kind says what an option of a format writes and reads.
type kind int

const (
	kindSigned kind = iota
	kindUnsigned
	kindFloat
	kindChars      // c: a string of size bytes
	kindString     // s: a string after its length, which has size bytes
	kindZeroString // z: a string and a zero byte
	kindZero       // x: a zero byte
	kindAlign      // X: only padding
)

// An option is a letter of a format, with its size.
type option struct {
	kind    kind
	size    int // number of bytes of the number, of the string, or of the length of the string
	padding int // number of zero bytes before the value
}

// isValue reports whether the option stands for a Lua value.
func (o option) isValue() bool { return o.kind < kindZero }

// bytes returns how many bytes follow the padding. The options s and z need more bytes, because
// their strings may have any length: for s, bytes returns the size of the length.
func (o option) bytes() int {
	switch o.kind {
	case kindZero:
		return 1
	case kindAlign:
		return 0
	}
	return o.size
}

// nativeIsLittle is whether the machine's order of bytes is little endian.
var nativeIsLittle = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// maxIntegerSize is the highest n of i[n], as in Lua 5.3.
const maxIntegerSize = 16

// A format reads the options of a format. It raises an error about argument 1 if the format is
// wrong.
type format struct {
	L        *lua.LState
	rest     string // the part of the format that has not been read
	little   bool   // whether numbers are little endian
	maxAlign int    // numbers begin at a multiple of their size, but at most of maxAlign bytes
	values   int    // number of options so far that stand for a Lua value
}

func (f *format) fail(text string, args ...any) {
	f.L.ArgError(1, fmt.Sprintf(text, args...))
}

// next returns the next option that needs bytes or padding. at is the number of bytes before it. ok
// is false at the end of the format.
func (f *format) next(at int) (o option, ok bool) {
	for f.rest != "" {
		letter := f.letter()
		switch letter {
		case ' ':
		case '<':
			f.little = true
		case '>':
			f.little = false
		case '=':
			f.little = nativeIsLittle
		case '!':
			f.maxAlign = f.integerSize(8)
		case 'X':
			if f.rest == "" {
				f.fail("the format has X without an option after it")
			}
			_, align := f.option(f.letter())
			if align == 0 {
				f.fail("the format has an invalid option after X")
			}
			return option{kind: kindAlign, padding: f.padding(at, min(align, f.maxAlign))}, true
		default:
			o, align := f.option(letter)
			o.padding = f.padding(at, min(align, f.maxAlign))
			if o.isValue() {
				if f.values++; f.values > maxValues {
					f.fail("the format has more than %d values", maxValues)
				}
			}
			return o, true
		}
	}
	return option{}, false
}

// letter reads the first byte of the rest of the format.
func (f *format) letter() byte {
	letter := f.rest[0]
	f.rest = f.rest[1:]
	return letter
}

// option returns the option of a letter, and the number of bytes to which it can be aligned. That
// number is 0 for a string without a length.
func (f *format) option(letter byte) (o option, align int) {
	number := func(k kind, size int) (option, int) { return option{kind: k, size: size}, size }
	switch letter {
	case 'b':
		return number(kindSigned, 1)
	case 'B':
		return number(kindUnsigned, 1)
	case 'h':
		return number(kindSigned, 2)
	case 'H':
		return number(kindUnsigned, 2)
	case 'l', 'j':
		return number(kindSigned, 8)
	case 'L', 'J', 'T':
		return number(kindUnsigned, 8)
	case 'i':
		return number(kindSigned, f.integerSize(4))
	case 'I':
		return number(kindUnsigned, f.integerSize(4))
	case 'f':
		return number(kindFloat, 4)
	case 'd', 'n':
		return number(kindFloat, 8)
	case 's':
		return number(kindString, f.integerSize(8))
	case 'c':
		size, ok := f.digits()
		if !ok {
			f.fail("the format has c without a size")
		}
		if size > value.MaxText {
			f.fail("the size after c is more than %d", value.MaxText)
		}
		return option{kind: kindChars, size: size}, 0
	case 'z':
		return option{kind: kindZeroString}, 0
	case 'x':
		return option{kind: kindZero}, 1
	}
	f.fail("the format has an invalid option %s", value.Quote(string([]byte{letter})))
	return option{}, 0
}

// padding returns how many zero bytes must follow the first at bytes, so that the next value begins
// at a multiple of align bytes.
func (f *format) padding(at, align int) int {
	if align <= 1 {
		return 0
	}
	if align&(align-1) != 0 {
		f.fail("a size of %d bytes is not a power of 2 and cannot be aligned", align)
	}
	return -at & (align - 1)
}

// integerSize reads the size after a letter, or returns fallback if there is none.
func (f *format) integerSize(fallback int) int {
	size, ok := f.digits()
	if !ok {
		return fallback
	}
	if size < 1 || size > maxIntegerSize {
		f.fail("a size of %d is not from 1 to %d", size, maxIntegerSize)
	}
	return size
}

// digits reads the number at the beginning of the rest of the format. ok is false if there is none.
// The result is at most 2^30, which is more than any valid size.
func (f *format) digits() (n int, ok bool) {
	end := len(f.rest) - len(strings.TrimLeft(f.rest, "0123456789"))
	for _, c := range []byte(f.rest[:end]) {
		n = min(n*10+int(c-'0'), 1<<30)
	}
	f.rest = f.rest[end:]
	return n, end > 0
}
