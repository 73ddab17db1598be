package script

import (
	"fmt"
	"runtime"
	"time"
	"weak"

	lua "github.com/yuin/gopher-lua"
)

const (
	mostCoroutines = 4096 // alive, a script
	deepCoroutines = 200  // one resuming another, as deep as Lua 5.1 nests C calls
)

// A coroutine of the script runs on a worker of its own, so that it can yield
// and wait at any place. What Lua holds as a thread is its face, an empty
// LState that only leads here: nothing here leads back to it, so when a script
// forgets a suspended coroutine the face is collected, and the worker behind
// it is then stopped. (Not if the coroutine holds its own face in a local:
// that one stays until the generation ends.)
type coroutine struct {
	x      *executor
	fn     *lua.LFunction
	w      *worker // nil before the first resume and after the end
	face   weak.Pointer[lua.LState]
	watch  runtime.Cleanup // reaps it; stopped at its end, for it holds on to the whole generation
	status string          // "suspended", "running", "normal" or "dead"
	depth  int
	pass   []lua.LValue // what the next resume or yield hands over
	err    lua.LValue   // what it failed with; nil when it did not
}

// openCoroutines is the "coroutine" library of Lua 5.1. Unlike there, a
// coroutine may also yield inside pcall, metamethods and iterators.
func openCoroutines(L *lua.LState, x *executor) {
	library := L.CreateTable(0, 6)
	for name, fn := range map[string]lua.LGFunction{
		"create":  x.coCreate,
		"resume":  x.coResume,
		"yield":   x.coYield,
		"status":  x.coStatus,
		"wrap":    x.coWrap,
		"running": x.coRunning,
	} {
		library.RawSetString(name, L.NewFunction(fn))
	}
	L.SetGlobal("coroutine", library)
}

// newCoroutine makes a suspended coroutine and its face.
func (x *executor) newCoroutine(fn *lua.LFunction) *lua.LState {
	c := &coroutine{x: x, fn: fn, status: "suspended"}
	face := &lua.LState{Env: &lua.LTable{Metatable: &lua.LUserData{Value: c}}}
	c.face = weak.Make(face)
	return face
}

// faced is the coroutine behind a face.
func faced(face *lua.LState) *coroutine {
	return face.Env.Metatable.(*lua.LUserData).Value.(*coroutine)
}

// resume runs c until it yields, ends or fails, and returns what it handed
// over, or the error. It runs on the worker of the resumer.
func (x *executor) resume(L *lua.LState, c *coroutine, args []lua.LValue) ([]lua.LValue, lua.LValue) {
	if c.status != "suspended" {
		if c.status == "dead" {
			return nil, lua.LString("cannot resume dead coroutine")
		}
		return nil, lua.LString("cannot resume non-suspended coroutine")
	}
	resumer := x.running
	c.depth = 1
	if resumer.co != nil {
		c.depth = resumer.co.depth + 1
	}
	if c.depth > deepCoroutines {
		return nil, lua.LString(fmt.Sprintf("coroutines resume each other more than %d deep", deepCoroutines))
	}
	if c.w == nil {
		if x.coroutines >= mostCoroutines && !x.reapForgotten() {
			return nil, lua.LString(fmt.Sprintf("more than %d coroutines at once", mostCoroutines))
		}
		x.coroutines++
		c.w = x.idleWorker()
		c.w.co, c.w.job = c, c.body
		c.watch = runtime.AddCleanup(c.face.Value(), func(c *coroutine) {
			x.box.put(&message{do: func() { x.reap(c) }})
		}, c)
	}
	c.pass = args
	x.carry(L, c, resumer)
	err := c.err
	c.err = nil
	return c.pass, err
}

// carry steps c for resumer until it yields or ends. When c waits for Go work,
// resumer waits with it.
func (x *executor) carry(L *lua.LState, c *coroutine, resumer *worker) {
	setStatus := func(inner, outer string) {
		c.status = inner
		if resumer.co != nil {
			resumer.co.status = outer
		}
	}
	for {
		setStatus("running", "normal")
		x.running = c.w
		why, _ := c.w.step()
		x.running = resumer
		if why == yielded {
			setStatus("suspended", "running")
			return
		}
		if why == finished {
			setStatus("dead", "running")
			x.discardCoroutine(c)
			return
		}
		setStatus("normal", "normal") // parked: to any other task neither of them runs
		if !resumer.pause(parked) {
			c.w.stop()
			setStatus("dead", "running")
			x.discardCoroutine(c)
			L.RaiseError("%s", x.hook.task.Load().why())
		}
	}
}

// body is what c's worker does, from the first resume to the end.
func (c *coroutine) body(w *worker) {
	L := w.L
	L.SetTop(0)
	L.Push(c.fn)
	for _, v := range c.pass {
		L.Push(v)
	}
	n := len(c.pass)
	c.pass, c.fn = nil, nil
	defer func() {
		if v := recover(); v != nil {
			c.err = lua.LString(fmt.Sprintf("panic: %v", v))
			panic(v)
		}
	}()
	if err := pcall(L, n); err != nil {
		w.spent = true // closures may hold upvalues that lie on its stack
		c.err = errorValue(err)
		return
	}
	c.pass = values(L)
}

// discardCoroutine takes back the worker of a coroutine that has ended.
func (x *executor) discardCoroutine(c *coroutine) {
	x.coroutines--
	c.watch.Stop()
	w := c.w
	c.w, w.co = nil, nil
	if w.fault != nil {
		x.onFault(w.fault)
	}
	x.recycle(w)
}

// reap ends a suspended coroutine that nothing can resume any more.
func (x *executor) reap(c *coroutine) {
	if c.w == nil || c.status != "suspended" {
		return
	}
	c.status = "dead"
	x.stopWorker(c.w)
	x.coroutines--
	c.w = nil
}

// reapForgotten makes room when there are too many coroutines: in the middle of
// a task those that the script has forgotten have not been reaped yet. It says
// whether it has made any. A collection that frees nothing is not repeated for
// ten times as long as it took, so that a script at the bound does not keep the
// collector busy.
func (x *executor) reapForgotten() bool {
	began := time.Now()
	for _, collect := range []func(){func() {}, runtime.GC} {
		collect()
		before := x.coroutines
		for w := range x.workers {
			if c := w.co; c != nil && c.face.Value() == nil && c.status == "suspended" {
				c.watch.Stop()
				x.reap(c)
			}
		}
		if x.coroutines < before {
			return true
		}
		if began.Before(x.nextSweep) {
			return false
		}
	}
	x.nextSweep = time.Now().Add(10 * time.Since(began))
	return false
}

// values is everything on the stack of L.
func values(L *lua.LState) []lua.LValue {
	all := make([]lua.LValue, L.GetTop())
	for i := range all {
		all[i] = L.Get(i + 1)
	}
	return all
}

func push(L *lua.LState, all []lua.LValue) int {
	for _, v := range all {
		L.Push(v)
	}
	return len(all)
}

// coroutine.create(fn) -> a coroutine that will run fn
func (x *executor) coCreate(L *lua.LState) int {
	L.Push(x.newCoroutine(L.CheckFunction(1)))
	return 1
}

// coroutine.resume(co, ...) -> true and what co yields or returns, or false and the error
func (x *executor) coResume(L *lua.LState) int {
	face := L.CheckThread(1)
	out, err := x.resume(L, faced(face), values(L)[1:])
	runtime.KeepAlive(face)
	if err != nil {
		L.Push(lua.LFalse)
		L.Push(err)
		return 2
	}
	L.Push(lua.LTrue)
	return 1 + push(L, out)
}

// coroutine.yield(...) -> what the next resume passes
func (x *executor) coYield(L *lua.LState) int {
	w := x.running
	if w.co == nil {
		L.RaiseError("attempt to yield from outside a coroutine")
	}
	c := w.co
	c.pass = values(L)
	if !w.pause(yielded) {
		L.RaiseError("%s", x.hook.task.Load().why())
	}
	return push(L, c.pass)
}

// coroutine.status(co) -> "suspended", "running", "normal" or "dead"
func (x *executor) coStatus(L *lua.LState) int {
	L.Push(lua.LString(faced(L.CheckThread(1)).status))
	return 1
}

// coroutine.wrap(fn) -> a function that resumes a coroutine of fn, and raises where resume returns false
func (x *executor) coWrap(L *lua.LState) int {
	face := x.newCoroutine(L.CheckFunction(1))
	L.Push(L.NewFunction(func(L *lua.LState) int {
		out, err := x.resume(L, faced(face), values(L))
		runtime.KeepAlive(face)
		if text, ok := err.(lua.LString); ok {
			L.RaiseError("%s", string(text)) // with this place before it, as Lua 5.1 does
		} else if err != nil {
			L.Error(err, 0)
		}
		return push(L, out)
	}))
	return 1
}

// coroutine.running() -> the coroutine that calls it, or nil outside of any
func (x *executor) coRunning(L *lua.LState) int {
	if c := x.running.co; c != nil {
		if face := c.face.Value(); face != nil {
			L.Push(face)
			return 1
		}
	}
	L.Push(lua.LNil)
	return 1
}
