package value

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// keySpan checks that all keys of t are whole numbers. n is the number of keys in the array part of
// t. key is the first key outside of the array part, or nil. tagged reports whether t is tagged as
// an array. keySpan returns the greatest key, and whether the keys are exactly the numbers from 1
// to that key.
func keySpan(t *lua.LTable, n int, key lua.LValue, tagged bool) (last int64, from1 bool, err *Error) {
	count, first := int64(0), int64(1)
	for i := 1; i <= n; i++ {
		if t.RawGetInt(i) != lua.LNil {
			count++
		}
	}
	last = int64(n)
	for ; key != lua.LNil; key, _ = t.Next(key) {
		k, ok := wholeKey(key)
		if !ok {
			return 0, false, keyError(t, key, tagged)
		}
		count++
		last, first = max(last, k), min(first, k)
	}
	if tagged && first < 1 {
		return 0, false, newError("an array cannot have the key %d", first)
	}
	return last, count == last && first == 1, nil
}

// wholeKey returns key as an integer. ok is false if key is not a whole number, or too large to be
// exact.
func wholeKey(key lua.LValue) (k int64, ok bool) {
	f, ok := key.(lua.LNumber)
	if !ok || math.Abs(float64(f)) > MaxWhole || float64(f) != math.Trunc(float64(f)) {
		return 0, false
	}
	return int64(f), true
}

// keyError returns the error for a key that cannot be written as JSON. There are three reasons: the
// key is neither a string nor a whole number, t is tagged as an array and the key is a string, or t
// has keys of both types.
func keyError(t *lua.LTable, key lua.LValue, array bool) *Error {
	name, ok := key.(lua.LString)
	if ok && array {
		return newError("an array cannot have the key %s", Quote(string(name)))
	}
	if _, whole := wholeKey(key); !ok && !whole {
		return newError("a key must be a string or a whole number, not %s", showKey(key))
	}
	first, _ := t.Next(lua.LNil)
	return newError("string and integer keys mixed (%s and %s)", showKey(first), showKey(key))
}

// showKey returns key as text for an error message. It does not call methods of the interface key,
// because the compiler would then allocate memory for each key, even without an error.
func showKey(key lua.LValue) string {
	switch k := key.(type) {
	case lua.LString:
		return Quote(string(k))
	case lua.LNumber:
		return k.String()
	case lua.LBool:
		return k.String()
	case *lua.LTable:
		return "a table"
	case *lua.LFunction:
		return "a function"
	case *lua.LUserData:
		return "a userdata"
	default:
		return "a thread"
	}
}
