package std

import (
	"sync/atomic"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// maxOpen is the maximal number of files that a script can have open with io.
const maxOpen = 32

// An ioLib is the io library of one Lua state. It belongs to the executor's goroutine, but for
// open.
type ioLib struct {
	fileLib
	open atomic.Int32 // number of open files

	file                  *lua.LTable // metatable of files
	stdin, stdout, stderr *lua.LUserData
	input, output         *lua.LUserData // the default files
}

// openIO returns a table with the functions of the io library. Paths, and what may be reached, are
// as in the module fs.
//
//	io.open(path [, mode])  -> a file; mode is "r", "w", "a", "r+", "w+" or "a+"
//	io.lines([path])        -> an iterator of the lines of a file, which is closed at its end
//	io.input([file]), io.output([file]) -> the default files; file is a file or a path
//	io.read(...), io.write(...), io.close(), io.flush()  use the default files
//	io.stdin                   has nothing to read
//	io.stdout                  writes to the output of the script, line by line, as print does
//	io.stderr                  writes to the log, line by line
//	io.tmpfile()            -> a file without a name, which is gone when it is closed
//	io.type(v)              -> "file" or "closed file"; nil for other values
//	io.popen()                 raises an error that says what to use instead
//	file:read(...), file:lines(), file:write(...), file:seek(whence, offset), file:flush(), file:setvbuf(mode),
//	file:close()               as in Lua 5.1
//
// A function that fails returns nil, the reason and a number, as in Lua 5.1. So does the use of a
// file without a permission; the reason then says which flag grants it. What changes something
// raises an error while the script loads. At most 32 files are open. A read returns at most 64 MiB.
func openIO(L *lua.LState, rt luastd.Runtime) lua.LValue {
	lib := &ioLib{fileLib: newFileLib(L, rt)}
	lib.file = fileMetatable(L, lib)
	lib.stdin = lib.wrap(L, &ioFile{lib: lib, name: "stdin", reads: true, ended: true})
	lib.stdout = lib.wrap(L, &ioFile{lib: lib, name: "stdout", lines: outputOf(L, rt)})
	lib.stderr = lib.wrap(L, &ioFile{lib: lib, name: "stderr", lines: newLogOutput(rt)})
	lib.input, lib.output = lib.stdin, lib.stdout
	t := newTable(L, map[string]lua.LGFunction{
		"open": lib.openFile, "lines": lib.lines, "tmpfile": lib.tmpfile, "type": ioType,
		"input": lib.setInput, "output": lib.setOutput,
		"read": func(L *lua.LState) int {
			return lib.check(L, lib.input).use(L, func(f *ioFile, L *lua.LState) int { return f.read(L, 1) })
		},
		"write": func(L *lua.LState) int {
			return lib.check(L, lib.output).use(L, func(f *ioFile, L *lua.LState) int { return f.write(L, 1) })
		},
		"flush": func(L *lua.LState) int { return lib.check(L, lib.output).use(L, (*ioFile).flush) },
		"close": func(L *lua.LState) int {
			if L.GetTop() == 0 {
				return lib.check(L, lib.output).use(L, (*ioFile).close)
			}
			return checkFile(L, 1).use(L, (*ioFile).close)
		},
		"popen": func(L *lua.LState) int {
			L.RaiseError(`io.popen: scripts have no shell: use exec.run{"ls", "-l"}.stdout, or exec.start and process:lines()`)
			return 0
		},
	})
	for name, file := range map[string]*lua.LUserData{"stdin": lib.stdin, "stdout": lib.stdout, "stderr": lib.stderr} {
		t.RawSetString(name, file)
	}
	return t
}

// wrap returns f as a Lua value.
func (lib *ioLib) wrap(L *lua.LState, f *ioFile) *lua.LUserData {
	return &lua.LUserData{Value: f, Env: L.Env, Metatable: lib.file}
}

// check returns a default file. It raises an error if the file is closed.
func (lib *ioLib) check(L *lua.LState, file *lua.LUserData) *ioFile {
	f := file.Value.(*ioFile)
	if f.closed {
		which := "input"
		if file == lib.output {
			which = "output"
		}
		L.RaiseError("standard %s file is closed", which)
	}
	return f
}

// setInput and setOutput are the Lua functions io.input and io.output.
func (lib *ioLib) setInput(L *lua.LState) int  { return lib.setDefault(L, &lib.input, "r") }
func (lib *ioLib) setOutput(L *lua.LState) int { return lib.setDefault(L, &lib.output, "w") }

// setDefault sets a default file to argument 1: a file, or the path of a file that is opened with
// the mode. It pushes the default file.
func (lib *ioLib) setDefault(L *lua.LState, file **lua.LUserData, mode string) int {
	if path, ok := asString(L.Get(1)); ok {
		f, err := lib.openPath(L, path, mode)
		if err != nil {
			argError(L, 1, path+": "+explainFile(err).text)
		}
		*file = f
	} else if L.Get(1) != lua.LNil {
		checkFile(L, 1)
		*file = L.Get(1).(*lua.LUserData)
	}
	L.Push(*file)
	return 1
}

// lines is the Lua function io.lines.
func (lib *ioLib) lines(L *lua.LState) int {
	if L.Get(1) == lua.LNil {
		return lib.check(L, lib.input).iterate(L, false)
	}
	path := checkString(L, 1)
	file, err := lib.openPath(L, path, "r")
	if err != nil {
		argError(L, 1, path+": "+explainFile(err).text)
	}
	return file.Value.(*ioFile).iterate(L, true)
}

// ioType is the Lua function io.type.
func ioType(L *lua.LState) int {
	checkAny(L, 1)
	L.Push(lua.LNil)
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if f, ok := ud.Value.(*ioFile); ok {
			L.Pop(1)
			L.Push(lua.LString(f.state()))
		}
	}
	return 1
}
