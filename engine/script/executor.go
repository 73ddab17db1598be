package script

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// mostIdle is how many workers wait for work, a script.
const mostIdle = 16

// An executor is the one goroutine that owns a generation's Lua state. It takes
// messages, runs tasks one at a time, and goes on with others while one waits.
// Nothing else ever touches the state.
type executor struct {
	root     *lua.LState
	box      *mailbox
	done     chan struct{}          // closed when the goroutine has ended
	limits   Limits                 // fixed
	warn     func(string)           // told of a task that runs too long; on the executor's goroutine
	heap     *Heap                  // fixed
	crowded  bool                   // fixed: fewer processors than threads that run Go; the kernel must be asked too
	onExcess func(why string)       // the script holds too much memory; from any goroutine
	onFault  func(*fault)           // told of a Go panic that came out of Lua; on the executor's goroutine
	deliver  func(*Event)           // starts the tasks of an event; on the executor's goroutine
	hook     *hook                  // fixed; knows the task that runs
	helpers  sync.WaitGroup         // goroutines that its Go functions have started; close waits for them
	closing  atomic.Pointer[string] // why every task is killed, now and from now on
	retired  atomic.Pointer[string] // why every task but calls and on_unload is
	held     atomic.Bool            // nothing begins: it stays in the mailbox, for the next generation
	pulse    atomic.Uint64          // counts what the hook sees: a busy executor that lives
	question question               // whether it is there

	// What follows is the executor goroutine's own.
	turn       *turn
	running    *worker // the worker that runs now: a task's, or a coroutine's inside it
	tasks      map[*task]struct{}
	workers    map[*worker]struct{} // all there are, for the end
	idle       []*worker
	threads    []*lua.LState // for protected calls
	coroutines int
	nextSweep  time.Time // not before this does another collection look for forgotten ones
	full       bool      // said that there are too many tasks
}

// A task is one run of a Lua function: a tool call, an event handler, a timer,
// the top-level chunk.
type task struct {
	kill
	name string // for the log: "tool set_light", "on ping"
	call *Call  // the tool call it answers, nil for any other task
	fn   *lua.LFunction
	args func(L *lua.LState) (int, error) // pushes the arguments
	end  func(L *lua.LState, err error)   // sees the results on the stack of L, or the error; on the executor's goroutine
	rush bool                             // may not wait

	limit time.Duration // how long it may take, waits included; zero for ever, or until someone else ends it

	warned atomic.Bool // that it runs too long without a wait

	// The executor goroutine's own.
	w        *worker
	ticket   uint64 // of the latest await
	waiting  bool
	value    any
	clock    *time.Timer // of limit
	ended    bool
	resumed  time.Duration // slot-held time of the executor when it was last resumed
	cpu      time.Duration // slot-held time it has used, before that
	requires *module       // the module it waits for
}

// newExecutor makes an executor, whose Lua state is ready to be furnished;
// start lets it run. fault and deliver are called on its goroutine.
func newExecutor(slots *Slots, onFault func(*fault), deliver func(*Event)) *executor {
	x := &executor{
		root:    newRoot(),
		box:     newMailbox(),
		done:    make(chan struct{}),
		onFault: onFault,
		deliver: deliver,
		turn:    newTurn(slots),
		crowded: runtime.NumCPU() < runtime.GOMAXPROCS(0),
		tasks:   make(map[*task]struct{}),
		workers: make(map[*worker]struct{}),
	}
	x.hook = &hook{look: x.look, watch: x.watch}
	x.root.G.MainThread = x.root
	return x
}

// run takes messages until close. It is the executor's goroutine.
func (x *executor) run() {
	defer close(x.done)
	x.hook.alarm.set()
	defer x.hook.alarm.stop()
	for x.closing.Load() == nil {
		m := x.box.take(x.room())
		if m == nil {
			x.turn.idle()
			<-x.box.wake
			continue
		}
		x.turn.next()
		x.handle(m)
	}
	x.turn.take()
	x.end()
	x.turn.idle()
}

// room says whether another task may begin. When that is over it says so, since
// tasks that never end would leave the script silent for good.
func (x *executor) room() bool {
	n := len(x.tasks)
	switch {
	case n <= mostTasks/2:
		x.full = false
	case n >= mostTasks && !x.full:
		x.full = true
		x.warn(fmt.Sprintf("%d tasks are waiting: nothing else of this script begins before one of them ends", n))
	}
	return n < mostTasks && !x.held.Load()
}

func (x *executor) handle(m *message) {
	switch {
	case m.do != nil:
		m.do()
	case m.event != nil:
		x.deliver(m.event)
	case m.call != nil:
		m.call.begin()
	case m.resume != nil:
		if t := m.resume; t.waiting && t.ticket == m.ticket {
			t.value = m.value
			x.step(t)
		}
	}
}

// end stops everything that is left. Each task ends as killed.
func (x *executor) end() {
	x.box.close()
	for t := range x.tasks {
		x.killTask(t, "the script has been closed")
	}
	for m := x.box.take(true); m != nil; m = x.box.take(true) {
		if m.call != nil {
			m.call.begin() // a task that is killed at once, and so answers
		}
	}
	for w := range x.workers {
		if w.co != nil {
			w.co.watch.Stop()
		}
		x.stopWorker(w)
	}
	x.root.Close()
}

// close ends the executor and returns once its goroutine has ended, and those
// of its helpers. It must not be called from any of them. It may be called more
// than once.
func (x *executor) close() {
	x.forbid(&x.closing, "the script has been closed")
	x.box.put(&message{do: func() {}}) // wakes it
	<-x.done
	x.helpers.Wait()
}

// retire ends what the script does by itself, now and from now on: only calls
// and on_unload go on. Any goroutine may call it.
func (x *executor) retire(why string) { x.forbid(&x.retired, why) }

// forbid sets one of the two flags, and kills the task that runs if it counts
// for it. One that begins later sees the flag itself, in step.
func (x *executor) forbid(flag *atomic.Pointer[string], why string) {
	flag.CompareAndSwap(nil, &why)
	if t := x.hook.task.Load(); t != nil {
		x.obey(t)
	}
}

// obey kills t if it may not run any more.
func (x *executor) obey(t *task) {
	if why := x.closing.Load(); why != nil {
		t.kill.kill(*why)
	}
	if why := x.retired.Load(); why != nil && t.call == nil && !t.rush {
		t.kill.kill(*why)
	}
}

// start begins a task.
func (x *executor) start(t *task) {
	t.w = x.idleWorker()
	t.w.job = t.run
	x.tasks[t] = struct{}{}
	if t.limit > 0 {
		t.clock = time.AfterFunc(t.limit, func() { x.killSoon(t, fmt.Sprintf("took longer than %v", t.limit)) })
	}
	x.step(t)
}

// run is what a task's worker does.
func (t *task) run(w *worker) {
	L := w.L
	L.SetTop(0)
	L.Push(t.fn)
	n, err := t.args(L)
	if err == nil {
		if err = pcall(L, n); err != nil {
			w.spent = true // closures may hold upvalues that lie on its stack: see openProtected
		}
	}
	if t.killed.Load() { // whatever it returned: a pcall may have held the error
		err = killedError{t.why(), err}
	}
	t.ended = true
	t.end(L, err)
}

// A killedError is why a task was killed, and what it raised then, if it did.
type killedError struct {
	why    string
	raised error
}

func (e killedError) Error() string {
	if e.raised == nil || strings.Contains(e.why, placed) {
		return e.why
	}
	return errorText(e.raised) // it has the place
}

// step runs a task until it waits or ends.
func (x *executor) step(t *task) {
	x.running, t.waiting = t.w, false
	t.resumed = x.turn.total()
	t.warned.Store(false)
	x.hook.task.Store(t)
	x.obey(t)
	x.watchOn(t)
	why, _ := t.w.step()
	x.unwatch(t)
	x.hook.task.Store(nil)
	x.running = nil
	if why == parked {
		t.cpu += x.turn.total() - t.resumed
		t.waiting = true
		if t.killed.Load() {
			x.killTask(t, t.why())
		}
		return
	}
	x.finish(t)
}

// finish takes back what a task that has ended used.
func (x *executor) finish(t *task) {
	w := t.w
	t.w = nil
	delete(x.tasks, t)
	if t.clock != nil {
		t.clock.Stop()
	}
	if f := w.fault; f != nil {
		x.onFault(f)
		if !t.ended {
			t.ended = true
			t.end(w.L, f)
		}
	}
	x.recycle(w)
}

// killTask ends a task that waits; one that runs ends at its next instruction
// by the flag alone. It runs on the executor's goroutine, between steps.
func (x *executor) killTask(t *task, why string) {
	t.kill.kill(why)
	if t.w == nil || !t.waiting {
		return
	}
	t.waiting = false
	x.running = t.w
	x.hook.task.Store(t)
	t.w.stop()
	t.w.spent = true
	x.hook.task.Store(nil)
	x.running = nil
	x.finish(t)
}

// idleWorker is a worker that has nothing to do.
func (x *executor) idleWorker() *worker {
	if n := len(x.idle); n > 0 {
		w := x.idle[n-1]
		x.idle = x.idle[:n-1]
		return w
	}
	w := newWorker(x.root, x.hook)
	x.workers[w] = struct{}{}
	return w
}

// recycle keeps a worker for later, or ends it.
func (x *executor) recycle(w *worker) {
	if w.spent || len(x.idle) == mostIdle {
		x.stopWorker(w)
		return
	}
	w.L.SetTop(0)
	x.idle = append(x.idle, w)
}

// reaped is the task in whose name abandoned coroutines are unwound.
var reaped = func() *task { t := new(task); t.kill.kill("the coroutine has been abandoned"); return t }()

// stopWorker ends a worker for good; a coroutine that it carries unwinds.
func (x *executor) stopWorker(w *worker) {
	task, running := x.hook.task.Load(), x.running
	if w.co != nil {
		x.hook.task.Store(reaped)
		x.running = w
	}
	w.spent = true
	w.stop()
	x.hook.task.Store(task)
	x.running = running
	delete(x.workers, w)
}

// Await parks the running task until done is called; see luastd.Waiter.
func (x *executor) Await(L *lua.LState, begin func(done func(any)) (cancel func())) any {
	t, w := x.hook.task.Load(), x.running
	if t.killed.Load() {
		L.RaiseError("%s", t.why())
	}
	if t.rush {
		L.RaiseError("%s cannot wait", t.name)
	}
	t.ticket++
	ticket := t.ticket
	cancel := begin(func(v any) {
		x.box.put(&message{resume: t, ticket: ticket, value: v})
	})
	if !w.pause(parked) {
		if cancel != nil {
			cancel()
		}
		L.RaiseError("%s", t.why())
	}
	t.ticket++ // a second done is of an old ticket
	v := t.value
	t.value = nil
	return v
}
