package std

import (
	"context"
	"fmt"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/files"
)

// An ioFile is a file of the io library. It belongs to the executor's goroutine. Only the Lua value
// has a reference to it, so that the file can be closed when the script does not use it any more.
type ioFile struct {
	lib    *ioLib
	name   string
	f      *openFile   // nil for a standard file
	lines  *lineOutput // where a standard file writes; nil for others
	reads  bool        // the file can be read
	closed bool

	position   int64  // in the file, after rest, or after what has been written
	rest       []byte // what has been read from the file and not returned to the script
	ended      bool   // rest has the end of the file
	unbuffered bool   // each write is passed to the system at once

	busy    bool        // a task uses the file
	waiters []func(any) // continue the tasks that wait for the file
}

// An openFile is the file of an ioFile. Any goroutine may use it.
type openFile struct {
	handle  *files.Handle
	writes  bool      // the file can be written
	reads   bool      // the file can be read although it can be written
	release func()    // undoes Runtime.Own
	closing sync.Once // closes handle

	mu        sync.Mutex // guards the fields below
	pending   []byte     // what has been written by the script and not passed to the system
	pendingAt int64      // the position in the file of the pending text
}

// bufferSize is how many bytes are read at once, and from how many bytes on the text that has been
// written is passed to the system.
const bufferSize = 32 << 10

func fileMetatable(L *lua.LState, lib *ioLib) *lua.LTable {
	method := func(do func(f *ioFile, L *lua.LState) int) lua.LGFunction {
		return func(L *lua.LState) int { return checkFile(L, 1).use(L, do) }
	}
	t := L.CreateTable(0, 3)
	t.RawSetString("__index", newTable(L, map[string]lua.LGFunction{
		"read":  method(func(f *ioFile, L *lua.LState) int { return f.read(L, 2) }),
		"write": method(func(f *ioFile, L *lua.LState) int { return f.write(L, 2) }),
		"lines": method(func(f *ioFile, L *lua.LState) int { return f.iterate(L, false) }),
		"close": method((*ioFile).close), "flush": method((*ioFile).flush), "seek": method((*ioFile).seek),
		"setvbuf": method((*ioFile).setBuffer),
	}))
	t.RawSetString("__metatable", lua.LString("file"))
	t.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		f := checkFile(L, 1)
		text := fmt.Sprintf("file (%s)", f.name)
		if f.closed {
			text = "file (closed)"
		}
		L.Push(lua.LString(text))
		return 1
	}))
	return t
}

// checkFile returns argument n, which must be a file.
func checkFile(L *lua.LState, n int) *ioFile {
	if ud, ok := L.Get(n).(*lua.LUserData); ok {
		if f, ok := ud.Value.(*ioFile); ok {
			return f
		}
	}
	typeError(L, n, "FILE*")
	return nil
}

func (f *ioFile) state() string {
	if f.closed {
		return "closed file"
	}
	return "file"
}

// use calls do, a method that uses the file. If another task uses the file, the running task waits
// for that first. use raises an error if the file is closed.
func (f *ioFile) use(L *lua.LState, do func(f *ioFile, L *lua.LState) int) int {
	for f.busy && !f.closed {
		f.lib.rt.Await(L, func(done func(any)) func() {
			f.waiters = append(f.waiters, done)
			return nil
		})
	}
	if f.closed {
		L.RaiseError("attempt to use a closed file")
	}
	f.busy = true
	defer func() {
		f.busy = false
		for _, done := range f.waiters {
			done(nil)
		}
		f.waiters = nil
	}()
	return do(f, L)
}

// run runs work, which uses the handle of f.f, on another goroutine while the task waits.
func (f *ioFile) run(L *lua.LState, work func(ctx context.Context) (any, error)) (any, error) {
	o := f.f
	return f.lib.run(L, files.Timeout, func(ctx context.Context) (any, error) {
		o.handle.Lock()
		defer o.handle.Unlock()
		return work(ctx)
	})
}

// passPending passes the pending text to the system while the task waits.
func (f *ioFile) passPending(L *lua.LState) error {
	o := f.f
	if !o.hasPending() {
		return nil
	}
	end, err := f.run(L, func(context.Context) (any, error) { return o.writePending() })
	if end, ok := end.(int64); ok {
		f.position = end
	}
	return err
}

// close is the Lua function file:close.
func (f *ioFile) close(L *lua.LState) int {
	o := f.f
	if o == nil {
		return pushFileError(L, "", fileError{"cannot close standard file", 0})
	}
	f.closed = true
	err := f.lib.runner.Finish(L, "io", func() error {
		defer o.release()
		was, err := o.finish()
		if was {
			f.lib.open.Add(-1)
		}
		return err
	})
	return pushDone(L, "", err)
}

// finish writes what is pending and closes the file. It can block, and waits for another call that
// does so. was is false if the file was closed already.
func (o *openFile) finish() (was bool, err error) {
	o.closing.Do(func() {
		was = true
		if o.hasPending() {
			o.handle.Lock() // the work of a task that has been killed may still use the file
			_, err = o.writePending()
			o.handle.Unlock()
		}
		if failure := o.handle.Close(); err == nil {
			err = failure
		}
	})
	return was, err
}

// addPending adds text, which the script writes at position, to the pending text. It returns the
// size of the pending text.
func (o *openFile) addPending(position int64, text string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.pending) == 0 {
		o.pendingAt = position
	}
	o.pending = append(o.pending, text...)
	return len(o.pending)
}

func (o *openFile) hasPending() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.pending) > 0
}

// writePending passes the pending text to the system, also if the task is killed meanwhile. It
// returns the position after what it has written. The caller holds the lock of o.handle. After an
// error, the text is lost.
func (o *openFile) writePending() (end int64, err error) {
	o.mu.Lock()
	text, position := string(o.pending), o.pendingAt
	o.pending = nil
	o.mu.Unlock()
	return o.handle.Write(context.Background(), position, text)
}
