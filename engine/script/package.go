package script

import lua "github.com/yuin/gopher-lua"

// openPackage returns the Lua table package. It has only data, for libraries that read it:
//
//	package.loaded   the modules that the script has loaded, by name
//	package.preload  functions that require calls for a module instead of loading a file
//	package.path     where require looks for files; to assign it changes nothing
//	package.cpath    "": there are no modules in C
//	package.config   the separators of package.path, as in Lua 5.1
func (g *generation) openPackage(L *lua.LState) lua.LValue {
	t, loaded := L.CreateTable(0, 5), L.CreateTable(0, 8)
	loaded.RawSetString("_G", L.G.Global)
	for _, name := range []string{"coroutine", "debug", "math", "os", "string", "table"} {
		if v, ok := g.library.Require(name); ok {
			loaded.RawSetString(name, v)
		}
	}
	for name, m := range g.modules {
		if m.value != nil {
			loaded.RawSetString(name, m.value)
		}
	}
	t.RawSetString("loaded", loaded)
	t.RawSetString("preload", L.CreateTable(0, 0))
	t.RawSetString("path", lua.LString("./?.lua;./?/init.lua"))
	t.RawSetString("cpath", lua.LString(""))
	t.RawSetString("config", lua.LString("/\n;\n?\n!\n-\n"))
	g.packageTable = t
	return t
}

// packageField returns the table package.loaded or package.preload, or nil if the script does not use
// package or has replaced the field by something that is not a table.
func (g *generation) packageField(name string) *lua.LTable {
	if g.packageTable == nil {
		return nil
	}
	t, _ := g.packageTable.RawGetString(name).(*lua.LTable)
	return t
}

// fromPackage returns the value of a module that is in package.loaded, or that a function in
// package.preload makes. It returns lua.LNil if there is none. given is the name that the script has
// passed to require, and name is the name of the module. If the script has removed the module from
// package.loaded, fromPackage makes require load the file again.
func (g *generation) fromPackage(L *lua.LState, given, name string) lua.LValue {
	if loaded := g.packageField("loaded"); loaded != nil {
		for _, n := range []string{given, name} {
			if v := loaded.RawGetString(n); lua.LVAsBool(v) { // false asks for another load, too
				return v
			}
		}
		if m := g.modules[name]; m != nil && m.value != nil {
			delete(g.modules, name)
		}
	}
	preload := g.packageField("preload")
	if preload == nil || preload.RawGetString(given) == lua.LNil {
		return lua.LNil
	}
	L.Push(preload.RawGetString(given))
	L.Push(lua.LString(given))
	L.Call(1, 1)
	v := L.Get(-1)
	L.Pop(1)
	if v == lua.LNil {
		v = lua.LTrue
	}
	if loaded := g.packageField("loaded"); loaded != nil {
		loaded.RawSetString(given, v)
	}
	return v
}

// addToPackage adds the module m to package.loaded, under its name and the name that the script has
// passed to require.
func (g *generation) addToPackage(given string, m *module) {
	if loaded := g.packageField("loaded"); loaded != nil {
		loaded.RawSetString(given, m.value)
		loaded.RawSetString(m.name, m.value)
	}
}
