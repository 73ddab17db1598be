package luastd

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// A tableLib is the table library of one Lua state.
type tableLib struct{ breather Breather }

// openTable opens the table library, which is Lua 5.1's.
//
//	table.concat(t [, separator [, i [, j]]]) -> the strings and numbers t[i] to t[j] as one string
//	table.foreach(t, fn), table.foreachi(t, fn) -> the first value of fn(key, value) that is not nil
//	table.getn(t)              -> #t
//	table.insert(t, [i,] v)       puts v at t[i], or behind the last
//	table.maxn(t)              -> the highest number that is a key, or 0
//	table.remove(t [, i])      -> t[i], or the last, which is taken out
//	table.sort(t [, before])      puts t in order: that of <, or by what before(a, b) says
func openTable(L *lua.LState, breather Breather) {
	lib := &tableLib{breather}
	all := L.CreateTable(0, 16)
	set(L, all, map[string]lua.LGFunction{
		"concat":   lib.concat,
		"foreach":  tableForEach,
		"foreachi": tableForEachI,
		"getn":     tableGetN,
		"insert":   lib.insert,
		"maxn":     lib.maxn,
		"remove":   tableRemove,
		"setn":     func(L *lua.LState) int { L.RaiseError("'setn' is obsolete"); return 0 },
		"sort":     lib.sort,
	})
	L.SetGlobal("table", all)
}

// breathe lets others run now and then in a loop that has made n steps.
func (lib *tableLib) breathe(L *lua.LState, n int) {
	if n&0xfff == 0xfff {
		lib.breather.Breathe(L)
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
	rested := 0 // how long b was when others could last run
	for first := i; i <= j; i++ {
		v := member(t, i)
		text, ok := asString(v)
		if !ok {
			L.RaiseError("invalid value (%s) at index %d in table for 'concat'", v.Type().String(), i)
		}
		if i > first {
			b.WriteString(separator)
		}
		b.WriteString(text)
		if b.Len() > mostText {
			L.RaiseError("%s", fmt.Sprintf("resulting string too large (the most is %d bytes)", mostText))
		}
		lib.breathe(L, i)
		if b.Len()-rested > breath {
			rested = b.Len()
			lib.breather.Breathe(L)
		}
	}
	L.Push(lua.LString(b.String()))
	return 1
}

// member is t[i]: gopher-lua's RawGetInt sees only what is in the array.
func member(t *lua.LTable, i int) lua.LValue {
	if 0 < i && i <= mostArray {
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

// callEach leaves what fn(k, v) returned on the stack, if it is not nil.
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
	if last >= mostArray {
		L.RaiseError("table overflow: its length does not count past %d", mostArray)
	}
	switch L.GetTop() {
	case 2:
		t.RawSetInt(last+1, L.Get(2))
	case 3:
		i, v := checkInt(L, 2), L.Get(3)
		for ; i < 1; i++ { // Lua 5.1 moves what is below 1 too
			moved := t.RawGet(lua.LNumber(i))
			t.RawSet(lua.LNumber(i), v)
			v = moved
			lib.breathe(L, i)
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
		lib.breathe(L, steps)
	}
	L.Push(highest)
	return 1
}
