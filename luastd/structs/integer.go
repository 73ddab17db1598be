package structs

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// errTooShort is the error of unpack when there are fewer bytes than the format needs.
var errTooShort = errors.New("data string too short")

// An integer is a whole number from -2^63 to 2^64-1. If negative is false, bits is the number.
// Otherwise int64(bits) is the number.
type integer struct {
	bits     uint64
	negative bool
}

// checkInteger returns argument n. It raises an error unless the argument is a whole number that
// fits in the size of o.
func checkInteger(L *lua.LState, n int, o option) integer {
	v, ok := parseInteger(L.Get(n))
	if !ok {
		x := L.CheckNumber(n) // raises the error for a value that is not a number
		if parsed, fits := parseInteger(x); fits {
			v = parsed // a string such as "0x10"
		} else {
			L.ArgError(n, fmt.Sprintf("the number %s is not a whole number of 64 bits", x.String()))
		}
	}
	size := min(o.size, 8)
	fits := true
	switch {
	case o.kind == kindUnsigned && v.negative:
		fits = false
	case o.kind == kindUnsigned:
		fits = size == 8 || v.bits < 1<<(8*size)
	case v.negative:
		fits = int64(v.bits) >= -1<<(8*size-1)
	case o.size <= 8:
		fits = v.bits < 1<<(8*size-1)
	}
	if !fits {
		sign := "a signed"
		if o.kind == kindUnsigned {
			sign = "an unsigned"
		}
		L.ArgError(n, fmt.Sprintf("the number does not fit in %s %d-byte integer", sign, o.size))
	}
	return v
}

// parseInteger returns v, a number or a string of digits, as an integer. ok is false if v is not a
// whole number from -2^63 to 2^64-1.
func parseInteger(v lua.LValue) (n integer, ok bool) {
	switch v := v.(type) {
	case lua.LNumber:
		x := float64(v)
		switch {
		case x != math.Trunc(x) || x < math.MinInt64 || x >= 1<<64: // NaN is not equal to itself
			return integer{}, false
		case x < 0:
			return integer{uint64(int64(x)), true}, true
		}
		return integer{uint64(x), false}, true
	case lua.LString:
		if u, err := strconv.ParseUint(string(v), 10, 64); err == nil {
			return integer{u, false}, true
		}
		i, err := strconv.ParseInt(string(v), 10, 64)
		return integer{uint64(i), i < 0}, err == nil
	}
	return integer{}, false
}

// appendInteger appends an integer of size bytes. The bytes after the first 8 are all zeros, or all
// ones if negative is true.
func appendInteger(out []byte, bits uint64, negative bool, size int, little bool) []byte {
	begin := len(out)
	for i := range size {
		switch {
		case i < 8:
			out = append(out, byte(bits>>(8*i)))
		case negative:
			out = append(out, 0xFF)
		default:
			out = append(out, 0)
		}
	}
	if !little {
		slices.Reverse(out[begin:])
	}
	return out
}

// read returns the value at the beginning of data, after the padding of o, and the number of bytes
// that the value and the padding have. v is nil if o stands for no value.
func read(data string, o option, little bool) (v lua.LValue, size int, err error) {
	if o.padding > len(data) {
		return nil, 0, errTooShort
	}
	data = data[o.padding:]
	if o.kind == kindZeroString {
		end := strings.IndexByte(data, 0)
		if end < 0 {
			return nil, 0, errors.New("unfinished string for format 'z'")
		}
		return value.Substring(data, 0, end), o.padding + end + 1, nil
	}
	if o.bytes() > len(data) {
		return nil, 0, errTooShort
	}
	size = o.padding + o.bytes()
	switch o.kind {
	case kindSigned, kindUnsigned:
		v, err = readInteger(data[:o.size], o.kind == kindSigned, little)
	case kindFloat:
		n, _ := bitsOf(data[:o.size], little)
		if o.size == 4 {
			v = lua.LNumber(math.Float32frombits(uint32(n)))
		} else {
			v = lua.LNumber(math.Float64frombits(n))
		}
	case kindChars:
		v = value.Substring(data, 0, o.size)
	case kindString:
		length, rest := bitsOf(data[:o.size], little)
		if strings.Trim(rest, "\x00") != "" || length > uint64(len(data)-o.size) {
			return nil, 0, errTooShort
		}
		v = value.Substring(data, o.size, o.size+int(length))
		size += int(length)
	}
	return v, size, err
}

// bitsOf returns the lowest 8 bytes of an integer, and its other bytes from low to high.
func bitsOf(data string, little bool) (bits uint64, rest string) {
	low := []byte(data)
	if !little {
		slices.Reverse(low)
	}
	for i, b := range low[:min(len(low), 8)] {
		bits |= uint64(b) << (8 * i)
	}
	return bits, string(low[min(len(low), 8):])
}

// readInteger returns the integer in data: a number, or a string of digits if the number is not
// exact in Lua.
func readInteger(data string, signed, little bool) (lua.LValue, error) {
	bits, rest := bitsOf(data, little)
	if len(data) < 8 && signed && bits>>(8*len(data)-1) == 1 {
		bits |= math.MaxUint64 << (8 * len(data))
	}
	negative := signed && int64(bits) < 0
	if len(data) > 8 {
		negative = signed && rest[len(rest)-1] == 0xFF
		fill := "\x00"
		if negative {
			fill = "\xFF"
		}
		if strings.Trim(rest, fill) != "" || signed && negative != (int64(bits) < 0) {
			return nil, fmt.Errorf("the integer of %d bytes does not fit in 64 bits", len(data))
		}
	}
	switch {
	case negative && int64(bits) >= -value.MaxWhole:
		return lua.LNumber(int64(bits)), nil
	case negative:
		return lua.LString(strconv.FormatInt(int64(bits), 10)), nil
	case bits <= value.MaxWhole:
		return lua.LNumber(bits), nil
	}
	return lua.LString(strconv.FormatUint(bits, 10)), nil
}
