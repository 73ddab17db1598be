package scripttest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/script"
	"moonlark/luastd"
)

// A testFile is a test file that is running.
type testFile struct {
	*runner
	ctx     context.Context
	path    string
	scripts *script.Scripts // has only the test file

	rt        luastd.Runtime // of the test file
	api       *lua.LTable    // the table t
	handles   *lua.LTable    // the metatable of fakes
	pins      *lua.LTable    // the metatable of the pins of tests
	keyboards *lua.LTable    // the metatable of fake devices with keys
	screens   *lua.LTable    // the metatable of the screens of tests
	script    string         // path of the script under test
	declared  []declaredTest

	work sync.WaitGroup // counts the goroutines for which a task of the test file waits

	mu      sync.Mutex // guards the fields below
	current *testRun   // the test that runs; nil while the file loads
	results []Test
	files   []script.File
}

// A declaredTest is a call of the Lua function test.
type declaredTest struct {
	name string
	fn   *lua.LFunction
}

// runFile runs the tests of one file.
func (r *runner) runFile(ctx context.Context, path string) (result File) {
	began := time.Now()
	f := &testFile{runner: r, ctx: ctx, path: path, script: scriptOf(path)}
	var loading []string // output while the file loads
	ended := make(chan struct{})
	write := func(text string) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.current != nil {
			f.current.write(text)
		} else {
			loading = append(loading, text)
		}
	}
	permissions := r.opts.Permissions
	permissions.Data = filepath.Join(r.data, "files")
	f.scripts = script.New(script.Options{
		Slots: r.slots, Heap: r.heap, Permissions: permissions,
		Modules: []luastd.Module{{Name: "test", Globals: []string{"test", "t", "sleep"}, Always: true,
			Open: func(L *lua.LState, rt luastd.Runtime) lua.LValue {
				return f.open(L, rt, sync.OnceFunc(func() { close(ended) }))
			}}},
		Print:  func(_, text string) { write(text) },
		Log:    func(_ string, level slog.Level, text string) { write(level.String() + ": " + text) },
		Failed: func(_, text string) { f.fail(text) },
	})
	summary, err := f.scripts.Load(path)
	if err == nil {
		select {
		case <-ended:
		case <-ctx.Done():
		}
	}
	f.scripts.Close()
	f.work.Wait()
	if t := f.current; t != nil { // something has stopped the test file
		t.end()
		f.finish(t, luastd.Outcome{Failed: true, Failure: "the test has been stopped, and those after it have not run"})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	result = File{Path: path, Tests: f.results, Files: f.files, Took: time.Since(began)}
	var load *script.LoadError
	switch {
	case errors.As(err, &load):
		result.Err, result.Hint = strings.Join(append(loading, load.Text), "\n"), load.Hint
		result.Files = append(result.Files, load.Files...)
	case err != nil:
		result.Err = err.Error()
	default:
		result.Files = append(result.Files, summary[0].Files...)
	}
	return result
}

// open returns the globals of test files. end is called after the last test, or when the test file has
// been stopped.
func (f *testFile) open(L *lua.LState, rt luastd.Runtime, end func()) lua.LValue {
	table := L.CreateTable(0, 3)
	if f.rt != nil {
		// Package script loads a script again that has used too much memory. Tests run only once.
		table.RawSetString("test", L.NewFunction(func(L *lua.LState) int {
			L.RaiseError("the tests of this file have been stopped")
			return 0
		}))
		return table
	}
	f.rt = rt
	f.api = f.newAPI(L)
	table.RawSetString("test", L.NewFunction(f.declare))
	table.RawSetString("t", f.api)
	table.RawSetString("sleep", f.api.RawGetString("sleep"))
	rt.OnStart(L.NewFunction(func(L *lua.LState) int { // cannot fail while the file loads
		defer end() // also if the task is killed
		f.runTests(L)
		return 0
	}))
	return table
}

// declare is the Lua function test.
func (f *testFile) declare(L *lua.LState) int {
	name, fn := L.CheckString(1), L.CheckFunction(2)
	if !f.rt.Loading() {
		L.RaiseError("test: call it at the top level of the file, and not in a test")
	}
	for _, other := range f.declared {
		if other.name == name {
			L.ArgError(1, fmt.Sprintf("there is a test %q already", name))
		}
	}
	f.declared = append(f.declared, declaredTest{name, fn})
	return 0
}

// runTests runs the tests of the file one after the other. It runs as a task of the test file.
func (f *testFile) runTests(L *lua.LState) {
	for _, d := range f.declared {
		if run := f.opts.Run; run != nil && !run.MatchString(d.name) {
			continue
		}
		t := newTestRun(f, d.name)
		f.setCurrent(t)
		outcome := f.rt.Await(L, func(done func(any)) func() {
			_, err := f.rt.Start(luastd.TaskSpec{
				Name: "test", Fn: d.fn, Args: []lua.LValue{f.api}, Timeout: f.opts.Timeout,
				Ended: func(o luastd.Outcome) bool { done(o); return true },
			})
			if err != nil {
				done(luastd.Outcome{Failed: true, Failure: err.Error()})
			}
			return nil
		}).(luastd.Outcome)
		t.ended = true
		// The script is closed on another goroutine, because that may need the run slot of this one.
		f.await(L, func() error { t.end(); return nil })
		f.finish(t, outcome)
	}
}

// finish records the result of a test that has ended.
func (f *testFile) finish(t *testRun, outcome luastd.Outcome) {
	result := Test{Name: t.name, Took: time.Since(t.began)}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.current = nil
	failures := t.failures
	if outcome.Failed {
		failures = append([]string{cmp.Or(outcome.Failure, "an error without a text")}, failures...)
	}
	result.Failure, result.Output = strings.Join(failures, "\n"), t.output
	f.results = append(f.results, result)
	f.files = append(f.files, t.files...)
}

func (f *testFile) setCurrent(t *testRun) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.current = t
}

// fail records an error of a handler, a timer or a spawned function of the test file. Such a
// function has no caller that could receive the error.
func (f *testFile) fail(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current != nil {
		f.current.addFailure(text)
	}
}
