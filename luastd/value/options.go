package value

import (
	"fmt"
	"math"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Options are the fields of a table of options, which is the last argument of a Lua function. Its
// methods raise an error about the argument if an option has a wrong value.
type Options struct {
	L   *lua.LState
	arg int         // number of the argument
	t   *lua.LTable // the argument; nil if it was left out
}

// CheckOptions returns argument n, which must be a table, nil or left out. It raises an error if
// the table has a field that is not in known.
func CheckOptions(L *lua.LState, n int, known ...string) Options {
	t := L.OptTable(n, nil)
	if t != nil {
		if err := CheckFields(t, known); err != nil {
			L.ArgError(n, err.Error())
		}
	}
	return Options{L, n, t}
}

// Get returns the value of an option, or nil (lua.LNil) if the option is not set. An option that is
// json.null is not set.
func (o Options) Get(name string) lua.LValue {
	if o.t == nil {
		return lua.LNil
	}
	if v := o.t.RawGetString(name); !IsNull(v) {
		return v
	}
	return lua.LNil
}

// Bool returns the value of an option that must be true or false, or fallback if it is not set.
func (o Options) Bool(name string, fallback bool) bool {
	switch v := o.Get(name).(type) {
	case *lua.LNilType:
		return fallback
	case lua.LBool:
		return bool(v)
	default:
		o.Raise(name, "true or false", v)
		return false
	}
}

// Int returns the value of an option that must be a whole number from min to max, or fallback if
// it is not set.
func (o Options) Int(name string, fallback, min, max int) int {
	v := o.Get(name)
	if v == lua.LNil {
		return fallback
	}
	n, ok := v.(lua.LNumber)
	if !ok || float64(n) != math.Trunc(float64(n)) || n < lua.LNumber(min) || n > lua.LNumber(max) {
		o.Raise(name, fmt.Sprintf("a whole number from %d to %d", min, max), v)
	}
	return int(n)
}

// Number returns the value of an option that must be a number from min to max, or fallback if it is
// not set.
func (o Options) Number(name string, fallback, min, max float64) float64 {
	v := o.Get(name)
	if v == lua.LNil {
		return fallback
	}
	n, ok := v.(lua.LNumber)
	if f := float64(n); !ok || !(f >= min && f <= max) {
		o.Raise(name, fmt.Sprintf("a number from %v to %v", lua.LNumber(min), lua.LNumber(max)), v)
	}
	return float64(n)
}

// String returns the value of an option that must be a string, or fallback if it is not set.
func (o Options) String(name, fallback string) string {
	switch v := o.Get(name).(type) {
	case *lua.LNilType:
		return fallback
	case lua.LString:
		return string(v)
	default:
		o.Raise(name, "a string", v)
		return ""
	}
}

// StringList returns the value of an option that must be a list of strings, or nil if it is not
// set.
func (o Options) StringList(name string) []string {
	if o.Get(name) == lua.LNil {
		return nil
	}
	list, err := StringList(o.t, name)
	if err != nil {
		o.L.ArgError(o.arg, err.Error())
	}
	return list
}

// Raise raises the error that the option name must be something else than its value v. want says
// what the option must be, such as "a string".
func (o Options) Raise(name, want string, v lua.LValue) {
	got := TypeName(v)
	if n, ok := v.(lua.LNumber); ok {
		got = n.String()
	}
	o.L.ArgError(o.arg, name+" must be "+want+", not "+got)
}

// CheckInteger returns argument n, which must be a whole number. It raises an error for any other
// argument.
func CheckInteger(L *lua.LState, n int) int64 {
	v := float64(L.CheckNumber(n))
	if v != math.Trunc(v) || math.Abs(v) > MaxWhole {
		L.ArgError(n, "a whole number expected, got "+lua.LNumber(v).String())
	}
	return int64(v)
}

// CheckWhole returns argument n, which must be a whole number from min to max. It raises an error
// for any other argument.
func CheckWhole(L *lua.LState, n int, min, max int64) int64 {
	v := float64(L.CheckNumber(n))
	if v != math.Trunc(v) || v < float64(min) || v > float64(max) {
		L.ArgError(n, fmt.Sprintf("a whole number from %d to %d expected, got %s", min, max, lua.LNumber(v).String()))
	}
	return int64(v)
}

// CheckChoice returns argument n, which must be one of the strings in choices. It raises an error
// for any other argument.
func CheckChoice(L *lua.LState, n int, choices ...string) string {
	s := L.CheckString(n)
	if !slices.Contains(choices, s) {
		L.ArgError(n, Quote(s)+" is not one of "+strings.Join(choices, ", "))
	}
	return s
}
