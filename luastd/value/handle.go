package value

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// HandleMetatable returns a metatable for userdata whose Go value is a T, such as databases and
// connections. getmetatable returns name. methods are the methods of the userdata. field returns
// the value of a field that is not a method, or nil (lua.LNil) if there is none; a nil field means
// that there are only methods. tostring returns what the method String of the value returns, or
// name if the value has no such method.
func HandleMetatable[T any](L *lua.LState, name string, methods map[string]lua.LGFunction, field func(v T, name string) lua.LValue) *lua.LTable {
	index := L.CreateTable(0, len(methods))
	SetFunctions(L, index, methods)
	meta := L.CreateTable(0, 3)
	meta.RawSetString("__metatable", lua.LString(name))
	meta.RawSetString("__index", index)
	if field != nil {
		meta.RawSetString("__index", L.NewFunction(func(L *lua.LState) int {
			v := lua.LValue(lua.LNil)
			if ud, ok := L.Get(1).(*lua.LUserData); ok {
				if handle, ok := ud.Value.(T); ok {
					v = field(handle, L.Get(2).String())
				}
			}
			if v == lua.LNil {
				v = index.RawGet(L.Get(2))
			}
			L.Push(v)
			return 1
		}))
	}
	meta.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		text := name
		if ud, ok := L.Get(1).(*lua.LUserData); ok {
			if s, ok := ud.Value.(fmt.Stringer); ok {
				text = s.String()
			}
		}
		L.Push(lua.LString(text))
		return 1
	}))
	return meta
}

// CheckHandle returns the Go value of argument 1 of a method, which must be userdata with a T. what
// names it with an article, such as "a connection", and usage is a correct call of a method, such
// as "connection:receive()". CheckHandle raises an error for any other argument.
func CheckHandle[T any](L *lua.LState, what, usage string) T {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if v, ok := ud.Value.(T); ok {
			return v
		}
	}
	L.ArgError(1, what+" expected: use a colon, as in "+usage)
	panic("ArgError does not return")
}
