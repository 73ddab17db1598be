package script

import (
	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/activity"
	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/modules"
)

// library is the list of all modules that every script has: the modules of luastd, and the parts of
// Lua's standard library that need the executor or the folder of the script.
var library = luastd.NewList(append(modules.All(),
	luastd.Module{Name: "coroutine", Open: func(_ *lua.LState, rt luastd.Runtime) lua.LValue {
		return rt.(*generation).x.CoroutineLibrary()
	}},
	luastd.Module{Name: "pcall", Globals: []string{"pcall", "xpcall"}, Open: func(_ *lua.LState, rt luastd.Runtime) lua.LValue {
		return rt.(*generation).x.ProtectedCalls()
	}},
	luastd.Module{Name: "package", Open: func(L *lua.LState, rt luastd.Runtime) lua.LValue {
		return rt.(*generation).openPackage(L)
	}},
	luastd.Module{Name: "require", Globals: []string{"require"}, Open: func(L *lua.LState, rt luastd.Runtime) lua.LValue {
		t := L.CreateTable(0, 1)
		t.RawSetString("require", L.NewFunction(rt.(*generation).require))
		return t
	}},
	luastd.Module{Name: "loadfile", Globals: []string{"loadfile", "dofile"}, Open: func(L *lua.LState, rt luastd.Runtime) lua.LValue {
		return rt.(*generation).openLoadFile(L)
	}},
)...)

// Tabs returns the tabs that show what the modules of scripts do, and the permissions that scripts use.
func Tabs() []*activity.Tab { return append(library.Tabs(), &permit.Tab) }
