package script

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
)

// openLoadFile returns a table with the functions that load a Lua file from the script's folder. Unlike
// require, they load it each time. The script depends on the file as on a module, so that it is reloaded
// when the file changes.
//
//	loadfile(path)  -> the compiled file, a function; or nil and the error
//	dofile(path)    -> what the file returns
//
// path is relative to the script's folder. It cannot lead out of it.
func (g *generation) openLoadFile(L *lua.LState) lua.LValue {
	t := L.CreateTable(0, 2)
	t.RawSetString("loadfile", L.NewFunction(func(L *lua.LState) int {
		fn, err := g.loadFile(L, L.CheckString(1))
		if err != nil {
			L.Push(lua.LNil)
			L.Push(lua.LString(err.Error()))
			return 2
		}
		L.Push(fn)
		return 1
	}))
	t.RawSetString("dofile", L.NewFunction(func(L *lua.LState) int {
		fn, err := g.loadFile(L, L.CheckString(1))
		if err != nil {
			L.RaiseError("%s", err.Error())
		}
		results := g.x.Forward(L, []lua.LValue{fn})
		for _, v := range results {
			L.Push(v)
		}
		return len(results)
	}))
	return t
}

// loadFile compiles the Lua file at path, which is relative to the script's folder. It works on another
// goroutine, while the task waits.
func (g *generation) loadFile(L *lua.LState, path string) (*lua.LFunction, error) {
	type compiled struct {
		proto *lua.FunctionProto
		err   error
	}
	c := g.x.Await(L, func(done func(any)) func() {
		g.x.Go(func() {
			file, err := g.besideScript(path)
			if err != nil {
				done(compiled{nil, fmt.Errorf("cannot open %s: %w", path, err)})
				return
			}
			proto, _, err := g.compile(file)
			done(compiled{proto, err})
		})
		return nil
	}).(compiled)
	if c.err != nil {
		return nil, c.err
	}
	return g.NewFunction(c.proto), nil
}

// maxPath is the maximal length of a path in bytes.
const maxPath = 4096

// besideScript returns the real path of a file that a script names with path. The file must be in the
// script's folder or below it, and the script must be allowed to read it.
func (g *generation) besideScript(path string) (string, error) {
	folder := filepath.Dir(g.path)
	name := filepath.FromSlash(path)
	if absolute, err := filepath.Abs(folder); err == nil && filepath.IsAbs(name) {
		if below, err := filepath.Rel(absolute, name); err == nil {
			name = below
		}
	}
	if name = filepath.Clean(name); !filepath.IsLocal(name) || strings.ContainsRune(name, 0) || len(name) > maxPath {
		return "", errors.New("it is not in the folder of the script")
	}
	if _, err := g.permit.Resolve("./"+filepath.ToSlash(name), false); err != nil {
		return "", err
	}
	file := filepath.Join(folder, name)
	g.addDependency(file)
	switch info, err := os.Stat(file); {
	case err != nil:
		near := guess.DidYouMean(filepath.Base(file), luaFiles(filepath.Dir(file)))
		return "", fmt.Errorf("%w%s", syscall.ENOENT, near)
	case info.IsDir():
		return "", syscall.EISDIR
	}
	return file, nil
}
