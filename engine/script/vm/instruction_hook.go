package vm

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"
)

// maxInstructions is how many instructions may run between two calls of hook.housekeeping.
const maxInstructions = 10_000

// A hook is the context of every Lua thread of one executor. gopher-lua calls the Done method of
// the context before each Lua instruction, on the goroutine that runs the instruction. So Done can
// end a killed task at its next instruction. From time to time, Done also lets other goroutines
// run.
//
// All threads share one hook, although each task has a kill reason of its own. The context of a
// thread never changes, and a coroutine that one task has created may be resumed by another task.
//
// When Go code calls a Lua function, gopher-luar runs the function on a thread with a context
// derived from the hook. gopher-lua then calls Done of the derived context and not of the hook.
// AfterFunc tells these threads that the task was killed, and the burst watchdog limits their time.
type hook struct {
	task atomic.Pointer[Task] // the task that runs; nil between tasks
	// Executor.housekeeping, which must be called at least every maxInstructions instructions
	housekeeping func()
	// growCallStack must be called at least every depthInterval instructions
	growCallStack func()
	// watchContext is called with the running task when a context is derived from the hook. The
	// mutex of the task's kill flag is locked during the call.
	watchContext func(*Task)
	trace        func(file string, line int) // Options.Trace
	watched      *Executor                   // the executor of the hook if Options.Watcher is set, or nil

	// count is the number of instructions since the last call of housekeeping. Only the executor's
	// goroutine uses it.
	count int
	// alive is what Done returns while the task is not killed. It is nil, or a channel that is
	// never closed. The channel is needed if Go code can call Lua functions, because package
	// context calls AfterFunc only if Done does not return nil.
	alive <-chan struct{}
	// a function to run before one of the next instructions, or nil; any goroutine may set it
	interrupt atomic.Pointer[func()]
	clock     hookClock
}

var _ context.Context = (*hook)(nil)

// closedChannel is what Done returns when the running task has been killed.
var closedChannel = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// Done returns a closed channel when the running task has been killed. gopher-lua calls it before
// every instruction, on the executor's goroutine, so it must be fast.
func (h *hook) Done() <-chan struct{} {
	if h.task.Load().killed.Load() {
		return closedChannel
	}
	h.count++
	if h.count%depthInterval == 0 {
		h.growCallStack()
	}
	if h.count >= maxInstructions || h.clock.expired() {
		h.count = 0
		h.growCallStack()
		if do := h.interrupt.Swap(nil); do != nil {
			(*do)()
		}
		h.housekeeping()
	}
	return h.alive
}

// Err returns the kill reason of the running task. gopher-lua raises it as a Lua error. Any
// goroutine may call Err, even when no task runs.
func (h *hook) Err() error {
	if t := h.task.Load(); t != nil {
		if reason := t.killReason(); reason != "" {
			return errors.New(reason)
		}
	}
	return errStopped
}

var errStopped = errors.New("the task was stopped")

// Deadline reports that there is no deadline.
func (h *hook) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value returns nil.
func (h *hook) Value(any) any { return nil }

// AfterFunc registers f to run when the running task is killed. Package context calls AfterFunc
// when a context is derived from the hook. It calls stop when the derived context has ended.
// gopher-luar derives a context for each Lua function that Go code calls. All these calls are made
// on the executor's goroutine.
func (h *hook) AfterFunc(f func()) (stop func() bool) {
	t := h.task.Load()
	if t == nil {
		return func() bool { return false }
	}
	return t.addContext(f, func() { h.watchContext(t) })
}

// A hookClock tells Done when a time slice has passed, so that Done calls housekeeping even if few
// instructions have run. A single instruction can take long, for example a call of string.rep.
// After the clock has expired, it does not run until Done starts it again. So it costs nothing
// while no Lua code runs.
type hookClock struct {
	isExpired atomic.Bool
	timer     *time.Timer // only the executor's goroutine uses it
}

// start starts the clock, which expires after one time slice. Call it on the executor's goroutine.
func (c *hookClock) start() {
	c.isExpired.Store(false)
	if c.timer == nil {
		c.timer = time.AfterFunc(timeSlice, func() { c.isExpired.Store(true) })
		return
	}
	c.timer.Reset(timeSlice)
}

// expired reports whether the time slice has passed. If it has, expired starts the clock again.
// Call it on the executor's goroutine.
func (c *hookClock) expired() bool {
	if !c.isExpired.Load() {
		return false
	}
	c.start()
	return true
}

// stop stops the clock. The executor calls it when it ends.
func (c *hookClock) stop() { c.timer.Stop() }

// housekeeping lets other goroutines run, such as those of the network and of the sound. It ends
// the running task if the task has run for too long, and releases the run slot for a moment if
// other executors wait for it. The hook calls housekeeping at least every maxInstructions
// instructions, and Checkpoint calls it.
func (x *Executor) housekeeping() {
	runtime.Gosched()
	if x.crowded { // another thread of this process may be waiting for the processor
		yieldThread()
	}
	x.housekeepingRuns.Add(1)
	x.opts.Heap.checkFor(x)
	x.checkBurst(x.hook.task.Load())
	x.slot.yieldIfWanted(false)
}
