package std

import lua "github.com/yuin/gopher-lua"

// maxResults is the maximal number of values that unpack returns, as in Lua 5.1.
const maxResults = 7997

func baseNext(L *lua.LState) int {
	key, value := checkTable(L, 1).Next(L.Get(2))
	if key == lua.LNil {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(key)
	L.Push(value)
	return 2
}

// newPairs returns the Lua function pairs. next is the Lua function next, which pairs returns.
func newPairs(L *lua.LState, next lua.LGFunction) *lua.LFunction {
	step := L.NewFunction(next)
	return L.NewFunction(func(L *lua.LState) int {
		t := checkTable(L, 1)
		L.Push(step)
		L.Push(t)
		L.Push(lua.LNil)
		return 3
	})
}

// newIpairs returns the Lua function ipairs.
func newIpairs(L *lua.LState) *lua.LFunction {
	step := L.NewFunction(func(L *lua.LState) int {
		i := checkInt(L, 2) + 1
		value := element(checkTable(L, 1), i)
		if value == lua.LNil {
			return 0
		}
		L.Push(lua.LNumber(i))
		L.Push(value)
		return 2
	})
	return L.NewFunction(func(L *lua.LState) int {
		t := checkTable(L, 1)
		L.Push(step)
		L.Push(t)
		L.Push(lua.LNumber(0))
		return 3
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
	if n <= 0 || n > maxResults {
		L.RaiseError("too many results to unpack")
	}
	for ; i <= j; i++ {
		L.Push(element(t, i))
	}
	return n
}
