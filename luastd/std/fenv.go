package std

import lua "github.com/yuin/gopher-lua"

// fenvFunction returns the function whose environment getfenv or setfenv should return or change.
// Argument 1 is that function, or a level: 1 is the function that called getfenv, 2 is its caller,
// and so on. fallback is the level if argument 1 is missing; if fallback is negative, argument 1
// must not be missing. ok is false for level 0.
func fenvFunction(L *lua.LState, fallback int) (fn *lua.LFunction, ok bool) {
	if fn, ok := L.Get(1).(*lua.LFunction); ok {
		return fn, true
	}
	n := fallback
	if n < 0 || L.Get(1) != lua.LNil {
		n = checkInt(L, 1)
	}
	if n < 0 {
		argError(L, 1, "level must be non-negative")
	}
	if n == 0 {
		return nil, false
	}
	l, ok := levelAt(L, n)
	if !ok {
		argError(L, 1, "invalid level")
	}
	return l.fn, true
}

func baseGetFEnv(L *lua.LState) int {
	fn, ok := fenvFunction(L, 1)
	if !ok || fn.IsG {
		L.Push(L.G.Global)
		return 1
	}
	L.Push(fn.Env)
	return 1
}

// baseSetFEnv is the Lua function setfenv. It cannot change level 0, which is the environment of
// code that the script loads later, and of the script's handlers.
func baseSetFEnv(L *lua.LState) int {
	env := checkTable(L, 2)
	fn, ok := fenvFunction(L, -1)
	if !ok || fn.IsG {
		L.RaiseError("'setfenv' cannot change environment of given object")
	}
	fn.Env = env
	L.Push(fn)
	return 1
}
