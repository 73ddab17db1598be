package vm

import (
	"sync"
	"sync/atomic"
	"time"

	"moonlark/engine/clock"
)

// A holding says whether a debugger holds the executor, and for how long it has done so.
type holding struct {
	inside chan func()   // the functions to run on the executor's goroutine while it is held
	end    chan struct{} // ends a hold between tasks; has room for one value
	idle   atomic.Bool   // the executor is held between tasks

	mu    sync.Mutex    // guards the fields below
	total time.Duration // of the holds that have ended
	since time.Time     // when the present hold began; zero if there is none
}

func newHolding() *holding {
	return &holding{inside: make(chan func()), end: make(chan struct{}, 1)}
}

func (h *holding) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.since = time.Now()
}

func (h *holding) finish() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.total += time.Since(h.since)
	h.since = time.Time{}
}

// endIdle ends a hold between tasks, if there is one.
func (h *holding) endIdle() {
	if h.idle.Load() {
		select {
		case h.end <- struct{}{}:
		default:
		}
	}
}

// Held reports whether a debugger holds the executor. Any goroutine may call it.
func (x *Executor) Held() bool {
	x.holding.mu.Lock()
	defer x.holding.mu.Unlock()
	return !x.holding.since.IsZero()
}

// HeldTime returns how long debuggers have held the executor since New. Any goroutine may call it.
func (x *Executor) HeldTime() time.Duration {
	x.holding.mu.Lock()
	defer x.holding.mu.Unlock()
	total := x.holding.total
	if !x.holding.since.IsZero() {
		total += time.Since(x.holding.since)
	}
	return total
}

// Hold keeps the executor where it is until release is closed: it runs no Lua code and handles no
// messages. Other executors run meanwhile. Hold returns early when the running task is killed. Call
// it in a method of a Watcher, or in a function passed to Post. If no task runs, the hold ends when
// any task is killed, and when Retire or Close is called.
//
// While the executor is held, RunBetween and RunHeld run functions on its goroutine.
func (x *Executor) Hold(release <-chan struct{}) {
	x.slot.releaseIdle()
	x.holding.begin()
	defer func() {
		x.holding.finish()
		x.slot.acquire()
	}()
	killed := make(chan struct{})
	if t := x.hook.task.Load(); t != nil {
		end := sync.OnceFunc(func() { close(killed) })
		defer t.addContext(end, func() {})()
	} else if !x.beginIdleHold() {
		return
	} else {
		defer x.holding.idle.Store(false)
	}
	for {
		select {
		case do := <-x.holding.inside:
			do()
		case <-release:
			return
		case <-killed:
			return
		case <-x.holding.end:
			if x.hook.task.Load() == nil {
				return
			}
		}
	}
}

// beginIdleHold begins a hold between tasks. It returns false if a task has been killed meanwhile,
// so that the executor must handle its messages.
func (x *Executor) beginIdleHold() bool {
	select {
	case <-x.holding.end: // a value that was sent when the previous hold had ended already
	default:
	}
	x.holding.idle.Store(true)
	if x.Stopping() {
		x.holding.idle.Store(false)
		return false
	}
	for t := range x.tasks {
		if t.killed.Load() {
			x.holding.idle.Store(false)
			return false
		}
	}
	return true
}

// RunHeld runs the function do on the executor's goroutine while the executor is held, and returns
// when do has returned. do may call RunInside. RunHeld returns false without running do if the
// executor is not held, or if done is closed first. Any goroutine may call it.
func (x *Executor) RunHeld(done <-chan struct{}, do func()) bool {
	ran := make(chan struct{})
	select {
	case x.holding.inside <- func() { defer close(ran); do() }:
		<-ran
		return true
	case <-done:
	case <-x.done:
	}
	return false
}

// AfterFunc calls f on a goroutine of its own when d has passed on the clock c. The time during
// which a debugger holds the executor does not count. stop prevents the call. Any goroutine may
// call AfterFunc and stop.
func (x *Executor) AfterFunc(c clock.Clock, d time.Duration, f func()) (stop func()) {
	t := &pausedTimer{x: x, clock: c, f: f, held: x.HeldTime()}
	t.start(d)
	return t.stop
}

// A pausedTimer is a timer of AfterFunc.
type pausedTimer struct {
	x     *Executor
	clock clock.Clock
	f     func()

	mu      sync.Mutex // guards the fields below
	held    time.Duration
	timer   clock.Timer
	stopped bool
}

func (t *pausedTimer) start(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.stopped {
		t.timer = t.clock.AfterFunc(d, t.fire)
	}
}

// fire calls f. If the executor has been held since the timer was started, it starts the timer
// again with the time of the hold.
func (t *pausedTimer) fire() {
	held := t.x.HeldTime()
	t.mu.Lock()
	more := held - t.held
	t.held = held
	stopped := t.stopped
	t.mu.Unlock()
	switch {
	case stopped:
	case more > 0:
		t.start(more)
	default:
		t.f()
	}
}

func (t *pausedTimer) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = true
	t.timer.Stop()
}

// KillInside kills a task of RunInside. Any goroutine may call it.
func (x *Executor) KillInside(t *Task, reason string) { t.killFlag.set(reason) }

// RunInside runs t to its end, while another task runs and is held, or waits in a method of the
// Watcher. t cannot wait, and is not watched. It is killed when the other task is killed. Call it
// on the executor's goroutine. Task.Timeout of t has no effect.
func (x *Executor) RunInside(t *Task) {
	x.slot.acquire()
	outer, running := x.hook.task.Load(), x.running
	before := x.slot.total()
	if outer != nil {
		defer outer.addContext(func() { t.killFlag.set(outer.killReason()) }, func() {})()
	}
	t.NoWait, t.number = true, 0
	t.worker = x.takeWorker()
	t.worker.job = func(w *worker) { t.run(x, w) }
	t.burstStart = before
	x.hook.task.Store(t)
	x.running = t.worker
	off := x.watch.off
	x.watch.off = true
	t.worker.step()
	x.watch.off = off
	x.hook.task.Store(outer)
	x.running = running
	x.finish(t)
	if outer != nil {
		outer.burstStart += x.slot.total() - before
		x.killIfForbidden(outer) // Retire or Close may have been called while t was the running task
	}
	if x.Held() {
		x.slot.releaseIdle()
	}
}
