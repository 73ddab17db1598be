package vm

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// maxProtectedDepth is how many protected calls may be nested. The limit exists because each call
// uses some of the Go stack.
const maxProtectedDepth = 100

// ProtectedCalls returns a table with the Lua functions pcall and xpcall.
//
//	pcall(f, ...)       -> true and what f returns, or false and the error
//	xpcall(f, handler)  -> true and what f returns, or false and what handler returns for the error
//
// They replace the pcall and xpcall of gopher-lua, which are wrong. When a call fails, pcall of
// gopher-lua closes the upvalues of all functions on the thread, so the caller's closures no longer
// share its local variables. xpcall of gopher-lua leaves upvalues that point into the stack, and
// the next call overwrites them. The functions of this package make each call on a Lua thread of
// its own, and do not use a thread again while closures use its stack.
func (x *Executor) ProtectedCalls() *lua.LTable {
	L := x.state
	calls := L.CreateTable(0, 2)
	calls.RawSetString("pcall", L.NewFunction(func(L *lua.LState) int {
		if L.GetTop() == 0 {
			L.RaiseError("bad argument #1 to 'pcall' (value expected)")
		}
		return x.pcall(L)
	}))
	calls.RawSetString("xpcall", L.NewFunction(func(L *lua.LState) int {
		if L.GetTop() < 2 {
			L.RaiseError("bad argument #2 to 'xpcall' (value expected)")
		}
		return x.xpcall(L, L.Get(1), L.Get(2))
	}))
	return calls
}

// ErrorTrace returns the stack trace of the error that the running xpcall handler was called for,
// or "" when no xpcall handler runs. Only Go functions that a script called may call it.
func (x *Executor) ErrorTrace() string {
	if x.running.trace == nil {
		return ""
	}
	return x.running.trace()
}

// pcall calls the function that is the first value on the stack of L with the other values as its
// arguments. It pushes the results of Lua's pcall onto the stack of L and returns their number.
func (x *Executor) pcall(L *lua.LState) int {
	fn, n := L.Get(1), L.GetTop()
	th, err := x.beginProtected(fn)
	if err == nil {
		th.Push(x.guard)
		for i := 1; i <= n; i++ {
			th.Push(L.Get(i))
		}
		err = x.callProtected(th, n, false)
	}
	if err != nil {
		L.Push(lua.LFalse)
		L.Push(trimMissingLine(fn, ErrorValue(err)))
		return 2
	}
	L.Push(lua.LTrue)
	n = th.GetTop()
	for i := 1; i <= n; i++ {
		L.Push(th.Get(i))
	}
	x.recycleThread(th)
	return 1 + n
}

// A handledCall is a call of xpcall that has not returned.
type handledCall struct {
	thread  *lua.LState // the Lua thread of the protected call
	handler lua.LValue
	handled bool       // the handler has been called
	value   lua.LValue // what the handler returned
}

// xpcall calls fn, and calls handler if fn raises an error. It pushes the results of Lua's xpcall
// onto the stack of L and returns their number.
func (x *Executor) xpcall(L *lua.LState, fn, handler lua.LValue) int {
	th, err := x.beginProtected(fn)
	call := handledCall{thread: th, handler: handler}
	if err == nil {
		w := x.running
		outer := w.handled
		w.handled = &call
		th.Push(x.handlingGuard)
		th.Push(fn)
		err = x.callProtected(th, 1, false)
		w.handled = outer
	}
	if err == nil {
		results := values(th)
		x.recycleThread(th)
		L.Push(lua.LTrue)
		return 1 + push(L, results)
	}
	if !call.handled {
		call.value = x.callHandler(handler, ErrorValue(err), nil)
	}
	L.Push(lua.LFalse)
	L.Push(call.value)
	return 2
}

// raiseHandled calls the handler of the innermost xpcall, whose function has raised an error on L.
// The handler runs before the functions on L end, so that debug.traceback can describe them.
func (x *Executor) raiseHandled(L *lua.LState) {
	if c := x.running.handled; c != nil && c.thread == L && !c.handled {
		c.handled = true
		c.value = x.callHandler(c.handler, L.Get(-1), func() string { return x.stackTrace(L) })
	}
}

// callHandler calls the handler of xpcall with the value of an error, and returns its result. trace
// returns the stack trace of the error; it may be nil.
func (x *Executor) callHandler(handler, err lua.LValue, trace func() string) lua.LValue {
	if handler.Type() == lua.LTFunction {
		w := x.running
		outer := w.trace
		w.trace = trace
		results, err := x.PCall([]lua.LValue{handler, err})
		w.trace = outer
		switch {
		case err == nil && len(results) > 0:
			return results[0]
		case err == nil:
			return lua.LNil
		}
	}
	return lua.LString("error in error handling")
}

// PCall calls the function call[0] with the arguments call[1:], as Lua's pcall does. It returns the
// results of the function, or the error that the function raised. The error has no stack trace. Go
// functions must use PCall and not LState.PCall, which damages the closures of the functions that are
// still running.
func (x *Executor) PCall(call []lua.LValue) ([]lua.LValue, error) { return x.callApart(call, false) }

// Forward is like PCall, but raises the error of the function again, on L.
func (x *Executor) Forward(L *lua.LState, call []lua.LValue) []lua.LValue {
	results, err := x.callApart(call, true)
	if err != nil {
		x.raiseAgain(func() { L.Error(ErrorValue(err), 0) })
	}
	return results
}

// callApart calls the function call[0] with the arguments call[1:] on a Lua thread of its own.
func (x *Executor) callApart(call []lua.LValue, forwards bool) ([]lua.LValue, error) {
	th, err := x.beginProtected(call[0])
	if err != nil {
		return nil, err
	}
	th.Push(x.guard)
	push(th, call)
	if err := x.callProtected(th, len(call), forwards); err != nil {
		return nil, err
	}
	results := values(th)
	x.recycleThread(th)
	return results, nil
}

// beginProtected returns a Lua thread for a protected call of fn. It returns an error if fn cannot
// be called, or if too many protected calls are nested.
func (x *Executor) beginProtected(fn lua.LValue) (*lua.LState, error) {
	w := x.running
	if fn.Type() != lua.LTFunction && w.L.GetMetaField(fn, "__call") == lua.LNil {
		return nil, fmt.Errorf("attempt to call a %s value", fn.Type())
	}
	if w.protected() >= maxProtectedDepth {
		return nil, fmt.Errorf("protected calls are nested more than %d deep", maxProtectedDepth)
	}
	return x.takeThread(), nil
}

// callProtected calls the function at the bottom of the stack of th, which is one of
// the guards of x, with the n values above it. The results replace them. th is a thread of
// beginProtected. If the function fails, callProtected keeps the thread for another call, unless
// closures still use its stack. forwards says that the caller raises the error again.
func (x *Executor) callProtected(th *lua.LState, n int, forwards bool) error {
	w := x.running
	w.threads = append(w.threads, runningThread{th, forwards})
	err := th.PCall(n, lua.MultRet, nil)
	last := len(w.threads) - 1
	w.threads[last].L = nil // can be collected
	w.threads = w.threads[:last]
	if err != nil && !hasOpenUpvalues(th) {
		x.recycleThread(th)
	}
	return err
}

// callGuarded calls a function with n arguments. The function and the arguments are the top
// values of the stack of L, and the results replace them. guard is one of the guards of x. After
// an error, L must not be used again if hasOpenUpvalues returns true.
func (x *Executor) callGuarded(L *lua.LState, n int, guard *lua.LFunction) error {
	L.Insert(guard, L.GetTop()-n)
	return L.PCall(n+1, lua.MultRet, nil)
}

// newGuard returns a Lua function that calls its first argument with its other arguments, for
// callGuarded. onError is called with the Lua thread on which a function has raised an error,
// before the functions on the thread end. It returns the stack trace of the error. If that is empty,
// PCall makes one, which takes longer than a call of a short function.
func (x *Executor) newGuard(onError func(*lua.LState) (stackTrace string)) *lua.LFunction {
	raise := func(L *lua.LState) {
		x.raised(L)
		trace := onError(L)
		x.raisedOn = L
		panic(&lua.ApiError{Type: lua.ApiErrorRun, Object: L.Get(-1), StackTrace: trace})
	}
	return x.state.NewFunction(func(L *lua.LState) int {
		L.Panic = raise // gopher-lua calls it to raise an error; PCall puts the old function back
		return x.callClosingLocals(L)
	})
}

// noTrace is the stack trace of errors for which no stack trace is needed.
const noTrace = " "

// makeGuards sets the guards of x.
func (x *Executor) makeGuards() {
	x.guard = x.newGuard(func(*lua.LState) string { return noTrace })
	x.tracingGuard = x.newGuard(x.stackTrace)
	x.handlingGuard = x.newGuard(func(L *lua.LState) string {
		x.raiseHandled(L)
		return noTrace
	})
}

// maxTrace is the maximal number of nested calls of which gopher-lua makes a stack trace. It takes
// time that grows with the square of the number.
const maxTrace = 200

// endsOfTrace is the number of calls at each end of a stack trace of more than maxTrace calls.
const endsOfTrace = 7

// stackTrace returns a stack trace of the calls on L. It leaves out the middle if there are many, as
// Lua does.
func (x *Executor) stackTrace(L *lua.LState) string {
	if _, deep := L.GetStack(maxTrace); deep {
		calls := sort.Search(maxCallStackSize, func(level int) bool {
			_, ok := L.GetStack(level)
			return !ok
		})
		lines := []string{"stack traceback:"}
		for level := range endsOfTrace {
			lines = append(lines, traceLine(L, level))
		}
		lines = append(lines, "\t...")
		for level := calls - endsOfTrace; level < calls; level++ {
			lines = append(lines, traceLine(L, level))
		}
		return strings.Join(lines, "\n")
	}
	scratch := x.takeThread()
	scratch.Push(L) // the arguments of the function: a thread, and the first level of calls
	scratch.Push(lua.LNumber(0))
	debugTraceback(scratch)
	trace := lua.LVAsString(scratch.Get(-1))
	x.recycleThread(scratch)
	return trace
}

// traceLine returns the line of a stack trace for the call at level.
func traceLine(L *lua.LState, level int) string {
	call, _ := L.GetStack(level)
	function := "?"
	if _, err := L.GetInfo("S", call, lua.LNil); err == nil && call.Source != "" {
		function = fmt.Sprintf("function <%s:%d>", call.Source, call.LineDefined)
	}
	return "\t" + L.Where(level) + " in " + function
}

// debugTraceback is the Lua function debug.traceback of gopher-lua, which is the only exported way
// to its stack traces.
var debugTraceback = func() lua.LGFunction {
	L := newState()
	defer L.Close()
	L.Push(L.NewFunction(lua.OpenDebug))
	L.Call(0, 0)
	return L.GetField(L.GetGlobal(lua.DebugLibName), "traceback").(*lua.LFunction).GFunction
}()

// callClosingLocals calls its first argument with its other arguments. If calls are nested too
// deep, gopher-lua panics without closing the upvalues of the functions, and their closures would
// later read wrong values. callClosingLocals turns the panic into an ordinary Lua error, which
// closes the upvalues. It does not recover the panic of an ordinary error, because it would have to
// panic a second time, which takes long.
func (x *Executor) callClosingLocals(L *lua.LState) int {
	x.raisedOn = nil
	returned := false
	defer func() {
		if returned || x.raisedOn == L {
			return
		}
		v := recover()
		if v == nil { // the goroutine ends
			return
		}
		if v == "lua callstack overflow" {
			L.RaiseError("stack overflow")
		}
		if err, ok := v.(runtime.Error); ok {
			v = x.crash(err)
		}
		panic(v)
	}()
	L.Call(L.GetTop()-1, lua.MultRet)
	returned = true
	return L.GetTop()
}

// crash reports a runtime error of Go in the running task, because it may have damaged the Lua
// state. It kills the task, so that pcall cannot catch the error, and returns the error for Lua,
// which does not contain the text of err.
func (x *Executor) crash(err runtime.Error) *lua.ApiError {
	if t := x.hook.task.Load(); t != nil {
		t.killFlag.set(CrashReason)
	}
	x.opts.OnPanic(&PanicError{err, debug.Stack()})
	return &lua.ApiError{Type: lua.ApiErrorRun, Object: lua.LString(CrashReason)}
}

// ErrorValue returns the Lua value of an error that a protected call returned. That is the value
// that the Lua code raised, or the text of err if err is not from Lua.
func ErrorValue(err error) lua.LValue {
	var raised *lua.ApiError
	if errors.As(err, &raised) && raised.Object != nil {
		return raised.Object
	}
	return lua.LString(err.Error())
}

// trimMissingLine removes the leading space of an error that pcall returns for the Go function f.
// gopher-lua writes the file and line, a space and the message. When pcall calls a Go function
// directly, there is no file and line.
func trimMissingLine(f, err lua.LValue) lua.LValue {
	text, ok := err.(lua.LString)
	if fn, isFunction := f.(*lua.LFunction); ok && (!isFunction || fn.IsG) {
		return lua.LString(strings.TrimPrefix(string(text), " "))
	}
	return err
}

// takeThread returns an unused Lua thread for one protected call.
func (x *Executor) takeThread() *lua.LState {
	if n := len(x.idleThreads); n > 0 {
		th := x.idleThreads[n-1]
		x.idleThreads = x.idleThreads[:n-1]
		return th
	}
	th, _ := x.state.NewThread() // the cancel function is nil because state has no context
	th.SetContext(x.hook.contextOf(th))
	return th
}

// recycleThread keeps th for the next protected call, unless the stack of th has grown. The call on
// th must have succeeded.
func (x *Executor) recycleThread(th *lua.LState) {
	th.SetTop(0)
	if len(x.idleThreads) < maxIdleWorkers && !stackHasGrown(th) {
		x.idleThreads = append(x.idleThreads, th)
	}
}
