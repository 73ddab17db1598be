package value

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
)

// SetFunctions sets fields of the table t to these Go functions.
func SetFunctions(L *lua.LState, t *lua.LTable, functions map[string]lua.LGFunction) {
	for name, fn := range functions {
		t.RawSetString(name, L.NewFunction(fn))
	}
}

// Raise raises err as a Lua error. The error has the line of the script that called the running Go
// function. If err is nil, Raise does nothing.
func Raise(L *lua.LState, err error) {
	if err != nil {
		L.RaiseError("%s", err.Error())
	}
}

// RaiseAgain raises the error of a Lua function that luastd.Caller.Try has returned, as the
// function has raised it. If err is not such an error, RaiseAgain does nothing.
func RaiseAgain(L *lua.LState, err error) {
	if raised, ok := err.(*lua.ApiError); ok && raised.Object != nil {
		L.Error(raised.Object, 0)
	}
}

// Line returns the file and line of the script that called the running Go function, such as
// "lights.lua:12".
func Line(L *lua.LState) string { return strings.TrimSuffix(strings.TrimSpace(L.Where(1)), ":") }

// TypeName returns the name of the type of v with an article, such as "a table". For nil, it
// returns "nil".
func TypeName(v lua.LValue) string {
	if v == lua.LNil {
		return "nil"
	}
	return "a " + v.Type().String()
}

// CheckSeconds returns argument n, which must be a number of seconds from min to a year. It
// raises an error for any other argument.
func CheckSeconds(L *lua.LState, n int, min time.Duration) time.Duration {
	const year = 366 * 24 * time.Hour
	s := float64(L.CheckNumber(n))
	if math.IsNaN(s) || s < min.Seconds() || s > year.Seconds() {
		L.ArgError(n, "seconds must be from "+min.String()+" to a year")
	}
	return time.Duration(s * float64(time.Second))
}

// CheckFields returns an error if t has a field that is not in known.
func CheckFields(t *lua.LTable, known []string) error {
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		name := k.String()
		if _, ok := k.(lua.LString); !ok {
			return fmt.Errorf("there is an entry [%s]; its fields are %s", name, strings.Join(known, ", "))
		}
		if !slices.Contains(known, name) {
			return fmt.Errorf("there is no field '%s'%s; its fields are %s", name, guess.DidYouMean(name, known), strings.Join(known, ", "))
		}
	}
	return nil
}

// OptionalString returns the field of t as a string, or "" if the field is missing. It returns an
// error if the field is not a string.
func OptionalString(t *lua.LTable, field string) (string, error) {
	switch v := t.RawGetString(field).(type) {
	case *lua.LNilType:
		return "", nil
	case lua.LString:
		return string(v), nil
	default:
		return "", fmt.Errorf("%s must be a string, not %s", field, TypeName(v))
	}
}

// OptionalBool returns the field of t as a boolean, or false if the field is missing. It returns an
// error if the field is not a boolean.
func OptionalBool(t *lua.LTable, field string) (bool, error) {
	switch v := t.RawGetString(field).(type) {
	case *lua.LNilType:
		return false, nil
	case lua.LBool:
		return bool(v), nil
	default:
		return false, fmt.Errorf("%s must be true or false, not %s", field, TypeName(v))
	}
}

// StringList returns the field of t, which must be a list of strings. It returns nil if the field
// is missing.
func StringList(t *lua.LTable, field string) ([]string, error) {
	v := t.RawGetString(field)
	if v == lua.LNil {
		return nil, nil
	}
	list, ok := v.(*lua.LTable)
	if !ok {
		return nil, fmt.Errorf("%s must be a list of strings, not %s", field, TypeName(v))
	}
	words := []string{}
	for i := 1; i <= list.Len(); i++ {
		word, ok := list.RawGetInt(i).(lua.LString)
		if !ok {
			return nil, fmt.Errorf("%s[%d] must be a string, not %s", field, i, TypeName(list.RawGetInt(i)))
		}
		words = append(words, string(word))
	}
	return words, nil
}

// PushResult pushes true if err is nil, and nil and the text of err otherwise. It returns the
// number of values, which a Go function must return to Lua.
func PushResult(L *lua.LState, err error) int {
	if err != nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	L.Push(lua.LTrue)
	return 1
}
