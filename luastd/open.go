// Package luastd is everything a script can call, one file a module. Its
// functions run on the one goroutine that owns the script's Lua state, its
// executor, while that executor holds a run slot of the process: none of them
// may block. What has to wait does so through Host.Await, which parks the task
// and lets the executor go on with others.
package luastd

import (
	"time"

	lua "github.com/yuin/gopher-lua"
)

// A Host is the executor, as the functions of a script see it. All its methods
// are called on the executor's goroutine.
type Host interface {
	Waiter
	Caller
	Starter
	Breather
	Logger
	Registrar
	Talker
	Environment

	// Folder is where the script's file is.
	Folder() string
}

// A Waiter lets a function of a script wait for work done in Go.
type Waiter interface {
	// Await parks the running task and returns what done was called with.
	// begin is called at once, on the executor's goroutine; it starts the work
	// and returns how to give it up, nil when there is nothing to give up.
	// done may be called from any goroutine; the first call counts. When the
	// task is killed while it waits, Await gives the work up and raises.
	Await(L *lua.LState, begin func(done func(any)) (cancel func())) any
}

// A Caller calls functions as the script's pcall does.
type Caller interface {
	// Try calls call[0] with the rest and returns its results, or what it
	// raised. (gopher-lua's PCall would cut the locals of the functions that go
	// on off from the closures that share them.)
	Try(call []lua.LValue) ([]lua.LValue, error)
}

// A Starter starts tasks.
type Starter interface {
	// Spawn queues fn as a task of its own. The error says which bound it met.
	Spawn(fn *lua.LFunction, args []lua.LValue) error
	// After queues fn once delay has passed, or each time it has. cancel may
	// be called more than once, on the executor's goroutine.
	After(delay time.Duration, repeat bool, fn *lua.LFunction) (cancel func(), err error)
}

// Open gives a fresh Lua state the libraries of a script. L must not have a
// context yet. The coroutine library and require are the executor's own and
// come with it.
func Open(L *lua.LState, host Host) {
	openBase(L, host)
	openString(L, host)
	OpenJSON(L)
	openLog(L, host)
	openTimers(L, host)
	openTools(L, host)
	openSession(L, host)
	openSound(L, host)
}

// set makes Go functions fields of a table.
func set(L *lua.LState, t *lua.LTable, functions map[string]lua.LGFunction) {
	for name, fn := range functions {
		t.RawSetString(name, L.NewFunction(fn))
	}
}
