package vm

import (
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// A callFrame has the memory layout of gopher-lua's type of the same name: one call on the stack of
// a Lua thread. A test compares the two types.
type callFrame struct {
	Idx        int // number of calls below this one on the stack
	Fn         *lua.LFunction
	Parent     *callFrame
	Pc         int // index of the instruction after the one that runs
	Base       int
	LocalBase  int // index in the registry of the first local variable
	ReturnBase int
	NArgs      int
	NRet       int
	TailCall   int // number of calls that have been replaced by this one, because they ended in a tail call
}

// currentFrame returns the innermost call on the Lua thread L, or nil.
func currentFrame(L *lua.LState) *callFrame {
	return *(**callFrame)(unsafe.Add(unsafe.Pointer(L), frameOffset))
}

// valueStack returns the value stack of L, which has the local variables of all calls.
func valueStack(L *lua.LState) []lua.LValue {
	registry := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(L), registryOffset))
	return *(*[]lua.LValue)(unsafe.Add(registry, arrayOffset))
}

// pc returns the index of the instruction that runs, or that runs next if the call waits in a hook.
func (f *callFrame) pc() int { return max(f.Pc-1, 0) }

// A Frame is a call of a Lua function that has not returned. It is valid until its task continues.
// Only the executor's goroutine may use it.
type Frame struct {
	thread *lua.LState
	call   *callFrame
	// Resumer is set in the first of the calls below a coroutine: those of the task or coroutine
	// that has resumed it.
	Resumer bool
}

// Function returns the function that was called.
func (f Frame) Function() *lua.LFunction { return f.call.Fn }

// Line returns the line that runs.
func (f Frame) Line() int { return f.call.Fn.Proto.DbgSourcePositions[f.call.pc()] }

// A Variable is a local variable or an upvalue of a call.
type Variable struct {
	Name  string
	Value lua.LValue
	Set   func(lua.LValue) // assigns a value to the variable
}

// Locals returns the local variables in scope, outermost first.
func (f Frame) Locals() []Variable {
	var all []Variable
	pc, register := f.call.pc(), 0
	for _, l := range f.call.Fn.Proto.DbgLocals {
		if l.StartPc > pc {
			break
		}
		if pc >= l.EndPc {
			continue
		}
		if at := f.call.LocalBase + register; at < len(valueStack(f.thread)) {
			all = append(all, Variable{l.Name, orNil(valueStack(f.thread)[at]), func(v lua.LValue) { valueStack(f.thread)[at] = v }})
		}
		register++
	}
	return all
}

// Arguments returns the additional arguments of a function with "...".
func (f Frame) Arguments() []lua.LValue {
	p := f.call.Fn.Proto
	from, to := f.call.Base+1+int(p.NumParameters), f.call.Base+1+f.call.NArgs
	stack := valueStack(f.thread)
	if p.IsVarArg == 0 || from >= to || to > len(stack) {
		return nil
	}
	var all []lua.LValue
	for _, v := range stack[from:to] {
		all = append(all, orNil(v))
	}
	return all
}

// Upvalues returns the local variables of the enclosing functions that the function uses.
func (f Frame) Upvalues() []Variable {
	var all []Variable
	for i, u := range f.call.Fn.Upvalues {
		if i < len(f.call.Fn.Proto.DbgUpvalues) && u != nil {
			all = append(all, Variable{f.call.Fn.Proto.DbgUpvalues[i], orNil(u.Value()), u.SetValue})
		}
	}
	return all
}

func orNil(v lua.LValue) lua.LValue {
	if v == nil {
		return lua.LNil
	}
	return v
}

// framesOf returns the calls of Lua functions on the threads of the worker w, innermost first.
func framesOf(w *worker) []Frame {
	var all []Frame
	for i := len(w.threads) - 1; i >= 0; i-- {
		L := w.threads[i].L
		for f := currentFrame(L); f != nil; f = f.Parent {
			if f.Fn != nil && !f.Fn.IsG {
				all = append(all, Frame{thread: L, call: f})
			}
		}
	}
	return all
}
