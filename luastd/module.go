// Package luastd defines how the Lua modules that scripts can use are connected to the engine. Each
// module is a package in a folder below this one. Package moonlark/luastd/modules lists them all.
//
// The functions of a module run on the goroutine of the executor, which is the only goroutine that
// uses the script's Lua state. Meanwhile the executor has one of the few run slots of the process.
// So the functions must not block. A function that has to wait must call Runtime.Await: the
// executor then runs other tasks.
package luastd

import (
	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/activity"
	"moonlark/engine/permit"
)

// A Module is a set of functions that a script can call. To add a module, write a package with a
// variable of this type, and add the variable to the list in package moonlark/luastd/modules.
type Module struct {
	// Name is the name of the module. If Globals is nil, the value that Open returns becomes a
	// global with this name, and require returns it for this name.
	Name string

	// Globals are the names of the global functions that the module defines, such as register_tool
	// or sleep. If Globals is not nil, Open must return a table with a field for each of them, and
	// require does not find the module.
	Globals []string

	// Always opens the module as soon as the Lua state is made. Other modules are opened when code
	// that uses one of their globals is loaded, so that a reload does not open modules that the
	// script does not use.
	Always bool

	// Open returns the value of the module for one Lua state. It is called at most once for each
	// state: before the executor starts if Always is set, otherwise on the goroutine of the
	// executor, possibly while a task runs. It must be quick, must not run Lua code, and must not
	// open anything that remains when the state has been closed.
	Open func(L *lua.LState, rt Runtime) lua.LValue

	// Needs are the kinds of permissions that functions of the module may ask for.
	Needs []permit.Kind

	// Need returns the error, usually a *permit.Denied, of a call of function whose first argument
	// is the text argument, if b lacks a permission for it. known is false if the argument is not
	// known; Need then returns an error if b has no permission of the kind at all. It is called for
	// the calls in the source of a script, to tell a person what the script needs, so it must not
	// open or change anything. nil means that the module needs no permissions.
	Need func(b *permit.Broker, function, argument string, known bool) error

	// NeedFunctions are the names of the functions for which Need is called. nil means all.
	NeedFunctions []string

	// NeedSecond has functions like Need for the second argument, by the name of the called
	// function.
	NeedSecond map[string]func(b *permit.Broker, argument string, known bool) error

	// Tab is the tab of the inspector that shows what the module does: see Shower. nil means that it
	// shows nothing.
	Tab *activity.Tab

	// Doc declares the functions and fields of the module for editors, in the annotations of the
	// Lua language server. It is empty for the standard library of Lua, which editors know. The
	// file scripts/types/moonlark.lua consists of the Docs of all modules, and the command help shows
	// them. Tests compare Doc with the module and with Manual.
	Doc string

	// Manual is the manual of the module, in Markdown: what each function does, its results, its
	// errors and an example. The command help prints it. It is empty for the parts of the standard
	// library of Lua, except the first one, whose manual is for all of them.
	Manual string
}

// globals returns the names of the globals that m defines.
func (m *Module) globals() []string {
	if m.Globals != nil {
		return m.Globals
	}
	return []string{m.Name}
}

// MaxAgentSettings is the maximal length of the agent settings as JSON, in bytes. It is large
// because the settings can contain a long prompt.
const MaxAgentSettings = 256 << 10
