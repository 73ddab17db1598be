package db

import (
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/sqlite"
	"moonlark/luastd/value"
)

var tooManyParameters = "a statement has at most " + strconv.Itoa(maxParameters) + " parameters"

// checkParameters returns the arguments from number first on, or the fields of the only one.
func checkParameters(L *lua.LState, first int) parameters {
	if t, ok := L.Get(first).(*lua.LTable); ok && L.GetTop() == first {
		p := parameters{named: map[string]any{}}
		t.ForEach(func(k, v lua.LValue) {
			name, ok := k.(lua.LString)
			if !ok {
				L.ArgError(first, "a table has the values of parameters with names; give the others one by one")
			}
			p.named[string(name)] = checkParameter(L, first, v)
			if len(p.named) > maxParameters {
				L.ArgError(first, tooManyParameters)
			}
		})
		return p
	}
	var p parameters
	for n := first; n <= L.GetTop(); n++ {
		p.list = append(p.list, checkParameter(L, n, L.Get(n)))
	}
	if len(p.list) > maxParameters {
		L.ArgError(first+maxParameters, tooManyParameters)
	}
	return p
}

// checkParameter returns v as a value of SQLite.
func checkParameter(L *lua.LState, n int, v lua.LValue) any {
	switch v := v.(type) {
	case *lua.LNilType:
		return nil
	case lua.LBool:
		if v {
			return int64(1)
		}
		return int64(0)
	case lua.LNumber:
		f := float64(v)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			L.ArgError(n, "a number that is not finite")
		}
		if f == math.Trunc(f) && math.Abs(f) <= value.MaxWhole {
			return int64(f)
		}
		return f
	case lua.LString:
		if len(v) > sqlite.MaxValue {
			L.ArgError(n, "a string of more than "+strconv.Itoa(sqlite.MaxValue)+" bytes")
		}
		return string(v)
	case *lua.LUserData:
		switch v := v.Value.(type) {
		case blob:
			return v
		case integer:
			return int64(v)
		}
		if value.IsNull(v) {
			return nil
		}
	}
	L.ArgError(n, value.TypeName(v)+" cannot be a parameter")
	return nil
}
