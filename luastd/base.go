package luastd

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// openBase opens Lua's own libraries, without what would let a script reach
// past its state: files, other programs, the process itself.
func openBase(L *lua.LState, host Logger) {
	for _, open := range []lua.LGFunction{lua.OpenBase, lua.OpenTable, lua.OpenString, lua.OpenMath, lua.OpenOs, lua.OpenDebug} {
		L.Push(L.NewFunction(open))
		L.Call(0, 0)
	}
	for _, name := range []string{"dofile", "loadfile", "module", "require", "newproxy", "_printregs", "getfenv", "setfenv"} {
		L.SetGlobal(name, lua.LNil)
	}
	keep(L, "os", "clock", "date", "difftime", "time")
	keep(L, "debug", "traceback")
	L.SetGlobal("print", L.NewFunction(func(L *lua.LState) int { return printLine(L, host) }))
}

// keep leaves only the named functions of a library.
func keep(L *lua.LState, library string, names ...string) {
	all := L.GetGlobal(library).(*lua.LTable)
	kept := L.CreateTable(0, len(names))
	for _, name := range names {
		kept.RawSetString(name, all.RawGetString(name))
	}
	L.SetGlobal(library, kept)
}

// printLine shows a line to whoever watches the program.
//
//	print(...)  the values, separated by tabs, with the script's name
func printLine(L *lua.LState, host Logger) int {
	words := make([]string, L.GetTop())
	for i := range words {
		words[i] = L.ToStringMeta(L.Get(i + 1)).String()
	}
	host.Print(strings.Join(words, "\t"))
	return 0
}
