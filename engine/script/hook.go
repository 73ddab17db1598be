package script

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// often is how many instructions pass between two looks at the clock.
const often = 10_000

// A hook is the context of every Lua thread of one executor. gopher-lua asks a
// context's Done before each instruction it runs, on the goroutine that runs
// it, which makes Done an instruction hook: it ends a killed task at its next
// instruction and lets other goroutines run every few thousand.
//
// A context per call would not do: a coroutine made under one would die with
// it in another.
//
// Where Go values may call Lua functions back, through gopher-luar, those run
// on threads whose contexts are derived from this one, and ask Done of those.
// They are out of its sight, but not out of reach: see AfterFunc.
type hook struct {
	task  atomic.Pointer[task] // the one that runs; nil between tasks
	watch func(*task)          // called when a context is derived, under the mutex of the task's kill
	count int
	alive <-chan struct{}        // what Done answers: nil, or never closed where contexts may be derived
	look  func()                 // called every few thousand instructions
	ask   atomic.Pointer[func()] // to be run between two instructions; any goroutine may set it
	alarm alarm
}

var _ context.Context = (*hook)(nil)

// dead is what Done answers for a killed task.
var dead = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// Done is called before every instruction, on the executor's goroutine.
func (h *hook) Done() <-chan struct{} {
	if h.task.Load().killed.Load() {
		return dead
	}
	h.count++
	if h.count >= often || h.alarm.rings() {
		h.count = 0
		if do := h.ask.Swap(nil); do != nil {
			(*do)()
		}
		h.look()
	}
	return h.alive
}

// Err says why the running task was killed; gopher-lua makes it the error. Any
// goroutine may call it, about a context of a killed task that does not run.
func (h *hook) Err() error {
	if t := h.task.Load(); t != nil {
		if why := t.why(); why != "" {
			return errors.New(why)
		}
	}
	return errStopped
}

var errStopped = errors.New("the task was stopped")

func (h *hook) Deadline() (time.Time, bool) { return time.Time{}, false }
func (h *hook) Value(any) any               { return nil }

// AfterFunc calls f when the running task is killed, unless stop is called
// first. It is how package context ends a context that is derived from this
// one: gopher-luar makes one for each Lua function that Go calls, and ends it
// when that returns. It runs on the executor's goroutine, as stop does.
func (h *hook) AfterFunc(f func()) (stop func() bool) {
	t := h.task.Load()
	if t == nil {
		return func() bool { return false }
	}
	return t.derive(f, func() { h.watch(t) })
}

// A kill is a task's kill flag, with the reason. Any goroutine may set it.
type kill struct {
	killed atomic.Bool
	reason atomic.Pointer[string]

	mu      sync.Mutex           // guards what follows
	derived map[*func()]struct{} // end the contexts that are derived from the hook while the task runs
	watcher *watcher             // nil while there is nothing to watch
}

// derive keeps f to be called at the kill, and calls kept when it does.
func (k *kill) derive(f, kept func()) (stop func() bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.killed.Load() {
		go f() // not from here: package context holds a lock
		return func() bool { return false }
	}
	if k.derived == nil {
		k.derived = make(map[*func()]struct{})
	}
	k.derived[&f] = struct{}{}
	kept()
	return func() bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		_, ok := k.derived[&f]
		delete(k.derived, &f)
		return ok
	}
}

// kill sets the flag; the first reason stays.
func (k *kill) kill(why string) {
	if !k.reason.CompareAndSwap(nil, &why) {
		return
	}
	k.killed.Store(true)
	k.mu.Lock()
	derived := k.derived
	k.derived = nil
	k.mu.Unlock()
	for f := range derived {
		(*f)()
	}
}

func (k *kill) why() string {
	if why := k.reason.Load(); why != nil {
		return *why
	}
	return ""
}
