package script

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
	"moonlark/engine/script/vm"
)

// A module is a Lua file that the script has loaded, or is loading, with require.
type module struct {
	name    string
	value   lua.LValue  // the value that require returns; nil while the module loads
	loader  *vm.Task    // the task that loads the module
	waiters []func(any) // functions that continue the tasks that wait for the module
}

var moduleName = regexp.MustCompile(`^[\w-]+(\.[\w-]+)*$`)

// require is the Lua function that loads a Lua file from the script's folder. It loads each file
// only once.
//
//	require(name)  -> the value that the file name.lua, or name/init.lua, returned;
//	                  true if it returned nothing; a dot or slash in name stands for a folder
//
// If there is no such file, require returns Moonlark's own module of that name. If another task is
// loading the same module, require waits until the module is loaded.
func (g *generation) require(L *lua.LState) int {
	given := L.CheckString(1)
	name := strings.ReplaceAll(strings.TrimPrefix(given, "./"), "/", ".")
	if v := g.fromPackage(L, given, name); v != lua.LNil {
		L.Push(v)
		return 1
	}
	if g.modules[name] == nil && !g.hasFile(name) {
		if v, ok := g.library.Require(name); ok {
			L.Push(v)
			return 1
		}
	}
	if !moduleName.MatchString(name) {
		L.RaiseError("'%s' is not a module name: use letters, digits, _ and -, and dots or slashes for folders", given)
	}
	for {
		m := g.modules[name]
		switch {
		case m == nil:
			m = &module{name: name, loader: g.x.RunningTask()}
			g.modules[name] = m
			g.loadModule(L, m, given)
		case m.value == nil:
			g.awaitModule(L, m)
			continue // if the load by the other task has failed, this task loads the module
		}
		L.Push(m.value)
		return 1
	}
}

// hasFile reports whether there is a file for the module name beside the script. It looks only for
// names of Moonlark's own modules, because other modules are only in files.
func (g *generation) hasFile(name string) bool {
	if !slices.Contains(g.library.Required(), name) {
		return false
	}
	_, err := g.findFile(name)
	return err == nil
}

// awaitModule waits until the task that loads m has loaded it or has failed. It raises an error if
// that task itself waits for the running task, directly or through other tasks.
func (g *generation) awaitModule(L *lua.LState, m *module) {
	self := g.x.RunningTask()
	for waitedFor := m; waitedFor != nil; waitedFor = g.requiring[waitedFor.loader] {
		if waitedFor.loader == self {
			L.RaiseError("module '%s' requires itself through other modules", m.name)
		}
	}
	g.requiring[self] = m
	defer delete(g.requiring, self)
	g.x.Rest(L, func(done func(any)) func() {
		m.waiters = append(m.waiters, done)
		return nil
	})
}

// loadModule finds and compiles the file of m on another goroutine while the task waits. Then it
// runs the file and stores the result in m.value. given is the name that the script has passed to
// require, which the file gets as its argument.
func (g *generation) loadModule(L *lua.LState, m *module, given string) {
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
		g.x.Go(func() {
			path, err := g.findModule(m.name)
			if err != nil {
				done(compiled{nil, err})
				return
			}
			proto, _, err := g.compile(path)
			done(compiled{proto, err})
		})
		return nil
	}).(compiled)
	if c.err != nil {
		L.RaiseError("%s", c.err.Error())
	}
	results := g.x.Forward(L, []lua.LValue{g.NewFunction(c.proto), lua.LString(given)})
	value := g.fromPackage(L, given, m.name) // the file may have set package.loaded
	if len(results) > 0 && results[0] != lua.LNil {
		value = results[0]
	}
	if value == lua.LNil {
		value = lua.LTrue
	}
	m.value = value
	g.addToPackage(given, m)
}

// findModule returns the path of the file of the module name. The script depends on each path that
// is tried, so that the script is reloaded when a missing file is created. Any goroutine may call
// it.
func (g *generation) findModule(name string) (string, error) {
	candidates := g.candidates(name)
	for _, path := range candidates {
		g.addDependency(path)
	}
	path, err := g.findFile(name)
	if err == nil {
		return path, nil
	}
	known := g.library.Required()
	for _, file := range luaFiles(filepath.Dir(g.path)) {
		known = append(known, strings.TrimSuffix(file, ".lua"))
	}
	hint := cmp.Or(foreignModuleHint(name), guess.DidYouMean(name, known))
	return "", fmt.Errorf("module '%s' not found%s: no %s", name, hint, strings.Join(candidates, ", no "))
}

// findFile returns the path of the file of the module name.
func (g *generation) findFile(name string) (string, error) {
	for _, path := range g.candidates(name) {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path, nil
		}
	}
	return "", os.ErrNotExist
}

// candidates returns the paths at which the file of the module name can be.
func (g *generation) candidates(name string) []string {
	stem := filepath.Join(filepath.Dir(g.path), filepath.FromSlash(strings.ReplaceAll(name, ".", "/")))
	return []string{stem + ".lua", filepath.Join(stem, "init.lua")}
}

// luaFiles returns the names of the Lua files in a folder.
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
