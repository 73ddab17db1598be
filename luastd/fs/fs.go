// Package fs is the Lua module "fs". It reads and writes files and folders.
//
//	fs.read(path [, options])    -> the content of the file
//	    max = 8 MiB                  the maximal size, up to 64 MiB
//	fs.write(path, data [, options]) -> true; replaces the file in one step: other programs, and the
//	                                 next start after a power failure, find the old file or the new one
//	    mode                         the mode of the file, such as "0600"
//	    sync = true                  waits until the file is on the disk
//	fs.append(path, data)        -> true
//	fs.lines(path)               -> an iterator of the lines, without the line ends
//	fs.open(path [, mode])       -> a file; mode is "r", "w", "a" or "r+"
//	    file:read([what])            -> what is "*l" (a line), "*a" (the rest) or a number of bytes;
//	                                 nil at the end of the file
//	    file:lines()                 -> an iterator of the rest of the lines
//	    file:write(data)             -> true
//	    file:seek([whence [, n]])    -> the position; whence is "set", "cur" or "end"
//	    file:close()                 -> true
//	fs.list([dir [, options]])   -> a list of { name, path, type, size, mtime }, sorted by path
//	    recursive = false            lists the folders below dir too
//	    limit = 10000                the maximal number of entries, up to 100,000
//	fs.glob(pattern)             -> a sorted list of paths; "**" stands for any folders
//	fs.stat(path)                -> { type, size, mtime, mode }
//	fs.exists(path)              -> whether there is a file or folder
//	fs.mkdir(path)               -> true; creates missing folders above too
//	fs.remove(path [, options])  -> true, or false if there was nothing
//	    recursive = false            removes a folder with everything in it
//	fs.rename(from, to)          -> true; replaces the file to, if there is one
//	fs.copy(from, to)            -> true; replaces the file to, if there is one
//	fs.watch(path, fn [, options]) -> a watch; fn gets { path, event }, and event is "create", "change"
//	                                 or "remove"
//	    recursive = false            watches the folders below path too
//	    watch:close()                stops the watch
//	fs.temp([suffix])            -> the path of a new empty file, which is removed with the script
//	fs.free(path)                -> the free bytes of the disk
//	fs.join(base, ...)  fs.dirname(path)  fs.basename(path [, ext])  fs.extension(path)  -> a string
//	fs.data                      the folder for the data of the script
//	fs.folder                    the folder of the script
//
// Relative paths are in the data folder, and those that begin with ./ or ../ are relative to the
// script's folder. A function that fails returns nil, the reason and a code: "not_found", "exists",
// "denied", "not_a_file", "too_large", "full", "busy", "timeout", "unsupported" or "io". The use of
// a file without a permission raises an error. So does a function that changes something while the
// script is loading.
//
// A text to write has at most 64 MiB, a line at most 1 MiB, and the data folder at most 256 MiB. A
// script may have 32 open files, 16 watches and 1,000 temporary files. A watch has at most 10,000
// entries. glob finds at most 10,000 paths and looks at 100,000 entries.
package fs

import (
	"context"
	_ "embed"
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/files"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "fs".
var Module = luastd.Module{
	Name: "fs", Open: open, Doc: doc, Manual: manual,
	Needs: []permit.Kind{permit.Read, permit.Write}, Need: need, NeedFunctions: slices.Concat(readers, writers),
	NeedSecond: map[string]func(*permit.Broker, string, bool) error{"copy": needTarget, "rename": needTarget},
}

const (
	defaultMax = 8 << 20  // maximal size of a file that read returns, unless the option max is set
	maxWrite   = 64 << 20 // maximal length of a text to write
	maxOpen    = 32       // maximal number of open files
	maxWatches = 16       // maximal number of watches
)

// A module is the module fs of one script. Only the executor's goroutine uses its fields.
type module struct {
	rt      luastd.Runtime
	runner  *files.Runner
	hub     *hub
	open    int // number of open files
	watches int // number of open watches
	temps   *files.Temps
	methods struct{ file, watch *lua.LTable } // the metatables of files and watches
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt, runner: files.NewRunner(rt), hub: &hub{}, temps: files.TempsOf(L, rt)}
	m.methods.file = value.HandleMetatable[*file](L, "file", map[string]lua.LGFunction{
		"read": m.fileRead, "lines": m.fileLines, "write": m.fileWrite, "seek": m.fileSeek, "close": m.fileClose,
	}, nil)
	m.methods.watch = value.HandleMetatable[*watch](L, "watch", map[string]lua.LGFunction{"close": watchClose}, nil)
	t := L.CreateTable(0, 24)
	value.SetFunctions(L, t, map[string]lua.LGFunction{
		"read": m.read, "write": m.write, "append": m.append, "lines": m.lines, "open": m.openFile,
		"list": m.list, "glob": m.glob, "stat": m.stat, "exists": m.exists,
		"mkdir": m.mkdir, "remove": m.remove, "rename": m.rename, "copy": m.copy,
		"watch": m.watch, "temp": m.temp, "free": m.free,
		"join": join, "dirname": dirname, "basename": basename, "extension": extension,
	})
	t.RawSetString("folder", lua.LString(rt.Permit().Folder()))
	if data := rt.Permit().DataPath(); data != "" {
		t.RawSetString("data", lua.LString(data))
	}
	return t
}

// run runs the work of the function called name: see files.Runner.Run.
func (m *module) run(L *lua.LState, name string, timeout time.Duration, work func(ctx context.Context) (any, error)) (any, error) {
	return m.runner.Run(L, "fs."+name, timeout, work)
}

// pushDone pushes true, or the failure err with the file at path. It returns the number of results.
func pushDone(L *lua.LState, path string, err error) int {
	if err != nil {
		return files.PushFailure(L, path, err)
	}
	L.Push(lua.LTrue)
	return 1
}
