package vm

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
	luar "layeh.com/gopher-luar"
)

// A fixture is an executor for a test. Its Lua state has the libraries of gopher-lua, a print
// function whose text is appended to lines, and sleep(seconds).
type fixture struct {
	*Executor
	t testing.TB

	mu    sync.Mutex // guards the fields below
	lines []string   // the lines that scripts printed, and the warnings
}

// An outcome says how a task ended.
type outcome struct {
	text string // the results of the Lua function, in the form that show gives them
	err  error
}

// newFixture starts an executor with the given global variables and runs source, which usually
// defines global functions.
func newFixture(t testing.TB, opts Options, globals map[string]any, source string) *fixture {
	t.Helper()
	f := &fixture{t: t}
	opts.Warn = f.record
	opts.GoCallbacks = len(globals) > 0
	f.Executor = New(opts)
	L := f.State()
	for _, open := range []lua.LGFunction{lua.OpenBase, lua.OpenTable, lua.OpenString, lua.OpenMath, lua.OpenOs, lua.OpenDebug} {
		L.Push(L.NewFunction(open))
		L.Call(0, 0)
	}
	L.SetGlobal("coroutine", f.CoroutineLibrary())
	f.ProtectedCalls().ForEach(func(name, fn lua.LValue) { L.SetGlobal(name.String(), fn) })
	L.SetGlobal("print", L.NewFunction(func(L *lua.LState) int { f.record(L.ToString(1)); return 0 }))
	L.SetGlobal("sleep", L.NewFunction(f.sleep))
	for name, value := range globals {
		L.SetGlobal(name, luar.New(L, value))
	}
	main, err := L.LoadString(source)
	if err != nil {
		t.Fatal(err)
	}
	f.Start()
	t.Cleanup(f.Close)
	if result := f.await(f.startTask(&Task{Name: "main", Fn: main})); result.err != nil {
		t.Fatal(result.err)
	}
	return f
}

// sleep is the Lua function sleep(seconds): the task waits for that time.
func (f *fixture) sleep(L *lua.LState) int {
	delay := time.Duration(float64(L.CheckNumber(1)) * float64(time.Second))
	f.Await(L, func(done func(any)) func() {
		timer := time.AfterFunc(delay, func() { done(nil) })
		return func() { timer.Stop() }
	})
	return 0
}

func (f *fixture) record(line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines = append(f.lines, line)
}

// startTask starts t. If t.Fn is nil, it runs the global Lua function called t.Name. The returned
// channel receives the outcome.
func (f *fixture) startTask(t *Task) <-chan outcome {
	// room for a second outcome, so that a task that ends twice does not block the executor
	ended := make(chan outcome, 2)
	t.End = func(L *lua.LState, err error) {
		var all []string
		for i := 1; err == nil && i <= L.GetTop(); i++ {
			all = append(all, show(L.Get(i)))
		}
		ended <- outcome{strings.Join(all, ","), err}
	}
	f.Put(Request, func() {
		if t.Fn == nil {
			t.Fn = f.State().GetGlobal(t.Name).(*lua.LFunction)
		}
		f.StartTask(t)
	})
	return ended
}

// start starts the global Lua function called name, without arguments. The returned channel
// receives the outcome.
func (f *fixture) start(name string) <-chan outcome { return f.startTask(&Task{Name: name}) }

func (f *fixture) await(ended <-chan outcome) outcome {
	f.t.Helper()
	select {
	case o := <-ended:
		return o
	case <-time.After(time.Minute):
		f.t.Fatal("the task has not ended after a minute")
		return outcome{}
	}
}

// run runs the global Lua function called name as a task and returns the outcome.
func (f *fixture) run(name string) outcome {
	f.t.Helper()
	return f.await(f.start(name))
}

// want runs the global Lua function called name. It fails the test unless the results, as show
// writes them, are equal to want.
func (f *fixture) want(name, want string) {
	f.t.Helper()
	if got := f.run(name); got.err != nil || got.text != want {
		f.t.Errorf("%s returned %q, %v; want %q", name, got.text, got.err, want)
	}
}

// until waits until some printed line or warning contains text.
func (f *fixture) until(text string) {
	f.t.Helper()
	for end := time.Now().Add(10 * time.Second); !f.printed(text); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.t.Fatalf("no line contains %q; the lines are:\n%s", text, strings.Join(f.lines, "\n"))
		}
	}
}

// printed reports whether some printed line or warning contains text.
func (f *fixture) printed(text string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Contains(strings.Join(f.lines, "\n"), text)
}

// show returns a Lua value as text. A table is shown as the list of its array elements.
func show(v lua.LValue) string {
	t, ok := v.(*lua.LTable)
	if !ok {
		return v.String()
	}
	var all []string
	for i := 1; i <= t.MaxN(); i++ {
		all = append(all, show(t.RawGetInt(i)))
	}
	return fmt.Sprint("[", strings.Join(all, ","), "]")
}
