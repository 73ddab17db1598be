package script

import (
	"context"
	"errors"
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
type hook struct {
	task  *task // the one that runs; nil between tasks
	turn  *turn
	count int
	look  func()                 // called every few thousand instructions
	ask   atomic.Pointer[func()] // to be run between two instructions; any goroutine may set it
	alarm alarm
}

var _ context.Context = (*hook)(nil)

// dead is what Done answers for a killed task.
var dead = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// Done is called before every instruction, on the executor's goroutine.
func (h *hook) Done() <-chan struct{} {
	if h.task.killed.Load() {
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
	return h.task.derived()
}

// Err says why the running task was killed; gopher-lua makes it the error.
func (h *hook) Err() error {
	if why := h.task.why(); why != "" {
		return errors.New(why)
	}
	return nil
}

func (h *hook) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value lets a context that is made from this one end with the running task:
// gopher-luar makes one for each Lua function that Go calls, and its thread
// asks that instead of this hook.
func (h *hook) Value(key any) any {
	if h.task.ctx == nil {
		return nil
	}
	return h.task.ctx.Value(key)
}

// A kill is a task's kill flag, with the reason. Any goroutine may set it.
type kill struct {
	killed atomic.Bool
	reason atomic.Pointer[string]
	cancel atomic.Pointer[context.CancelFunc] // of ctx

	// For contexts made from the hook; nil where there can be none. The
	// executor goroutine's own.
	ctx context.Context
}

// derivable lets contexts be made from the hook while this task runs.
func (k *kill) derivable() {
	ctx, cancel := context.WithCancel(context.Background())
	k.ctx = ctx
	k.cancel.Store(&cancel)
	if k.killed.Load() {
		cancel()
	}
}

// derived is nil, or what such contexts wait for.
func (k *kill) derived() <-chan struct{} {
	if k.ctx == nil {
		return nil
	}
	return k.ctx.Done()
}

// kill sets the flag; the first reason stays.
func (k *kill) kill(why string) {
	if k.reason.CompareAndSwap(nil, &why) {
		k.killed.Store(true)
		if cancel := k.cancel.Load(); cancel != nil {
			(*cancel)()
		}
	}
}

func (k *kill) why() string {
	if why := k.reason.Load(); why != nil {
		return *why
	}
	return ""
}
