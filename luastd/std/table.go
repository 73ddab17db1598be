package std

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

// A tableLib is the table library of one Lua state.
type tableLib struct{ checkpointer luastd.Checkpointer }

// openTable returns a table with the functions of the table library.
//
//	table.concat(t [, separator [, i [, j]]]) -> the strings and numbers t[i] to t[j] as one string
//	table.foreach(t, fn), table.foreachi(t, fn) -> the first value of fn(key, value) that is not nil
//	table.getn(t)              -> #t
//	table.insert(t, [i,] v)       inserts v at t[i], or at the end
//	table.maxn(t)              -> the highest number that is a key, or 0
//	table.pack(...)            -> a list of the arguments, with their number in the field n
//	table.remove(t [, i])      -> t[i], or the last value, which it removes
//	table.sort(t [, before])      sorts t by <, or by before(a, b)
//	table.unpack(t [, i [, j]]) -> t[i] to t[j]
//
// pack and unpack are from Lua 5.2.
func openTable(L *lua.LState, rt luastd.Runtime) lua.LValue {
	lib := &tableLib{rt}
	return newTable(L, map[string]lua.LGFunction{
		"concat":   lib.concat,
		"foreach":  tableForEach,
		"foreachi": tableForEachI,
		"getn":     tableGetN,
		"insert":   lib.insert,
		"maxn":     lib.maxn,
		"pack":     tablePack,
		"remove":   tableRemove,
		"setn":     func(L *lua.LState) int { L.RaiseError("'setn' is obsolete"); return 0 },
		"sort":     lib.sort,
		"unpack":   baseUnpack,
	})
}

// checkpoint calls Checkpoint once in 4096 calls. A loop must call it in each step, with the number
// n of the step.
func (lib *tableLib) checkpoint(L *lua.LState, n int) {
	if n&0xfff == 0xfff {
		lib.checkpointer.Checkpoint(L)
	}
}

func (lib *tableLib) concat(L *lua.LState) int {
	t, separator := checkTable(L, 1), ""
	if L.Get(2) != lua.LNil {
		separator = checkString(L, 2)
	}
	i, j := optInt(L, 3, 1), optInt(L, 4, -1)
	if L.Get(4) == lua.LNil {
		j = t.Len()
	}
	var b strings.Builder
	lastCheckpoint := 0 // length of b at the last call of Checkpoint
	for first := i; i <= j; i++ {
		v := element(t, i)
		text, ok := asString(v)
		if !ok {
			L.RaiseError("invalid value (%s) at index %d in table for 'concat'", v.Type().String(), i)
		}
		if i > first {
			b.WriteString(separator)
		}
		b.WriteString(text)
		if b.Len() > value.MaxText {
			value.RaiseTooLong(L, b.Len())
		}
		lib.checkpoint(L, i)
		if b.Len()-lastCheckpoint > bytesPerCheckpoint {
			lastCheckpoint = b.Len()
			lib.checkpointer.Checkpoint(L)
		}
	}
	L.Push(lua.LString(b.String()))
	return 1
}

// element returns t[i]. It does not use RawGetInt of gopher-lua, which finds only elements in the
// array part.
func element(t *lua.LTable, i int) lua.LValue {
	if 0 < i && i <= maxArray {
		return t.RawGetInt(i)
	}
	return t.RawGet(lua.LNumber(i))
}

func tableGetN(L *lua.LState) int {
	L.Push(lua.LNumber(checkTable(L, 1).Len()))
	return 1
}

func tableForEach(L *lua.LState) int {
	t, fn := checkTable(L, 1), checkFunction(L, 2)
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		if callEach(L, fn, k, v) {
			return 1
		}
	}
	return 0
}

func tableForEachI(L *lua.LState) int {
	t, fn := checkTable(L, 1), checkFunction(L, 2)
	for i, n := 1, t.Len(); i <= n; i++ {
		if callEach(L, fn, lua.LNumber(i), t.RawGetInt(i)) {
			return 1
		}
	}
	return 0
}

// callEach calls fn(k, v). If the result is not nil, callEach returns true and leaves the result on
// the stack.
func callEach(L *lua.LState, fn *lua.LFunction, k, v lua.LValue) bool {
	L.Push(fn)
	L.Push(k)
	L.Push(v)
	L.Call(2, 1)
	if L.Get(-1) != lua.LNil {
		return true
	}
	L.Pop(1)
	return false
}

func (lib *tableLib) insert(L *lua.LState) int {
	t := checkTable(L, 1)
	last := t.Len()
	if last >= maxArray {
		L.RaiseError("table overflow: its length does not count past %d", maxArray)
	}
	switch L.GetTop() {
	case 2:
		t.RawSetInt(last+1, L.Get(2))
	case 3:
		i, v := checkInt(L, 2), L.Get(3)
		for ; i < 1; i++ { // Lua 5.1 also moves the values at indices below 1
			moved := t.RawGet(lua.LNumber(i))
			t.RawSet(lua.LNumber(i), v)
			v = moved
			lib.checkpoint(L, i)
		}
		t.Insert(i, v)
	default:
		L.RaiseError("wrong number of arguments to 'insert'")
	}
	return 0
}

func tableRemove(L *lua.LState) int {
	t := checkTable(L, 1)
	last := t.Len()
	i := optInt(L, 2, last)
	if i < 1 || i > last {
		return 0
	}
	L.Push(t.Remove(i))
	return 1
}

func (lib *tableLib) maxn(L *lua.LState) int {
	t := checkTable(L, 1)
	highest, steps := lua.LNumber(0), 0
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		if n, ok := k.(lua.LNumber); ok && n > highest {
			highest = n
		}
		steps++
		lib.checkpoint(L, steps)
	}
	L.Push(highest)
	return 1
}

func tablePack(L *lua.LState) int {
	n := L.GetTop()
	t := L.CreateTable(n, 1)
	for i := 1; i <= n; i++ {
		t.RawSetInt(i, L.Get(i))
	}
	t.RawSetString("n", lua.LNumber(n))
	L.Push(t)
	return 1
}
