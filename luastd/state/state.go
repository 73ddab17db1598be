// Package state is the Lua module that makes the global table "state". The JSON values in this
// table survive a reload of the script: moonlark/engine/script copies them from the old generation
// to the new.
package state

import (
	_ "embed"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module that makes "state". It is always open because the engine writes into the
// table before the script loads. It sets Globals so that require("state") still finds a file
// state.lua beside the script.
var Module = luastd.Module{Name: "state", Globals: []string{"state"}, Always: true, Open: open, Doc: doc, Manual: manual}

func open(L *lua.LState, _ luastd.Runtime) lua.LValue {
	module := L.CreateTable(0, 1)
	module.RawSetString("state", L.NewTable())
	return module
}
