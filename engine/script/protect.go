package script

import (
	"errors"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// deepProtected is how deep pcall and xpcall may stand in each other, since
// each takes some of the Go stack.
const deepProtected = 100

// openProtected gives a state its pcall, xpcall and debug.traceback.
// gopher-lua's own pcall closes the upvalues of every frame of the thread when
// the call fails, those of its caller too, whose closures then no longer see
// their locals; its xpcall lets them point into the stack, where whatever runs
// next overwrites them. Ours make the call on a thread of its own, which is
// left alone once a call on it has failed.
//
//	pcall(f, ...)            -> true and what f returns, or false and the error
//	xpcall(f, handler)       -> the same; handler gets the error and returns what becomes of it
//	debug.traceback([text])  -> text and where the script is; in handler, where the error happened
func openProtected(L *lua.LState, x *executor) {
	L.SetGlobal("pcall", L.NewFunction(func(L *lua.LState) int {
		if L.GetTop() == 0 {
			L.RaiseError("bad argument #1 to 'pcall' (value expected)")
		}
		return x.protect(L, values(L), nil)
	}))
	L.SetGlobal("xpcall", L.NewFunction(func(L *lua.LState) int {
		if L.GetTop() < 2 {
			L.RaiseError("bad argument #2 to 'xpcall' (value expected)")
		}
		return x.protect(L, values(L)[:1], L.Get(2))
	}))
	debug := L.GetGlobal("debug").(*lua.LTable)
	here := debug.RawGetString("traceback").(*lua.LFunction)
	debug.RawSetString("traceback", L.NewFunction(func(L *lua.LState) int {
		if trace := x.running.trace; trace != "" {
			L.Push(lua.LString(L.OptString(1, "") + "\n" + trace))
			return 1
		}
		return here.GFunction(L)
	}))
}

// protect calls call[0] with the rest and pushes what came of it.
func (x *executor) protect(L *lua.LState, call []lua.LValue, handler lua.LValue) int {
	results, err := x.try(call)
	if handler != nil && err != nil {
		outer := x.running.trace
		var raised *lua.ApiError
		if errors.As(err, &raised) {
			x.running.trace = raised.StackTrace
		}
		value := lua.LValue(lua.LString("error in error handling"))
		if handler.Type() == lua.LTFunction {
			if results, err = x.try([]lua.LValue{handler, errorValue(err)}); err == nil {
				value = first(results)
			}
		}
		x.running.trace = outer
		L.Push(lua.LFalse)
		L.Push(value)
		return 2
	}
	if err != nil {
		L.Push(lua.LFalse)
		L.Push(placeless(call[0], errorValue(err)))
		return 2
	}
	L.Push(lua.LTrue)
	return 1 + push(L, results)
}

func first(values []lua.LValue) lua.LValue {
	if len(values) == 0 {
		return lua.LNil
	}
	return values[0]
}

// try calls call[0] with the rest, on a thread of its own.
func (x *executor) try(call []lua.LValue) ([]lua.LValue, error) {
	w := x.running
	if f := call[0]; f.Type() != lua.LTFunction && w.L.GetMetaField(f, "__call") == lua.LNil {
		return nil, fmt.Errorf("attempt to call a %s value", f.Type())
	}
	if w.protected >= deepProtected {
		return nil, fmt.Errorf("pcall stands in itself more than %d deep", deepProtected)
	}
	th := x.thread()
	push(th, call)
	outer := w.now
	w.now = th
	w.protected++
	err := pcall(th, len(call)-1)
	w.protected--
	w.now = outer
	if err != nil {
		return nil, err
	}
	results := values(th)
	x.recycleThread(th)
	return results, nil
}

// pcall is L.PCall, for the function on the stack below n arguments.
func pcall(L *lua.LState, n int) error {
	L.Insert(L.NewFunction(unwind), L.GetTop()-n)
	return L.PCall(n+1, lua.MultRet, nil)
}

// unwind calls its first argument with the others. When calls are too deep,
// gopher-lua panics without closing their locals, which closures that are left
// of them would then read as no value at all: here that becomes an error as any
// other.
func unwind(L *lua.LState) int {
	defer func() {
		switch v := recover(); v {
		case nil:
		case "lua callstack overflow":
			L.RaiseError("stack overflow")
		default:
			panic(v)
		}
	}()
	L.Call(L.GetTop()-1, lua.MultRet)
	return L.GetTop()
}

// placeless takes off the space that gopher-lua puts between a place and the
// message where there is no place: a Go function raised, and none of Lua
// called it.
func placeless(f, err lua.LValue) lua.LValue {
	text, ok := err.(lua.LString)
	if fn, isFunction := f.(*lua.LFunction); ok && (!isFunction || fn.IsG) {
		return lua.LString(strings.TrimPrefix(string(text), " "))
	}
	return err
}

// thread is a Lua thread for one protected call.
func (x *executor) thread() *lua.LState {
	if n := len(x.threads); n > 0 {
		th := x.threads[n-1]
		x.threads = x.threads[:n-1]
		return th
	}
	th, _ := x.root.NewThread() // root has no context, so there is nothing to cancel
	th.SetContext(x.hook)
	return th
}

// recycleThread keeps a thread whose call has returned, unless it has grown.
func (x *executor) recycleThread(th *lua.LState) {
	th.SetTop(0)
	if len(x.threads) < mostIdle && !grown(th) {
		x.threads = append(x.threads, th)
	}
}
