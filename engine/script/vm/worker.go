package vm

import (
	"iter"
	"runtime/debug"

	lua "github.com/yuin/gopher-lua"
)

// A signal is what a worker sends when it stops running. It says why the worker has stopped.
type signal uint8

const (
	finished signal = iota // the job has returned, or the worker has been stopped
	parked                 // the worker waits in Await
	yielded                // the coroutine of the worker has called coroutine.yield
)

// A worker is a Lua thread with a Go stack of its own, made by iter.Pull. The executor's goroutine
// calls step to run the worker until it sends a signal. While the worker waits, its Go stack is
// kept. So a Go function may wait at any depth of calls: inside pcall, a metamethod or a comparison
// function of table.sort.
//
// A worker runs one task or coroutine after another, because reuse costs much less than a new
// worker.
type worker struct {
	L        *lua.LState
	job      func(w *worker) // the function to run next: Task.run or coroutine.run
	co       *coroutine      // the coroutine that the worker runs; nil if the worker runs a task
	panicked *PanicError     // the Go panic that ended the last job; nil if the job did not panic
	spent    bool            // the worker must be stopped, and must not run another job

	// threads are L and the threads of the protected calls in progress. The last one runs.
	threads []runningThread
	// returns the stack trace of the error for which an xpcall handler runs; nil if no handler runs
	trace   func() string
	handled *handledCall // the innermost xpcall that has not returned; nil if there is none

	step func() (signal, bool) // runs the worker until the worker sends its next signal
	// ends the worker; a call of pause that waits in the worker returns false
	stop  func()
	yield func(signal) bool
}

// A runningThread is a Lua thread on which functions run.
type runningThread struct {
	L *lua.LState
	// forwards says that the Go function that has made the protected call raises its error again.
	forwards bool
}

// thread returns the Lua thread that runs now.
func (w *worker) thread() *lua.LState { return w.threads[len(w.threads)-1].L }

// protected returns the number of nested protected calls.
func (w *worker) protected() int { return len(w.threads) - 1 }

// resumer returns the worker that has resumed the coroutine of w, or nil if w runs a task or a
// suspended coroutine.
func (w *worker) resumer() *worker {
	if w.co == nil {
		return nil
	}
	return w.co.resumer
}

// CrashReason is the error of a task in which Go code or gopher-lua has panicked. The text of the
// panic is for the log only, because scripts and agents cannot do anything with it.
const CrashReason = "the Lua state crashed"

// A PanicError is a Go panic in a task that may have damaged the Lua state: a runtime error, or a
// panic that no pcall of the script caught.
type PanicError struct {
	Value any
	Stack []byte
}

// Error returns CrashReason. It leaves out the text of the panic, which is of no use to scripts and
// agents.
func (p *PanicError) Error() string { return CrashReason }

func newWorker(state *lua.LState, h *hook) *worker {
	L, _ := state.NewThread() // the cancel function is nil because state has no context
	L.SetContext(h.contextOf(L))
	w := &worker{L: L, threads: []runningThread{{L: L}}}
	w.step, w.stop = iter.Pull(func(yield func(signal) bool) {
		w.yield = yield
		for {
			w.runJob()
			if w.spent || !yield(finished) {
				return
			}
		}
	})
	return w
}

// runJob runs w.job. If job panics, it recovers the panic and stores it in w.panicked.
func (w *worker) runJob() {
	defer func() {
		w.job, w.threads, w.trace, w.handled = nil, w.threads[:1], nil, nil
		if v := recover(); v != nil {
			w.panicked, w.spent = &PanicError{v, debug.Stack()}, true
		} else if stackHasGrown(w.L) || hasOpenUpvalues(w.L) {
			w.spent = true // the stack of L has become large, or closures still use the stack
		}
	}()
	w.job(w)
}

// pause sends s to the caller of step and waits. It returns true when step is called again. It
// returns false when the worker is being stopped; the functions on the worker's stack must then
// return.
func (w *worker) pause(s signal) bool {
	if !w.yield(s) {
		w.spent = true
		return false
	}
	return true
}

// takeWorker returns an idle worker, or a new one if none is idle.
func (x *Executor) takeWorker() *worker {
	if n := len(x.idleWorkers); n > 0 {
		w := x.idleWorkers[n-1]
		x.idleWorkers = x.idleWorkers[:n-1]
		return w
	}
	w := newWorker(x.state, x.hook)
	x.workers[w] = struct{}{}
	return w
}

// recycleWorker keeps w for reuse, or stops w if w is spent or enough workers are idle.
func (x *Executor) recycleWorker(w *worker) {
	if w.spent || len(x.idleWorkers) == maxIdleWorkers {
		x.stopWorker(w)
		return
	}
	w.L.SetTop(0)
	x.idleWorkers = append(x.idleWorkers, w)
}

// abandonedTask counts as the running task while stopWorker ends a coroutine that nothing uses any
// more. Its kill flag is set, so the Lua code of the coroutine ends.
var abandonedTask = func() *Task { t := new(Task); t.killFlag.set("the coroutine was abandoned"); return t }()

// stopWorker ends w. If w runs a coroutine, the functions of the coroutine end with an error.
func (x *Executor) stopWorker(w *worker) {
	task, running := x.hook.task.Load(), x.running
	if w.co != nil {
		x.hook.task.Store(abandonedTask)
		x.running = w
	}
	w.spent = true
	w.stop()
	x.hook.task.Store(task)
	x.running = running
	delete(x.workers, w)
}
