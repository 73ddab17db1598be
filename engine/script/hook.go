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
	if h.count >= often {
		h.count = 0
		if do := h.ask.Swap(nil); do != nil {
			(*do)()
		}
		h.look()
	}
	return nil
}

// Err says why the running task was killed; gopher-lua makes it the error.
func (h *hook) Err() error {
	if why := h.task.why(); why != "" {
		return errors.New(why)
	}
	return nil
}

func (h *hook) Deadline() (time.Time, bool) { return time.Time{}, false }
func (h *hook) Value(any) any               { return nil }

// A kill is a task's kill flag, with the reason. Any goroutine may set it.
type kill struct {
	killed atomic.Bool
	reason atomic.Pointer[string]
}

// kill sets the flag; the first reason stays.
func (k *kill) kill(why string) {
	if k.reason.CompareAndSwap(nil, &why) {
		k.killed.Store(true)
	}
}

func (k *kill) why() string {
	if why := k.reason.Load(); why != nil {
		return *why
	}
	return ""
}
