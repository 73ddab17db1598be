package luastd

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// jsonSpan looks at the keys of t, which have to be whole numbers: n belong to
// the array part, and key is the first behind it. last is the greatest of
// them, and from1 means that they are exactly those from 1 to last.
func jsonSpan(t *lua.LTable, n int, key lua.LValue, tagged bool) (last int64, from1 bool, err *JSONError) {
	count, least := int64(0), int64(1)
	for i := 1; i <= n; i++ {
		if t.RawGetInt(i) != lua.LNil {
			count++
		}
	}
	last = int64(n)
	for ; key != lua.LNil; key, _ = t.Next(key) {
		k, ok := wholeJSONKey(key)
		if !ok {
			return 0, false, wrongJSONKey(t, key, tagged)
		}
		count++
		last, least = max(last, k), min(least, k)
	}
	if tagged && least < 1 {
		return 0, false, wrongJSON("an array cannot have the key %d", least)
	}
	return last, count == last && least == 1, nil
}

// wholeJSONKey is key as a whole number, if it is one.
func wholeJSONKey(key lua.LValue) (int64, bool) {
	f, ok := key.(lua.LNumber)
	if !ok || math.Abs(float64(f)) > maxJSONWhole || float64(f) != math.Trunc(float64(f)) {
		return 0, false
	}
	return int64(f), true
}

// wrongJSONKey says why t cannot have key: no table can, or no array, or not
// together with the key that t has first.
func wrongJSONKey(t *lua.LTable, key lua.LValue, array bool) *JSONError {
	name, ok := key.(lua.LString)
	if ok && array {
		return wrongJSON("an array cannot have the key %s", quoteJSONKey(string(name)))
	}
	if _, whole := wholeJSONKey(key); !ok && !whole {
		return wrongJSON("a key must be a string or a whole number, not %s", showJSONKey(key))
	}
	first, _ := t.Next(lua.LNil)
	return wrongJSON("string and integer keys mixed (%s and %s)", showJSONKey(first), showJSONKey(key))
}

func showJSONKey(key lua.LValue) string {
	switch k := key.(type) {
	case lua.LString:
		return quoteJSONKey(string(k))
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
