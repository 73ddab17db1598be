package luastd

import (
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// checkString is argument n, which is a string, or a number as a string.
func checkString(L *lua.LState, n int) string {
	v := L.Get(n)
	if s, ok := v.(lua.LString); ok {
		return string(s)
	}
	s, ok := asString(v)
	if !ok {
		typeError(L, n, "string")
	}
	return s
}

// checkNumber is argument n, which is a number, or a string that spells one.
func checkNumber(L *lua.LState, n int) float64 {
	switch v := L.Get(n).(type) {
	case lua.LNumber:
		return float64(v)
	case lua.LString:
		if f, ok := spelled(string(v)); ok {
			return f
		}
	}
	typeError(L, n, "number")
	return 0
}

// checkInt is argument n as a whole number, as whole cuts it to one.
func checkInt(L *lua.LState, n int) int {
	return int(min(max(whole(checkNumber(L, n)), math.MinInt), math.MaxInt))
}

// optInt is argument n as checkInt has it, or another number when there is none.
func optInt(L *lua.LState, n, otherwise int) int {
	if L.Get(n) == lua.LNil {
		return otherwise
	}
	return checkInt(L, n)
}

// whole cuts the fraction off f. What an int64 cannot hold becomes the nearest
// that it can, and a NaN 0: C leaves those open.
func whole(f float64) int64 {
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

// spelled is the number that s spells, as C's strtod reads it.
func spelled(s string) (float64, bool) {
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

// typeError raises because argument n is not what it should be.
func typeError(L *lua.LState, n int, want string) {
	got := "no value"
	if n <= L.GetTop() {
		got = L.Get(n).Type().String()
	}
	argError(L, n, want+" expected, got "+got)
}

// argError raises because of argument n, in the words of Lua 5.1.
func argError(L *lua.LState, n int, wrong string) {
	name, method := calledAs(L)
	if method {
		n-- // the object before the colon does not count
	}
	if n == 0 {
		L.RaiseError("calling '%s' on bad self (%s)", name, wrong)
	}
	L.RaiseError("bad argument #%d to '%s' (%s)", n, name, wrong)
}

// calledAs is the name by which the running Go function was called, ? if it had
// none, and whether it was called as a method, with a colon.
func calledAs(L *lua.LState) (name string, method bool) {
	callee, ok := L.GetStack(0)
	caller, ok2 := L.GetStack(1)
	if !ok || !ok2 {
		return "?", false
	}
	L.GetInfo("n", callee, lua.LNil)
	v, _ := L.GetInfo("f", caller, lua.LNil)
	fn, ok := v.(*lua.LFunction)
	if !ok || fn.IsG || callee.Name == "(anonymous)" {
		return "?", false
	}
	// Where the caller is in its code can only be had by looking.
	pc := reflect.ValueOf(caller).Elem().FieldByName("frame").Elem().FieldByName("Pc").Int()
	return callee.Name, isMethodCall(fn.Proto.Code, int(pc)-1)
}

// isMethodCall says whether the call at pc calls what an OP_SELF has put there.
// Between the two are the arguments, whose calls use higher registers.
func isMethodCall(code []uint32, pc int) bool {
	register := func(pc int) uint32 { return code[pc] >> 18 & 0xff }
	for before := pc - 1; before >= 0; before-- {
		switch int(code[before] >> 26) {
		case lua.OP_SELF:
			if register(before) == register(pc) {
				return true
			}
		case lua.OP_CALL, lua.OP_TAILCALL:
			if register(before) <= register(pc) {
				return false
			}
		}
	}
	return false
}
