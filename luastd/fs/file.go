package fs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/files"
	"moonlark/luastd/value"
)

// openFlags has the flags for the modes of fs.open.
var openFlags = map[string]int{
	"r":  syscall.O_RDONLY,
	"r+": syscall.O_RDWR,
	"w":  syscall.O_WRONLY | syscall.O_CREAT | syscall.O_TRUNC,
	"a":  syscall.O_WRONLY | syscall.O_CREAT | syscall.O_APPEND,
}

// A file is an open file. It belongs to the executor's goroutine.
type file struct {
	m        *module
	path     string // as the script has passed it
	handle   *files.Handle
	mode     string // a key of openFlags
	reader   *reader
	position int64 // in the file, after what the reader has read
	closed   bool
	release  func() // undoes Runtime.Own
}

func (m *module) openFile(L *lua.LState) int {
	path := files.CheckPath(L, 1)
	mode := strings.TrimSuffix(L.OptString(2, "r"), "b") // "rb" is a habit of people from C
	flags, ok := openFlags[mode]
	if !ok {
		L.ArgError(2, value.Quote(mode)+` is not one of "r", "w", "a", "r+"`)
	}
	if mode != "r" {
		luastd.CheckLoaded(L, m.rt, "fs.open")
	}
	if m.open >= maxOpen {
		L.RaiseError("fs.open: %d files are open: close those that are not needed any more", m.open)
	}
	m.open++ // before the wait, because other tasks may open files meanwhile
	counted := true
	defer func() {
		if counted {
			m.open--
		}
	}()
	v, err := m.run(L, "open", files.Timeout, func(context.Context) (any, error) {
		p, err := m.runner.Resolve(path, mode != "r")
		if err != nil {
			return nil, err
		}
		return m.runner.Open(p, flags, true)
	})
	if err != nil {
		return files.PushFailure(L, path, err)
	}
	counted = false
	f := &file{m: m, path: path, handle: v.(*files.Handle), mode: mode}
	f.reader = &reader{name: "file:lines", path: path, more: f.nextBlock}
	f.release = m.rt.Own(func() { f.handle.Close() })
	L.Push(&lua.LUserData{Value: f, Env: L.Env, Metatable: m.methods.file})
	return 1
}

// String describes the file for tostring.
func (f *file) String() string {
	state := "open"
	if f.closed {
		state = "closed"
	}
	return fmt.Sprintf("file %s (%s)", f.path, state)
}

// checkFile returns argument 1, which must be a file that is open.
func checkFile(L *lua.LState, method string) *file {
	ud, _ := L.Get(1).(*lua.LUserData)
	if ud == nil {
		L.ArgError(1, "a file expected: use a colon, as in file:"+method+"()")
	}
	f, ok := ud.Value.(*file)
	if !ok {
		L.ArgError(1, "a file expected")
	}
	if f.closed && method != "close" {
		L.RaiseError("file:%s: %s is closed", method, f.path)
	}
	return f
}

// checkMode raises an error unless the mode of the file is one of modes.
func (f *file) checkMode(L *lua.LState, method string, modes ...string) {
	if !slices.Contains(modes, f.mode) {
		L.RaiseError("file:%s: %s was opened with the mode %q", method, f.path, f.mode)
	}
}

// run runs work, which uses f.handle: see files.Runner.Run.
func (f *file) run(L *lua.LState, method string, work func(ctx context.Context) (any, error)) (any, error) {
	return f.m.runner.Run(L, "file:"+method, files.Timeout, func(ctx context.Context) (any, error) {
		f.handle.Lock()
		defer f.handle.Unlock()
		return work(ctx)
	})
}

// next returns the position in the file of the byte that the script reads or writes next.
func (f *file) next() int64 { return f.position - int64(len(f.reader.rest)) }

// moveTo sets the position of the byte that the script reads or writes next.
func (f *file) moveTo(position int64) {
	f.position, f.reader.rest, f.reader.ended = position, nil, false
}

// fileClose closes a file. A second call has no effect.
func (m *module) fileClose(L *lua.LState) int {
	f := checkFile(L, "close")
	if f.closed {
		L.Push(lua.LTrue)
		return 1
	}
	f.closed = true
	m.open--
	err := m.runner.Finish(L, "file:close", func() error {
		defer f.release()
		return f.handle.Close()
	})
	return pushDone(L, f.path, err)
}
