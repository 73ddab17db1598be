package vm

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/clock"
)

const (
	// MaxTasks is how many tasks of one executor may have started and not ended. While there are
	// that many, no other task starts.
	MaxTasks = 256

	// maxIdleWorkers is how many unused workers an executor keeps for reuse. The executor keeps as
	// many unused Lua threads for protected calls.
	maxIdleWorkers = 16
)

// closedReason is the kill reason of tasks that are killed by Close.
const closedReason = "the script was closed"

// Options are the settings of an Executor.
type Options struct {
	// limits how many executors run at once; nil makes slots that only this executor uses
	Slots  *Slots
	Heap   *Heap  // limits the memory that all executors of the process use; nil means no limit
	Limits Limits // limits how long a task may run without a wait

	// Trace is called before each instruction of Lua code, with its file and line, on the executor's
	// goroutine. A function here makes Lua code much slower. Nil means no tracing.
	Trace func(file string, line int)

	// Watcher is told what the Lua code does, for a debugger. Trace is not called if Watcher is set. Nil
	// means that nobody is told.
	Watcher Watcher

	// Clock measures the timeouts of tasks. Nil means the clock of the machine.
	Clock clock.Clock

	// GoCallbacks says that Go code can call Lua functions of this state, through gopher-luar. The
	// time limits then also apply to Lua code that Go code calls.
	GoCallbacks bool

	// Handle is called with each item that PutItem queued, when the executor takes the item from
	// the mailbox.
	Handle func(item any)

	// Warn is called with a warning for the author of the Lua code. Any goroutine may call it, and
	// it must not block. If Warn is nil, warnings are dropped.
	Warn func(text string)

	// OnPanic is called when a Go function that Lua code called has panicked. The Lua state may be
	// damaged, so the caller should replace the executor. If OnPanic is nil, the panic is ignored.
	OnPanic func(*PanicError)

	// OnExcessMemory is called when this executor has used more memory than the others, the heap is
	// over its limit, and killing the running task did not help. reason is a text for the user. Any
	// goroutine may call it. If OnExcessMemory is nil, nothing happens.
	OnExcessMemory func(reason string)
}

// An Executor owns one Lua state and runs its tasks on one goroutine. The package comment lists
// which goroutine may call which method.
type Executor struct {
	opts    Options // never changes after New
	state   *lua.LState
	mailbox *mailbox
	hook    *hook         // the context of all Lua threads
	crowded bool          // GOMAXPROCS is larger than the number of processors
	done    chan struct{} // closed when the executor's goroutine has ended

	helpers sync.WaitGroup         // counts the goroutines started by Go
	closing atomic.Pointer[string] // reason for killing every task; nil until Close is called
	// reason for killing the tasks that Retire applies to; nil until Retire is called
	retired          atomic.Pointer[string]
	startsHeld       atomic.Bool   // no task may start, because HoldStarts has been called
	housekeepingRuns atomic.Uint64 // number of calls of housekeeping; grows while Lua code runs
	probe            probe         // the probe message of Responds
	holding          *holding
	watch            watch

	// The fields below belong to the executor's goroutine.
	slot *slotHold
	// the worker of the running task, or of the coroutine that runs in the task; nil between tasks
	running     *worker
	tasks       map[*Task]struct{}
	workers     map[*worker]struct{} // all workers, busy or idle; shutDown stops them
	idleWorkers []*worker
	idleThreads []*lua.LState // unused Lua threads, for protected calls
	// Lua functions of newGuard: for errors without a stack trace, for errors with a stack trace, and
	// for xpcall
	guard, tracingGuard, handlingGuard *lua.LFunction
	raisedOn                           *lua.LState // the Lua thread that raised the latest error below a guard
	numbers                            uint64      // the largest number of a task or coroutine so far
	coroutines                         int         // coroutines that have begun and not ended
	atRest                             []func()    // the functions that AtRest has registered
	nextSweep                          time.Time   // stopForgottenCoroutines collects no garbage before this time
	// Warn has been called because there are MaxTasks tasks; reset when half of them have ended
	fullReported bool
}

// New returns an executor with a new Lua state. The caller puts libraries and globals into the
// state that State returns, and then calls Start.
func New(opts Options) *Executor {
	if opts.Slots == nil {
		opts.Slots = NewSlots(0)
	}
	opts.Limits = opts.Limits.withDefaults()
	if opts.Clock == nil {
		opts.Clock = clock.Machine{}
	}
	if opts.Warn == nil {
		opts.Warn = func(string) {}
	}
	if opts.OnPanic == nil {
		opts.OnPanic = func(*PanicError) {}
	}
	if opts.OnExcessMemory == nil {
		opts.OnExcessMemory = func(string) {}
	}
	x := &Executor{
		opts:    opts,
		state:   newState(),
		mailbox: newMailbox(),
		crowded: runtime.NumCPU() < runtime.GOMAXPROCS(0),
		done:    make(chan struct{}),
		slot:    newSlotHold(opts.Slots),
		tasks:   make(map[*Task]struct{}),
		workers: make(map[*worker]struct{}),
		holding: newHolding(),
		watch:   watch{watcher: opts.Watcher},
	}
	x.hook = &hook{housekeeping: x.housekeeping, growCallStack: x.growCallStack, watchContext: x.startWatchdog, trace: opts.Trace}
	if opts.Watcher != nil {
		x.hook.watched = x
	}
	if opts.GoCallbacks {
		x.hook.alive = make(chan struct{})
	}
	x.state.G.MainThread = x.state
	x.makeGuards()
	return x
}

// State returns the Lua state. Before Start only the caller of New may use the state, after Start
// only the executor's goroutine.
func (x *Executor) State() *lua.LState { return x.state }

// Start starts the executor's goroutine. The caller must call Close later.
func (x *Executor) Start() {
	x.opts.Heap.add(x)
	go func() {
		defer close(x.done)
		defer x.opts.Heap.remove(x)
		x.run()
	}()
}

// run handles messages until Close is called, and then shuts the executor down.
func (x *Executor) run() {
	x.hook.clock.start()
	defer x.hook.clock.stop()
	for x.closing.Load() == nil {
		m := x.mailbox.take(x.mayStartTask())
		if m == nil {
			x.callAtRest()
			x.slot.releaseIdle()
			<-x.mailbox.wake
			continue
		}
		x.slot.acquireForNext()
		x.handle(m)
	}
	x.slot.acquire()
	x.shutDown()
	x.slot.releaseIdle()
}

// mayStartTask reports whether the executor may take a message that starts a task. The first time
// that there are MaxTasks tasks, it warns the author of the script: if none of them ends, the
// script does nothing any more.
func (x *Executor) mayStartTask() bool {
	n := len(x.tasks)
	switch {
	case n <= MaxTasks/2:
		x.fullReported = false
	case n >= MaxTasks && !x.fullReported:
		x.fullReported = true
		x.opts.Warn(fmt.Sprintf("%d tasks are waiting: nothing else of this script begins before one of them ends", n))
	}
	return n < MaxTasks && !x.startsHeld.Load()
}

func (x *Executor) handle(m *message) {
	switch {
	case m.do != nil:
		m.do()
	case m.item != nil:
		x.opts.Handle(m.item)
	case m.resume != nil:
		if t := m.resume; t.waiting && t.ticket == m.ticket {
			t.value = m.value
			x.step(t)
		}
	}
}

// shutDown kills every task, stops the workers and closes the Lua state. It also handles the
// Requests that are still queued. Their tasks are killed when they start, but Task.End is called,
// so that each sender gets an answer.
func (x *Executor) shutDown() {
	x.mailbox.close()
	for t := range x.tasks {
		x.killTask(t, closedReason)
	}
	for m := x.mailbox.take(true); m != nil; m = x.mailbox.take(true) {
		if m.class == Request {
			x.handle(m)
		}
	}
	for w := range x.workers {
		if w.co != nil {
			w.co.cleanup.Stop()
		}
		x.stopWorker(w)
	}
	x.state.Close()
}

// Close kills all tasks. It returns when the executor's goroutine and the goroutines started by Go
// have ended. It may be called more than once.
func (x *Executor) Close() {
	x.forbid(&x.closing, closedReason)
	x.Post(func() {}) // wakes the executor's goroutine, which then sees that closing is set
	<-x.done
	x.helpers.Wait()
}

// Done returns a channel that is closed when the executor's goroutine has ended.
func (x *Executor) Done() <-chan struct{} { return x.done }

// Go runs f on a new goroutine. Close waits until f has returned.
func (x *Executor) Go(f func()) { x.helpers.Go(f) }

// Retire kills the running task and every task that starts later, except tasks with OutlivesRetire
// or NoWait set. A waiting task is killed when it continues; KillTasks can kill it sooner. After
// the first call, Retire has no effect.
func (x *Executor) Retire(reason string) { x.forbid(&x.retired, reason) }

// Stopping reports whether Retire or Close has been called.
func (x *Executor) Stopping() bool { return x.retired.Load() != nil || x.closing.Load() != nil }

// forbid stores the reason in flag, which is &x.closing or &x.retired. It kills the running task if
// the flag applies to that task. Other tasks check the flag when they start or continue.
func (x *Executor) forbid(flag *atomic.Pointer[string], reason string) {
	flag.CompareAndSwap(nil, &reason)
	if t := x.hook.task.Load(); t != nil {
		x.killIfForbidden(t)
	}
	x.holding.endIdle()
}

// killIfForbidden sets the kill flag of t if Close has been called, or if Retire has been called
// and applies to t.
func (x *Executor) killIfForbidden(t *Task) {
	if reason := x.closing.Load(); reason != nil {
		t.killFlag.set(*reason)
	}
	if reason := x.retired.Load(); reason != nil && !t.OutlivesRetire && !t.NoWait {
		t.killFlag.set(*reason)
	}
}

// nextNumber returns a new number for a task or coroutine.
func (x *Executor) nextNumber() uint64 {
	x.numbers++
	return x.numbers
}

// HoldStarts stops the start of tasks until AllowStarts is called. The executor leaves all messages
// except Control messages in the mailbox. Tasks that have started continue.
func (x *Executor) HoldStarts() { x.startsHeld.Store(true) }

// AllowStarts ends the effect of HoldStarts. It does not wake the executor: an idle executor starts
// the tasks only after the next message has come.
func (x *Executor) AllowStarts() { x.startsHeld.Store(false) }

// CPUTime returns how long the executor has run Lua code. It is measured as the time during which
// the executor had a run slot.
func (x *Executor) CPUTime() time.Duration { return x.slot.total() }

// WithoutSlot releases the run slot, runs f, which may block, and acquires a slot again.
func (x *Executor) WithoutSlot(f func()) {
	x.slot.releaseIdle()
	f()
	x.slot.acquire()
}
