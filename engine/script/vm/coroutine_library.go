package vm

import (
	"runtime"

	lua "github.com/yuin/gopher-lua"
)

// CoroutineLibrary returns the table of the coroutine library of Lua 5.1. Unlike in Lua 5.1, a
// coroutine may also yield inside pcall, metamethods and iterators. The executor does not use the
// coroutines of gopher-lua because they cannot be killed, and because they mix up their data when
// tasks wait in them.
func (x *Executor) CoroutineLibrary() *lua.LTable {
	L := x.state
	library := L.CreateTable(0, 6)
	for name, fn := range map[string]lua.LGFunction{
		"create":  x.coroutineCreate,
		"resume":  x.coroutineResume,
		"yield":   x.coroutineYield,
		"status":  x.coroutineStatus,
		"wrap":    x.coroutineWrap,
		"running": x.coroutineRunning,
	} {
		library.RawSetString(name, L.NewFunction(fn))
	}
	return library
}

// coroutine.create(fn) -> a coroutine that will run fn
func (x *Executor) coroutineCreate(L *lua.LState) int {
	L.Push(x.newCoroutine(L.CheckFunction(1)))
	return 1
}

// coroutine.resume(co, ...) -> true and the values that co yields or returns, or false and the
// error
func (x *Executor) coroutineResume(L *lua.LState) int {
	handle := L.CheckThread(1)
	out, err := x.resume(L, coroutineOf(handle), values(L)[1:])
	runtime.KeepAlive(handle)
	if err != nil {
		L.Push(lua.LFalse)
		L.Push(err)
		return 2
	}
	L.Push(lua.LTrue)
	return 1 + push(L, out)
}

// coroutine.yield(...) -> the arguments of the next resume
func (x *Executor) coroutineYield(L *lua.LState) int {
	w := x.running
	if w.co == nil {
		L.RaiseError("attempt to yield from outside a coroutine")
	}
	c := w.co
	c.passed = values(L)
	if !w.pause(yielded) {
		L.RaiseError("%s", x.hook.task.Load().killReason())
	}
	return push(L, c.passed)
}

// coroutine.status(co) -> "suspended", "running", "normal" or "dead"
func (x *Executor) coroutineStatus(L *lua.LState) int {
	L.Push(lua.LString(coroutineOf(L.CheckThread(1)).status))
	return 1
}

// coroutine.wrap(fn) -> a function that resumes a new coroutine of fn, and raises the errors of fn
func (x *Executor) coroutineWrap(L *lua.LState) int {
	handle := x.newCoroutine(L.CheckFunction(1))
	c := coroutineOf(handle)
	c.wrapped = true
	L.Push(L.NewFunction(func(L *lua.LState) int {
		out, err := x.resume(L, c, values(L))
		runtime.KeepAlive(handle)
		raise := func() {
			if text, ok := err.(lua.LString); ok {
				// puts the file and line of the call before the text, as Lua 5.1 does
				L.RaiseError("%s", string(text))
			}
			L.Error(err, 0)
		}
		switch {
		case err != nil && c.failed:
			x.raiseAgain(raise)
		case err != nil:
			raise()
		}
		return push(L, out)
	}))
	return 1
}

// coroutine.running() -> the coroutine that calls this function, or nil if no coroutine does
func (x *Executor) coroutineRunning(L *lua.LState) int {
	if c := x.running.co; c != nil {
		if handle := c.handle.Value(); handle != nil {
			L.Push(handle)
			return 1
		}
	}
	L.Push(lua.LNil)
	return 1
}
