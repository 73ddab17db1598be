package std

import (
	"context"
	"runtime"
	"strings"
	"syscall"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/files"
)

// openFlags has the flags for the modes of io.open.
var openFlags = map[string]int{
	"r":  syscall.O_RDONLY,
	"w":  syscall.O_WRONLY | syscall.O_CREAT | syscall.O_TRUNC,
	"a":  syscall.O_WRONLY | syscall.O_CREAT | syscall.O_APPEND,
	"r+": syscall.O_RDWR,
	"w+": syscall.O_RDWR | syscall.O_CREAT | syscall.O_TRUNC,
	"a+": syscall.O_RDWR | syscall.O_CREAT | syscall.O_APPEND,
}

// openFile is the Lua function io.open.
func (lib *ioLib) openFile(L *lua.LState) int {
	path, mode := checkString(L, 1), "r"
	if L.Get(2) != lua.LNil {
		mode = checkString(L, 2)
	}
	file, err := lib.openPath(L, path, mode)
	if err != nil {
		return pushFileError(L, path, explainFile(err))
	}
	L.Push(file)
	return 1
}

// openPath opens the file at path, which the script has passed.
func (lib *ioLib) openPath(L *lua.LState, path, mode string) (*lua.LUserData, error) {
	plain := strings.Replace(mode, "b", "", 1)
	flags, ok := openFlags[plain]
	if !ok {
		return nil, syscall.EINVAL
	}
	if plain != "r" {
		luastd.CheckLoaded(L, lib.rt, "io.open")
	}
	return lib.openWith(L, path, func() (*openFile, error) { return lib.openPlace(path, flags) })
}

// openWith returns the Lua value of the file that open opens.
func (lib *ioLib) openWith(L *lua.LState, path string, open func() (*openFile, error)) (*lua.LUserData, error) {
	counted := true
	lib.open.Add(1)
	defer func() {
		if counted { // after an error, or if the task has been killed
			lib.open.Add(-1)
		}
	}()
	if lib.open.Load() > maxOpen {
		lib.closeUnused(L)
	}
	if lib.open.Load() > maxOpen {
		return nil, fileError{"too many open files (the maximum is 32): close those that are not needed", int(syscall.EMFILE)}
	}
	v, err := lib.run(L, files.Timeout, func(context.Context) (any, error) { return open() })
	if err != nil {
		return nil, err
	}
	counted = false
	o := v.(*openFile)
	f := &ioFile{lib: lib, name: path, f: o, reads: !o.writes || o.reads}
	o.release = lib.rt.Own(o.finishSoon)
	// A script may leave it to the garbage collector to close the file, as in Lua 5.1. The cleanups
	// of the process share few goroutines, so they must not wait for a disk.
	runtime.AddCleanup(f, func(o *openFile) {
		go func() {
			if was, _ := o.finish(); was {
				lib.open.Add(-1)
			}
			o.release()
		}()
	}, o)
	return lib.wrap(L, f), nil
}

// finishTimeout is how long the end of a script waits until a file is written and closed. What
// takes longer, because the disk does not respond, goes on.
const finishTimeout = time.Second

// finishSoon is finish, but does not wait longer than finishTimeout.
func (o *openFile) finishSoon() {
	finished := make(chan struct{})
	go func() {
		o.finish()
		close(finished)
	}()
	select {
	case <-finished:
	case <-time.After(finishTimeout):
	}
}

// closeUnused collects the garbage, which closes the files that the script does not use any more,
// and waits a moment for that.
func (lib *ioLib) closeUnused(L *lua.LState) {
	lib.rt.Await(L, func(done func(any)) func() {
		go func() {
			defer done(nil)
			runtime.GC()
			for range 20 {
				if lib.open.Load() <= maxOpen {
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
		}()
		return nil
	})
}

// openPlace opens a file: see resolve.
func (lib *ioLib) openPlace(path string, flags int) (*openFile, error) {
	writes := flags != syscall.O_RDONLY
	p, err := lib.resolve(path, writes)
	if err != nil {
		return nil, err
	}
	h, err := lib.runner.Open(p, flags, false)
	if err != nil {
		return nil, err
	}
	return &openFile{handle: h, writes: writes, reads: flags&syscall.O_RDWR != 0}, nil
}

// Close closes the file. It is called if the task has been killed meanwhile.
func (o *openFile) Close() error {
	o.finish()
	return nil
}

// tmpfile is the Lua function io.tmpfile.
func (lib *ioLib) tmpfile(L *lua.LState) int {
	luastd.CheckLoaded(L, lib.rt, "io.tmpfile")
	p, err := lib.temps.Create(L, "io.tmpfile", "")
	if err != nil {
		return pushFileError(L, "", explainFile(err))
	}
	// "w+" would create the file again if the script ends meanwhile and the file has been removed.
	file, err := lib.openPath(L, p.Path, "r+")
	if err != nil {
		return pushFileError(L, "", explainFile(err))
	}
	// An open file needs no name. Windows cannot remove an open file, so it is removed with the
	// script.
	if _, err := lib.run(L, files.Timeout, func(context.Context) (any, error) { return nil, p.Root.Remove(p.Name) }); err == nil {
		lib.temps.Forget(p.Path)
	}
	L.Push(file)
	return 1
}
