package std

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// checkAny returns argument n. It raises an error if the argument is missing; nil is allowed.
func checkAny(L *lua.LState, n int) lua.LValue {
	if L.GetTop() < n {
		argError(L, n, "value expected")
	}
	return L.Get(n)
}

// checkTable returns argument n. It raises an error if the argument is not a table.
func checkTable(L *lua.LState, n int) *lua.LTable {
	t, ok := L.Get(n).(*lua.LTable)
	if !ok {
		typeError(L, n, "table")
	}
	return t
}

// checkFunction returns argument n. It raises an error if the argument is not a function.
func checkFunction(L *lua.LState, n int) *lua.LFunction {
	fn, ok := L.Get(n).(*lua.LFunction)
	if !ok {
		typeError(L, n, "function")
	}
	return fn
}

// checkString returns argument n as a string. It raises an error if the argument is neither a
// string nor a number.
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

// checkNumber returns argument n as a number. It raises an error if the argument is neither a
// number nor a string that contains a number.
func checkNumber(L *lua.LState, n int) float64 {
	switch v := L.Get(n).(type) {
	case lua.LNumber:
		return float64(v)
	case lua.LString:
		if f, ok := parseNumber(string(v)); ok {
			return f
		}
	}
	typeError(L, n, "number")
	return 0
}

// checkInt returns argument n, a number, without its fraction: see truncate.
func checkInt(L *lua.LState, n int) int {
	return int(min(max(truncate(checkNumber(L, n)), math.MinInt), math.MaxInt))
}

// optInt returns fallback if argument n is nil or missing. Otherwise it does what checkInt does.
func optInt(L *lua.LState, n, fallback int) int {
	if L.Get(n) == lua.LNil {
		return fallback
	}
	return checkInt(L, n)
}

// typeError raises the error for argument n, which should have the type want.
func typeError(L *lua.LState, n int, want string) {
	got := "no value"
	if n <= L.GetTop() {
		got = L.Get(n).Type().String()
	}
	argError(L, n, want+" expected, got "+got)
}

// argError raises an error about argument n, in the words of Lua 5.1.
func argError(L *lua.LState, n int, problem string) {
	name, method := calledAs(L)
	if method {
		n-- // Lua 5.1 does not count the object of a method call as an argument
	}
	if n == 0 {
		L.RaiseError("calling '%s' on bad self (%s)", name, problem)
	}
	L.RaiseError("bad argument #%d to '%s' (%s)", n, name, problem)
}
