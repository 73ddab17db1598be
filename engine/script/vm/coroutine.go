package vm

import (
	"fmt"
	"runtime"
	"time"
	"weak"

	lua "github.com/yuin/gopher-lua"
)

const (
	// maxCoroutines is how many coroutines of one executor may have begun and not ended.
	maxCoroutines = 4096
	// maxCoroutineDepth is how many coroutines may resume each other in a chain. Lua 5.1 has the
	// same limit for nested C calls.
	maxCoroutineDepth = 200
)

// A coroutine is a coroutine of the script. It runs on a worker of its own, so it can yield and
// wait at any depth of function calls.
//
// Lua code gets a handle of the coroutine: an empty LState that refers to the coroutine. The
// coroutine has only a weak pointer to its handle. So when a script no longer uses a suspended
// coroutine, the garbage collector frees the handle, and a cleanup stops the worker. A coroutine
// that has its own handle in a local variable stays until the executor ends.
type coroutine struct {
	x      *Executor
	fn     *lua.LFunction
	worker *worker // runs the coroutine; nil before the first resume and after the end
	handle weak.Pointer[lua.LState]
	// cleanup stops the worker when the handle has been collected. It is cancelled when the
	// coroutine ends, because it keeps the executor in memory.
	cleanup runtime.Cleanup
	// the task that the coroutine runs in; nil while the coroutine is suspended
	task    *Task
	resumer *worker // the worker that has resumed the coroutine; nil while the coroutine is suspended
	wrapped bool    // coroutine.wrap has made the coroutine, and raises its errors again
	failed  bool    // the latest resume has ended with an error of the coroutine
	number  uint64  // see Task.number
	status  string  // "suspended", "running", "normal" or "dead"
	// number of coroutines in the chain of resumes from the task to this coroutine
	depth  int
	passed []lua.LValue // arguments of the latest resume, or values of the latest yield or return
	// the value that the coroutine raised as an error; nil if there was no error
	err lua.LValue
}

// newCoroutine returns the handle of a new suspended coroutine that will run fn.
func (x *Executor) newCoroutine(fn *lua.LFunction) *lua.LState {
	c := &coroutine{x: x, fn: fn, status: "suspended"}
	handle := &lua.LState{Env: &lua.LTable{Metatable: &lua.LUserData{Value: c}}}
	c.handle = weak.Make(handle)
	return handle
}

// coroutineOf returns the coroutine that the handle refers to.
func coroutineOf(handle *lua.LState) *coroutine {
	return handle.Env.Metatable.(*lua.LUserData).Value.(*coroutine)
}

// resume runs c until it yields, returns or raises an error. It returns the values that c yielded
// or returned, or the Lua error. Call it on the goroutine of the worker that resumes c.
func (x *Executor) resume(L *lua.LState, c *coroutine, args []lua.LValue) ([]lua.LValue, lua.LValue) {
	if c.status != "suspended" {
		if c.status == "dead" {
			return nil, lua.LString("cannot resume dead coroutine")
		}
		return nil, lua.LString("cannot resume non-suspended coroutine")
	}
	resumer := x.running
	c.failed = false
	c.depth = 1
	if resumer.co != nil {
		c.depth = resumer.co.depth + 1
	}
	if c.depth > maxCoroutineDepth {
		return nil, lua.LString(fmt.Sprintf("coroutines resume each other more than %d deep", maxCoroutineDepth))
	}
	if c.worker == nil {
		if x.coroutines >= maxCoroutines && !x.stopForgottenCoroutines() {
			return nil, lua.LString(fmt.Sprintf("more than %d coroutines at once", maxCoroutines))
		}
		x.coroutines++
		c.worker = x.takeWorker()
		c.number = x.nextNumber()
		c.worker.co, c.worker.job = c, c.run
		c.cleanup = runtime.AddCleanup(c.handle.Value(), func(c *coroutine) {
			x.Post(func() { x.stopCoroutine(c) })
		}, c)
	}
	c.passed = args
	x.runCoroutine(L, c, resumer)
	err := c.err
	c.err = nil
	return c.passed, err
}

// runCoroutine runs c until it yields or ends. Whenever c waits in Await, the worker that resumed c
// waits too.
func (x *Executor) runCoroutine(L *lua.LState, c *coroutine, resumer *worker) {
	c.resumer, c.task = resumer, x.hook.task.Load()
	defer func() { c.resumer, c.task = nil, nil }()
	setStatus := func(inner, outer string) {
		c.status = inner
		if resumer.co != nil {
			resumer.co.status = outer
		}
	}
	for {
		setStatus("running", "normal")
		x.running = c.worker
		signal, _ := c.worker.step()
		x.running = resumer
		if signal == yielded {
			setStatus("suspended", "running")
			return
		}
		if signal == finished {
			setStatus("dead", "running")
			x.finishCoroutine(c)
			return
		}
		// The coroutine waits in Await. Other tasks can resume neither c nor the coroutine that
		// resumed c.
		setStatus("normal", "normal")
		if !resumer.pause(parked) {
			c.worker.stop()
			setStatus("dead", "running")
			x.finishCoroutine(c)
			L.RaiseError("%s", x.hook.task.Load().killReason())
		}
	}
}

// run is the function that the coroutine's worker runs, from the first resume to the end of the
// coroutine.
func (c *coroutine) run(w *worker) {
	L := w.L
	L.SetTop(0)
	L.Push(c.fn)
	for _, v := range c.passed {
		L.Push(v)
	}
	n := len(c.passed)
	c.passed, c.fn = nil, nil
	defer func() {
		if v := recover(); v != nil {
			c.err = lua.LString(CrashReason)
			panic(v)
		}
	}()
	if err := c.x.callGuarded(L, n, c.x.guard); err != nil {
		// closures may still use local variables on the stack of L: see ProtectedCalls
		w.spent = true
		c.failed = true
		c.err = ErrorValue(err)
		return
	}
	c.passed = values(L)
}

// finishCoroutine releases the worker of c, which has ended, and reports a panic of c.
func (x *Executor) finishCoroutine(c *coroutine) {
	x.coroutines--
	c.cleanup.Stop()
	w := c.worker
	c.worker, w.co = nil, nil
	if w.panicked != nil {
		x.opts.OnPanic(w.panicked)
	}
	x.recycleWorker(w)
}

// stopCoroutine ends c if c is suspended. Call it when no Lua code can resume c any more.
func (x *Executor) stopCoroutine(c *coroutine) {
	if c.worker == nil || c.status != "suspended" {
		return
	}
	c.status = "dead"
	x.stopWorker(c.worker)
	x.coroutines--
	c.worker = nil
}

// stopForgottenCoroutines ends the suspended coroutines that no Lua code can resume any more,
// because their handles have been collected. It reports whether it ended at least one. It is for a
// task that makes too many coroutines: the cleanups of the handles run only between tasks.
//
// If it finds no such coroutine, it collects garbage and tries again. If that does not help either,
// it collects no garbage for ten times as long as this collection took, so that a script at the
// limit does not collect garbage all the time.
func (x *Executor) stopForgottenCoroutines() bool {
	began := time.Now()
	for _, collect := range []func(){func() {}, runtime.GC} {
		collect()
		before := x.coroutines
		for w := range x.workers {
			if c := w.co; c != nil && c.handle.Value() == nil && c.status == "suspended" {
				c.cleanup.Stop()
				x.stopCoroutine(c)
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
