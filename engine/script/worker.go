package script

import (
	"fmt"
	"iter"
	"reflect"
	"runtime/debug"

	lua "github.com/yuin/gopher-lua"
)

// A signal is why a worker gave control back.
type signal uint8

const (
	finished signal = iota // the job is done; also what a worker that has ended answers
	parked                 // a Go function waits for something
	yielded                // coroutine.yield
)

// A worker is a Lua thread with a Go stack of its own, carried by iter.Pull:
// whoever steps it runs it until it parks, yields or finishes, and only ever
// on the executor's goroutine. Because the Go stack is kept, a Go function may
// wait however deep in Lua it was called: inside pcall, a metamethod, a sort.
// A worker runs one job after another, since a pooled one costs a fraction of
// a fresh one.
type worker struct {
	L     *lua.LState
	job   func(w *worker)
	co    *coroutine // whose coroutine it carries; nil for a task
	fault *fault     // a Go panic that came out of the last job
	spent bool       // not to be used again

	now       *lua.LState // the thread that runs: L, or that of a protected call
	protected int         // protected calls that it is in
	trace     string      // where the error happened that an xpcall handler is dealing with

	step  func() (signal, bool)
	stop  func() // ends it; a job under way sees pause return false
	yield func(signal) bool
}

// A fault is a Go panic that Lua's own pcall did not hold.
type fault struct {
	value any
	stack []byte
}

func (f *fault) Error() string { return fmt.Sprintf("panic: %v", f.value) }

func newWorker(root *lua.LState, h *hook) *worker {
	L, _ := root.NewThread() // root has no context, so there is nothing to cancel
	L.SetContext(h)
	w := &worker{L: L, now: L}
	w.step, w.stop = iter.Pull(func(yield func(signal) bool) {
		w.yield = yield
		for {
			w.run()
			if w.spent || !yield(finished) {
				return
			}
		}
	})
	return w
}

// run does the job, and holds whatever Go panic comes out of it.
func (w *worker) run() {
	defer func() {
		w.job, w.now, w.protected, w.trace = nil, w.L, 0, ""
		if v := recover(); v != nil {
			w.fault, w.spent = &fault{v, debug.Stack()}, true
		} else if grown(w.L) || loose(w.L) {
			w.spent = true // its stack would never shrink again, or is not its own
		}
	}()
	w.job(w)
}

// pause gives control back and returns true when stepped again, false when the
// worker is being stopped.
func (w *worker) pause(why signal) bool {
	if !w.yield(why) {
		w.spent = true
		return false
	}
	return true
}

// Each Lua thread starts with small stacks that may grow. (The defaults take
// 100 KB a thread, and fail at a call with some 2,500 arguments.)
const (
	registrySize = 256     // slots of the value stack
	registryMax  = 1 << 18 //
	registryGrow = 1 << 10 //
	callStack    = 2048    // calls deep
)

func newRoot() *lua.LState {
	return lua.NewState(lua.Options{
		SkipOpenLibs:        true,
		MinimizeStackMemory: true,
		CallStackSize:       callStack,
		RegistrySize:        registrySize,
		RegistryMaxSize:     registryMax,
		RegistryGrowStep:    registryGrow,
	})
}

// grown says whether the value stack of L has outgrown its first size. It is
// asked by reflection since gopher-lua does not export it.
func grown(L *lua.LState) bool {
	return reflect.ValueOf(L).Elem().FieldByIndex(registryField).Elem().FieldByIndex(arrayField).Len() > registrySize
}

// loose says whether closures still have locals on the stack of L: gopher-lua
// forgets to close them when xpcall, or a Go panic, ends a function. The next
// job would write over what they see.
func loose(L *lua.LState) bool {
	return !reflect.ValueOf(L).Elem().FieldByIndex(upvaluesField).IsNil()
}

var upvaluesField = func() []int {
	field, _ := reflect.TypeFor[lua.LState]().FieldByName("uvcache")
	return field.Index
}()

var registryField, arrayField = func() ([]int, []int) {
	registry, _ := reflect.TypeFor[lua.LState]().FieldByName("reg")
	array, _ := registry.Type.Elem().FieldByName("array")
	return registry.Index, array.Index
}()
