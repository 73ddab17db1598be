package vm

import (
	"sync/atomic"

	lua "github.com/yuin/gopher-lua"
)

// A Watcher is told what the Lua code of an executor does, for a debugger. The executor calls it on
// its goroutine, while a task runs. A method may call Hold and RunInside.
type Watcher interface {
	// Moved is called if Watch(true) has been called, before the first instruction of a line that
	// the code reaches, and before the first instruction after a return to a function. reached says
	// that the line of f is reached: in each call of a function, another line than before, or the
	// same line again after a jump backwards.
	Moved(f Frame, reached bool)

	// Raised is called when Lua code or a Go function raises the error v. caught says that a pcall
	// or the like in the script catches the error.
	Raised(v lua.LValue, caught bool)
}

// A watch calls the Watcher of an executor. Only the executor's goroutine uses the fields without
// an atomic type.
type watch struct {
	watcher Watcher
	// another number each time that Watch switches the calls of Watcher.Moved on; 0 while they are
	// off
	epoch atomic.Uint32
	calls atomic.Uint32 // number of calls of Watch(true)
	off   bool          // RunInside runs a task, which is not watched
	// the next error is one that a function raises again, and that the Watcher has been told about
	again bool

	// where the latest instruction was, if lastEpoch is epoch
	last      *watchingHook
	lastFrame int
	lastPc    int
	lastEpoch uint32
}

// Watch switches the calls of Watcher.Moved on or off, from the next instruction on. They make Lua
// code slower. Any goroutine may call it.
func (x *Executor) Watch(on bool) {
	if !on {
		x.watch.epoch.Store(0)
	} else {
		x.watch.epoch.CompareAndSwap(0, x.watch.calls.Add(1))
	}
}

// A watchingHook is the context of one Lua thread if Options.Watcher is set.
type watchingHook struct {
	*hook
	x *Executor
	L *lua.LState
}

// Done tells the Watcher about the instruction that gopher-lua is about to run.
func (h *watchingHook) Done() <-chan struct{} {
	if epoch := h.x.watch.epoch.Load(); epoch != 0 && !h.x.watch.off {
		h.x.observe(h, epoch)
	}
	return h.hook.Done()
}

// observe finds out whether the code has reached a line or returned to a function, and calls the
// Watcher if so.
func (x *Executor) observe(h *watchingHook, epoch uint32) {
	w := &x.watch
	f := currentFrame(h.L)
	pc, lines := f.pc(), f.Fn.Proto.DbgSourcePositions
	reached, returned := false, false
	switch {
	case pc == 0:
		reached = true // the function begins, or a loop jumps to its first instruction
	case w.last == h && w.lastFrame == f.Idx && w.lastEpoch == epoch:
		reached = lines[pc] != lines[w.lastPc] || pc <= w.lastPc && !isAppended(f.Fn.Proto, w.lastPc)
	default:
		// The instruction before this one was a call. It is not known if the watch has just begun.
		returned = w.lastEpoch == epoch
		reached = lines[pc] != lines[pc-1]
	}
	w.last, w.lastFrame, w.lastPc, w.lastEpoch = h, f.Idx, pc, epoch
	if reached && isEndOfFile(f.Fn.Proto, pc) {
		reached = false
	}
	if (reached || returned) && !x.hook.task.Load().killed.Load() {
		w.watcher.Moved(Frame{thread: h.L, call: f}, reached)
	}
}

// isAppended reports whether the instruction at pc is part of the code that the compiler appends
// after the final return of a function: a jump back from there is no loop.
func isAppended(p *lua.FunctionProto, pc int) bool { return pc > FinalReturn(p) }

// isEndOfFile reports whether the instruction at pc is the return at the end of a file, which is in
// no line of the source.
func isEndOfFile(p *lua.FunctionProto, pc int) bool {
	return p.LineDefined == 0 && pc == FinalReturn(p)
}

// FinalReturn returns the index of the instruction that returns from a function whose last
// statement is not return. Every function has this instruction.
func FinalReturn(p *lua.FunctionProto) int {
	for pc := len(p.Code) - 1; pc >= 0; pc-- {
		if int(p.Code[pc]>>26) == lua.OP_RETURN {
			return pc
		}
	}
	return -1
}

// raised tells the Watcher about the error on the stack of L, unless the error ends a task that has
// been killed.
func (x *Executor) raised(L *lua.LState) {
	w := &x.watch
	if w.watcher == nil || w.off {
		return
	}
	if w.again {
		w.again = false
		return
	}
	if t := x.hook.task.Load(); t != nil && !t.killed.Load() {
		w.watcher.Raised(L.Get(-1), isCaught(x.running))
	}
}

// isCaught reports whether a function below the running one catches errors.
func isCaught(w *worker) bool {
	for ; w != nil; w = w.resumer() {
		for _, th := range w.threads[1:] {
			if !th.forwards {
				return true
			}
		}
		if w.co != nil && !w.co.wrapped {
			return true
		}
	}
	return false
}

// raiseAgain calls raise, which raises an error that a protected call or a coroutine has raised
// before. The Watcher is not told about the error again.
func (x *Executor) raiseAgain(raise func()) {
	x.watch.again = x.watch.watcher != nil && !x.watch.off
	raise()
}
