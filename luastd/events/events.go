// Package events has the global Lua functions with which a script receives events, and sends events to
// all scripts.
//
//	on(event, fn)         runs fn(event) for each event of that type; only while the script loads
//	emit(event [, data])  sends an event to all scripts -> whether a script handles it
package events

import (
	_ "embed"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

// eventTypes declares the events of the conversation and of Moonlark.
//
//go:embed events.lua
var eventTypes string

//go:embed manual.md
var manual string

// Module is the Lua module that defines on and emit.
var Module = luastd.Module{Name: "events", Globals: []string{"emit", "on"}, Open: open, Doc: doc + "\n" + eventTypes, Manual: manual}

// maxEventData is the maximal length of the data of an event that a script sends, as JSON, in
// bytes.
const maxEventData = 64 << 10

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	module := L.CreateTable(0, 2)
	value.SetFunctions(L, module, map[string]lua.LGFunction{
		"on": func(L *lua.LState) int {
			name, fn := L.CheckString(1), L.CheckFunction(2)
			value.Raise(L, rt.On(name, fn))
			return 0
		},
		"emit": func(L *lua.LState) int {
			name := L.CheckString(1)
			data, err := value.Append(nil, L.Get(2), maxEventData)
			if err != nil {
				L.ArgError(2, err.Error())
			}
			heard, err := rt.Emit(name, data)
			if err != nil {
				L.RaiseError("emit: %s", err.Error())
			}
			L.Push(lua.LBool(heard))
			return 1
		},
	})
	return module
}
