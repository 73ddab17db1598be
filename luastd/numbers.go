package luastd

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// showNumber is n as Lua 5.1 writes it: %.14g. (A number that is concatenated
// with .. is written by gopher-lua, with all its digits.)
func showNumber(n float64) string {
	const all = 1e14 // below it every whole number has its digits
	switch {
	case n == math.Trunc(n) && math.Abs(n) < all && (n != 0 || !math.Signbit(n)):
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

// asString is v as a string if it is one, or a number.
func asString(v lua.LValue) (string, bool) {
	switch v := v.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		return showNumber(float64(v)), true
	}
	return "", false
}

// toString is v for people: by its __tostring if it has one, whatever that
// returns.
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
			text, _, _ := strings.Cut(string(v), "\x00") // C sees no more of it
			if n, ok := spelled(text); ok {
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
	if n, ok := digitsOf(text, base); ok {
		L.Push(n)
	}
	return 1
}

// digitsOf reads a whole number. What is too large is 2^64-1, as C has it.
func digitsOf(text string, base int) (lua.LNumber, bool) {
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
