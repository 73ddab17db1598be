package value

import (
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
)

// RaiseForUnknown makes the module t, whose name is module, raise an error when a script reads a field
// that t does not have. functions are the functions of the module. foreign has what to use in place of
// functions of other libraries, by their names; for other names, the error suggests a similar function.
func RaiseForUnknown(L *lua.LState, module string, t *lua.LTable, functions map[string]lua.LGFunction, foreign map[string]string) {
	var names []string
	for name := range functions {
		names = append(names, name)
	}
	slices.Sort(names)
	meta := L.CreateTable(0, 1)
	meta.RawSetString("__index", L.NewFunction(func(L *lua.LState) int {
		name := L.Get(2).String()
		if use := foreign[name]; use != "" {
			L.RaiseError("there is no %s.%s: use %s", module, name, use)
		}
		L.RaiseError("there is no %s.%s%s", module, name, guess.DidYouMean(name, names))
		return 0
	}))
	t.Metatable = meta
}
