package luastd

import lua "github.com/yuin/gopher-lua"

// environmentOf is the function whose environment argument 1 asks for: one
// given, or that at a level, 1 being the caller. ok is false of level 0.
func environmentOf(L *lua.LState, otherwise int) (fn *lua.LFunction, ok bool) {
	if fn, ok := L.Get(1).(*lua.LFunction); ok {
		return fn, true
	}
	n := otherwise
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
	if l.fn == nil {
		L.RaiseError("no function environment for tail call at level %d", n)
	}
	return l.fn, true
}

func baseGetFEnv(L *lua.LState) int {
	fn, ok := environmentOf(L, 1)
	if !ok || fn.IsG {
		L.Push(L.G.Global)
		return 1
	}
	L.Push(fn.Env)
	return 1
}

// baseSetFEnv leaves level 0 alone: it is the environment of what the script
// loads later, and of its handlers.
func baseSetFEnv(L *lua.LState) int {
	env := checkTable(L, 2)
	fn, ok := environmentOf(L, -1)
	if !ok || fn.IsG {
		L.RaiseError("'setfenv' cannot change environment of given object")
	}
	fn.Env = env
	L.Push(fn)
	return 1
}
