package std

import (
	"errors"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// formatNumber returns n as text, in the format %.14g as in Lua 5.1. The Lua operator .. does not
// use this function: gopher-lua writes all digits of the number.
func formatNumber(n float64) string {
	const allDigits = 1e14 // whole numbers below allDigits are written without an exponent
	switch {
	case n == math.Trunc(n) && math.Abs(n) < allDigits && (n != 0 || !math.Signbit(n)):
		return strconv.FormatInt(int64(n), 10)
	case math.IsNaN(n):
		if math.Signbit(n) {
			return "-nan"
		}
		return "nan"
	case math.IsInf(n, 0):
		if n < 0 {
			return "-inf"
		}
		return "inf"
	}
	return strconv.FormatFloat(n, 'g', 14, 64)
}

// asString returns v as a string. ok is false if v is neither a string nor a number.
func asString(v lua.LValue) (s string, ok bool) {
	switch v := v.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		return formatNumber(float64(v)), true
	}
	return "", false
}

// toString converts v as the Lua function tostring does. If v has a metamethod __tostring, toString
// returns the result of that metamethod, which may be any value.
func toString(L *lua.LState, v lua.LValue) lua.LValue {
	if meta := L.GetMetaField(v, "__tostring"); meta != lua.LNil {
		L.Push(meta)
		L.Push(v)
		L.Call(1, 1)
		shown := L.Get(-1)
		L.Pop(1)
		return shown
	}
	if text, ok := asString(v); ok {
		return lua.LString(text)
	}
	return lua.LString(v.String())
}

func baseToString(L *lua.LState) int {
	L.Push(toString(L, checkAny(L, 1)))
	return 1
}

func baseToNumber(L *lua.LState) int {
	base := optInt(L, 2, 10)
	if base == 10 {
		switch v := checkAny(L, 1).(type) {
		case lua.LNumber:
			L.Push(v)
			return 1
		case lua.LString:
			text, _, _ := strings.Cut(string(v), "\x00") // as in C, a zero byte ends the text
			if n, ok := parseNumber(text); ok {
				L.Push(lua.LNumber(n))
				return 1
			}
		}
		L.Push(lua.LNil)
		return 1
	}
	text := checkString(L, 1)
	if base < 2 || base > 36 {
		argError(L, 2, "base out of range")
	}
	L.Push(lua.LNil)
	if n, ok := parseDigits(text, base); ok {
		L.Push(n)
	}
	return 1
}

// parseNumber returns the number that s contains, as C's strtod does. It returns false if s is not
// a number.
func parseNumber(s string) (float64, bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 || strings.Contains(s, "_") {
		return 0, false
	}
	if len(digits) > 2 && digits[0] == '0' && digits[1]|0x20 == 'x' && !strings.ContainsAny(digits, "pP") {
		s += "p0"
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil || errors.Is(err, strconv.ErrRange)
}

// parseDigits returns the whole number that text contains in the given base, as C's strtoul does.
// If the number is too large, it returns 2^64-1. It returns false if text is not a number.
func parseDigits(text string, base int) (lua.LNumber, bool) {
	text = strings.Trim(text, " \t\n\v\f\r")
	negative := strings.HasPrefix(text, "-")
	if negative || strings.HasPrefix(text, "+") {
		text = text[1:]
	}
	if base == 16 && len(text) > 2 && (text[:2] == "0x" || text[:2] == "0X") {
		text = text[2:]
	}
	if text == "" || text[0] == '+' || text[0] == '-' || strings.Contains(text, "_") {
		return 0, false
	}
	n, err := strconv.ParseUint(text, base, 64)
	if err != nil && n != math.MaxUint64 {
		return 0, false
	}
	if negative {
		return -lua.LNumber(n), true
	}
	return lua.LNumber(n), true
}

// truncate returns f without its fraction. If f is too large or too small for an int64, truncate
// returns the nearest int64. NaN becomes 0. In C, the results of these cases are undefined.
func truncate(f float64) int64 {
	switch {
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	case math.IsNaN(f):
		return 0
	}
	return int64(f)
}
