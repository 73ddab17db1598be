// Package std is the standard library of Lua 5.1. The functions that use files reach only what the
// script may reach: see package permit. What could reach the process, its memory or a shell is
// missing: module, newproxy, os.setlocale, and everything in debug but traceback and getinfo.
// os.execute, os.exit and io.popen raise an error that says what to use instead. require, loadfile,
// dofile, package, coroutine, pcall and xpcall need the executor, so they are in
// moonlark/engine/script.
//
// The functions behave like those of Lua 5.1, including their error messages. testdata has several
// hundred examples that are checked against Lua 5.1. A function that may run long calls Checkpoint,
// so that its task can be killed and other scripts can run.
package std

import (
	_ "embed"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed manual.md
var manual string

// Modules returns the parts of the standard library as modules. The first one has the manual of all.
func Modules() []luastd.Module {
	return []luastd.Module{
		{Name: "base", Globals: baseGlobals, Always: true, Open: openBase, Manual: manual},
		// The module string is always open, because a method call such as ("x"):rep(2) does not
		// mention the name of the module.
		{Name: "string", Always: true, Open: openString},
		{Name: "table", Open: openTable},
		{Name: "math", Open: openMath},
		// always open, because os.clock counts the time since the module was opened
		{
			Name: "os", Always: true, Open: openOS,
			Needs: []permit.Kind{permit.Env, permit.Write}, Need: needOS, NeedFunctions: []string{"getenv", "remove", "rename"},
			NeedSecond: map[string]func(*permit.Broker, string, bool) error{"rename": needTarget},
		},
		{Name: "debug", Open: openDebug},
		{
			Name: "io", Open: openIO,
			Needs: []permit.Kind{permit.Read, permit.Write}, Need: needIO, NeedFunctions: []string{"open", "lines", "input", "output"},
		},
	}
}

const (
	// maxArray is the highest index that a table stores in its array part. gopher-lua fills the
	// array part up to the highest index that is set. So an assignment such as t[6e7] = 1 needs at
	// most 16 MB. The length operator # does not count elements after maxArray.
	maxArray = 1<<20 - 1

	// bytesPerCheckpoint is how many bytes a function that makes a long string writes between two
	// calls of Checkpoint.
	bytesPerCheckpoint = 1 << 20
)

// boundArrays sets the maximal size of array parts in gopher-lua, which is a global variable for
// all Lua states.
var boundArrays = sync.OnceFunc(func() { lua.MaxArrayIndex = maxArray + 1 })

// newTable returns a Lua table with these Go functions.
func newTable(L *lua.LState, functions map[string]lua.LGFunction) *lua.LTable {
	t := L.CreateTable(0, len(functions))
	value.SetFunctions(L, t, functions)
	return t
}
