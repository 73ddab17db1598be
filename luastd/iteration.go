package luastd

import lua "github.com/yuin/gopher-lua"

// mostResults is how many values unpack and select hand over, as in Lua 5.1.
const mostResults = 7997

// openIteration opens next, pairs and ipairs, which know each other.
func openIteration(L *lua.LState) {
	next := func(L *lua.LState) int {
		key, value := checkTable(L, 1).Next(L.Get(2))
		if key == lua.LNil {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(key)
		L.Push(value)
		return 2
	}
	visit := L.NewFunction(next)
	step := L.NewFunction(func(L *lua.LState) int {
		i := checkInt(L, 2) + 1
		value := member(checkTable(L, 1), i)
		if value == lua.LNil {
			return 0
		}
		L.Push(lua.LNumber(i))
		L.Push(value)
		return 2
	})
	set(L, L.G.Global, map[string]lua.LGFunction{
		"next": next,
		"pairs": func(L *lua.LState) int {
			t := checkTable(L, 1)
			L.Push(visit)
			L.Push(t)
			L.Push(lua.LNil)
			return 3
		},
		"ipairs": func(L *lua.LState) int {
			t := checkTable(L, 1)
			L.Push(step)
			L.Push(t)
			L.Push(lua.LNumber(0))
			return 3
		},
	})
}

func baseSelect(L *lua.LState) int {
	top := L.GetTop()
	if L.Get(1) == lua.LString("#") {
		L.Push(lua.LNumber(top - 1))
		return 1
	}
	n := checkInt(L, 1)
	switch {
	case n < 0:
		n = max(top+n, 0)
	case n > top:
		n = top
	}
	if n < 1 {
		argError(L, 1, "index out of range")
	}
	return top - n
}

func baseUnpack(L *lua.LState) int {
	t := checkTable(L, 1)
	i := optInt(L, 2, 1)
	j := optInt(L, 3, -1)
	if L.Get(3) == lua.LNil {
		j = t.Len()
	}
	if i > j {
		return 0
	}
	n := j - i + 1
	if n <= 0 || n > mostResults {
		L.RaiseError("too many results to unpack")
	}
	for ; i <= j; i++ {
		L.Push(member(t, i))
	}
	return n
}
