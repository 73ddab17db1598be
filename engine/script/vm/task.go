package vm

import (
	"fmt"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// A Task is one run of a Lua function. Set the exported fields, then call Executor.StartTask. A
// Task can be started only once.
type Task struct {
	killFlag

	Name string // name of the task in warnings, such as "tool set_light" or "on ping"
	Fn   *lua.LFunction

	// Args pushes the arguments of Fn onto the stack of L and returns their number. If Args is nil,
	// Fn gets no arguments. If Args returns an error, Fn does not run, and End is called with the
	// error.
	Args func(L *lua.LState) (int, error)

	// End is called once, when the task has ended. If err is nil, the results of Fn are on the
	// stack of L. If the task was killed, err is a *KilledError, whatever Fn returned.
	End func(L *lua.LState, err error)

	// Owner is a value of the creator of the task, who finds it again in the result of RunningTask.
	// Package vm does not use it. It may be nil.
	Owner any

	// the task is killed after this time, including the time that it waits, but not the time during
	// which a debugger holds the executor; 0 means no limit
	Timeout time.Duration
	// Await raises an error in this task; Retire does not kill the task
	NoWait         bool
	OutlivesRetire bool // Retire does not kill the task

	burstWarned atomic.Bool // Options.Warn has been called about the present burst

	// The fields below belong to the executor's goroutine.
	worker  *worker
	ticket  uint64 // number of the latest call of Await
	waiting bool   // the task waits in Await or Rest
	resting bool   // the latest wait was begun by Rest
	value   any    // the value that the latest Await will return
	// interruption is the message of the error with which the present or next wait ends, because
	// Interrupt has been called; nil if it has not
	interruption *string
	interrupted  bool          // a wait has ended because of Interrupt
	stopTimer    func()        // stops the timer that kills the task when Timeout has passed; nil without Timeout
	number       uint64        // the number of the task among the tasks and coroutines of the executor
	ended        bool          // End has been called
	burstStart   time.Duration // CPU time of the executor when the present burst began
	earlierCPU   time.Duration // CPU time of the task before the present burst
	parkedAt     time.Time     // when the present wait began
	waited       time.Duration // how long the waits have taken that have ended
	atEnd        []func(bool)  // the functions that AtEnd has registered
}

// A KilledError is the error with which a killed task ends.
type KilledError struct {
	Reason string // why the task was killed; a text for people
	// the error that the Lua function raised because of the kill; nil if it raised none
	Raised error

	// HasLine reports that Reason contains the file and line at which the task was killed. The
	// file and line in Raised are then not needed.
	HasLine bool

	TimedOut bool // the task was killed because its Timeout had passed
}

// Error returns the reason.
func (e *KilledError) Error() string { return e.Reason }

// StartTask starts t and runs t until it waits or ends. If t has been killed already, Fn does not
// run. Task.End may be called before StartTask returns.
func (x *Executor) StartTask(t *Task) {
	if t.killed.Load() {
		t.ended = true
		t.End(x.state, t.killedError(nil))
		return
	}
	t.worker = x.takeWorker()
	t.worker.job = func(w *worker) { t.run(x, w) }
	t.number = x.nextNumber()
	x.tasks[t] = struct{}{}
	if t.Timeout > 0 {
		t.stopTimer = x.AfterFunc(x.opts.Clock, t.Timeout, func() {
			t.timedOut.Store(!t.killed.Load())
			x.Kill(t, fmt.Sprintf("took longer than %v", t.Timeout))
		})
	}
	x.step(t)
}

// run is the function that the worker of the task runs. It calls Fn and then End.
func (t *Task) run(x *Executor, w *worker) {
	L := w.L
	L.SetTop(0)
	L.Push(t.Fn)
	var n int
	var err error
	if t.Args != nil {
		n, err = t.Args(L)
	}
	if err == nil {
		if err = x.callGuarded(L, n, x.tracingGuard); err != nil {
			// closures may still use local variables on the stack of L: see ProtectedCalls
			w.spent = true
		}
	}
	if t.killed.Load() { // killed is set even if a pcall in the script has caught the error
		err = t.killedError(err)
	}
	t.ended = true
	t.End(L, err)
}

// step runs t until it waits in Await or ends.
func (x *Executor) step(t *Task) {
	if t.waiting {
		t.waited += x.opts.Clock.Now().Sub(t.parkedAt)
	}
	x.running, t.waiting = t.worker, false
	t.burstStart = x.slot.total()
	t.burstWarned.Store(false)
	x.hook.task.Store(t)
	x.killIfForbidden(t)
	x.resumeWatchdog(t)
	signal, _ := t.worker.step()
	x.stopWatchdog(t)
	x.hook.task.Store(nil)
	x.running = nil
	if signal == parked {
		t.earlierCPU += x.slot.total() - t.burstStart
		t.waiting, t.parkedAt = true, x.opts.Clock.Now()
		if t.killed.Load() {
			x.killTask(t, t.killReason())
		}
		return
	}
	x.finish(t)
}

// finish releases the worker of t, which has ended. If a Go function has panicked, it reports the
// panic.
func (x *Executor) finish(t *Task) {
	w := t.worker
	t.worker = nil
	delete(x.tasks, t)
	if t.stopTimer != nil {
		t.stopTimer()
	}
	if p := w.panicked; p != nil {
		x.opts.OnPanic(p)
		if !t.ended {
			t.ended = true
			t.End(w.L, p)
		}
	}
	for _, f := range t.atEnd {
		f(t.killed.Load())
	}
	t.atEnd = nil
	x.recycleWorker(w)
}

// AtEnd registers f to be called when t, which is the running task, has ended. killed reports whether
// t was killed. f is called after Task.End, on the executor's goroutine. It must not run Lua code.
func (t *Task) AtEnd(f func(killed bool)) { t.atEnd = append(t.atEnd, f) }

// Kill kills t. A running task ends at its next Lua instruction. A waiting task ends when the
// executor handles a message of Kill. A task that has ended is not affected. Only the first reason
// counts. Kill does not wait until the task has ended.
func (x *Executor) Kill(t *Task, reason string) {
	t.killFlag.set(reason)
	x.Post(func() { x.killTask(t, reason) })
	x.holding.endIdle()
}

// KillTasks kills all tasks for which match returns true. Call it while no task runs.
func (x *Executor) KillTasks(reason string, match func(*Task) bool) {
	for t := range x.tasks {
		if match(t) {
			x.killTask(t, reason)
		}
	}
}

// killTask sets the kill flag of t, and ends t if t waits. Call it on the executor's goroutine
// between tasks.
func (x *Executor) killTask(t *Task, reason string) {
	t.killFlag.set(reason)
	if t.worker == nil || !t.waiting {
		return
	}
	t.waiting = false
	x.running = t.worker
	x.hook.task.Store(t)
	t.worker.stop()
	t.worker.spent = true
	x.hook.task.Store(nil)
	x.running = nil
	x.finish(t)
}

// RunningTask returns the task that runs now, or nil.
func (x *Executor) RunningTask() *Task { return x.hook.task.Load() }

// TaskCPU returns how long t has run Lua code. Call it in t.End.
func (x *Executor) TaskCPU(t *Task) time.Duration {
	return t.earlierCPU + x.slot.total() - t.burstStart
}

// Waited returns how long the waits of t have taken, until t went on. Call it in t.End.
func (t *Task) Waited() time.Duration { return t.waited }
