package script

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
)

// A module is a file that the script required, or is requiring.
type module struct {
	name    string
	value   lua.LValue // nil while it loads
	loader  *task      // who loads it
	waiters []func(any)
}

// builtin are the globals that require finds too.
var builtin = []string{"audio", "coroutine", "debug", "json", "log", "math", "os", "session", "string", "table"}

var moduleName = regexp.MustCompile(`^[\w-]+(\.[\w-]+)*$`)

// require loads a file beside the script, once.
//
//	require(name)  -> what the file name.lua, or name/init.lua, returned (true if nothing);
//	                  a dot in name is a folder
//
// While another task loads the same module, it waits for that.
func (g *generation) require(L *lua.LState) int {
	name := L.CheckString(1)
	if slices.Contains(builtin, name) {
		L.Push(L.GetGlobal(name))
		return 1
	}
	if !moduleName.MatchString(name) {
		L.RaiseError("'%s' is not a module name: letters, digits, _ and -, and dots for folders", name)
	}
	for {
		m := g.modules[name]
		switch {
		case m == nil:
			m = &module{name: name, loader: g.x.hook.task.Load()}
			g.modules[name] = m
			g.loadModule(L, m)
		case m.value == nil:
			g.awaitModule(L, m)
			continue // it may have failed: then this task tries itself
		}
		L.Push(m.value)
		return 1
	}
}

// awaitModule waits until m's loader has done.
func (g *generation) awaitModule(L *lua.LState, m *module) {
	self := g.x.hook.task.Load()
	for on := m; on != nil; on = on.loader.requires {
		if on.loader == self {
			L.RaiseError("module '%s' requires itself, by way of what it requires", m.name)
		}
	}
	self.requires = m
	defer func() { self.requires = nil }()
	g.x.Await(L, func(done func(any)) func() {
		m.waiters = append(m.waiters, done)
		return nil
	})
}

// loadModule runs m's file. Finding, reading and compiling it happen outside of
// the executor.
func (g *generation) loadModule(L *lua.LState, m *module) {
	defer func() {
		if m.value == nil {
			delete(g.modules, m.name)
		}
		for _, done := range m.waiters {
			done(nil)
		}
		m.waiters = nil
	}()
	type compiled struct {
		proto *lua.FunctionProto
		err   error
	}
	c := g.x.Await(L, func(done func(any)) func() {
		g.x.helpers.Go(func() {
			path, err := g.find(m.name)
			if err != nil {
				done(compiled{nil, err})
				return
			}
			proto, source, err := compile(path)
			g.keep(path, source)
			done(compiled{proto, err})
		})
		return nil
	}).(compiled)
	if c.err != nil {
		L.RaiseError("%s", c.err.Error())
	}
	L.Push(L.NewFunctionFromProto(c.proto))
	L.Push(lua.LString(m.name))
	if err := L.PCall(1, 1, nil); err != nil {
		L.Error(errorValue(err), 0)
	}
	m.value = L.Get(-1)
	if m.value == lua.LNil {
		m.value = lua.LTrue
	}
	L.Pop(1)
}

// find is the file of a module. Every file it looks for counts as one that the
// script depends on, so that making it later is a change to reload for.
func (g *generation) find(name string) (string, error) {
	dir := filepath.Dir(g.path)
	stem := filepath.Join(dir, filepath.FromSlash(strings.ReplaceAll(name, ".", "/")))
	tried := []string{stem + ".lua", filepath.Join(stem, "init.lua")}
	for _, path := range tried {
		g.depend(path)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path, nil
		}
	}
	known := slices.Clone(builtin)
	for _, file := range luaFiles(dir) {
		known = append(known, strings.TrimSuffix(file, ".lua"))
	}
	return "", fmt.Errorf("module '%s' not found%s: no %s", name, guess.DidYouMean(name, known), strings.Join(tried, ", no "))
}

// luaFiles are the names of the Lua files in a folder.
func luaFiles(dir string) []string {
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".lua") {
			names = append(names, e.Name())
		}
	}
	return names
}
