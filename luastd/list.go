package luastd

import (
	"regexp"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/activity"
)

// A List is a list of modules. It never changes, so any goroutine may use it.
type List struct {
	modules  []Module
	byGlobal map[string]int // index in modules of the module of each global
}

// NewList returns a List of these modules.
func NewList(modules ...Module) *List {
	l := &List{modules: modules, byGlobal: make(map[string]int)}
	for i := range modules {
		for _, name := range modules[i].globals() {
			l.byGlobal[name] = i
		}
	}
	return l
}

// Modules returns a copy of the list, in its order.
func (l *List) Modules() []Module { return slices.Clone(l.modules) }

// Globals returns the names of all globals that the modules define, sorted.
func (l *List) Globals() []string {
	var names []string
	for name := range l.byGlobal {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Required returns the names of the modules that a script can get with require, sorted.
func (l *List) Required() []string {
	var names []string
	for _, m := range l.modules {
		if m.Globals == nil {
			names = append(names, m.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Tabs returns the tabs of the modules that have one, in the order of the list.
func (l *List) Tabs() []*activity.Tab {
	var tabs []*activity.Tab
	for i := range l.modules {
		if tab := l.modules[i].Tab; tab != nil {
			tabs = append(tabs, tab)
		}
	}
	return tabs
}

// Module returns the module that a global with this name belongs to. ok is false if there is none.
func (l *List) Module(name string) (m Module, ok bool) {
	i, ok := l.byGlobal[name]
	if !ok {
		return Module{}, false
	}
	return l.modules[i], true
}

// Functions returns the names of the functions that the modules declare, such as "json.encode". The
// functions of Lua's own library are not among them.
func (l *List) Functions() []string {
	var names []string
	for _, m := range l.modules {
		for _, declaration := range declaredFunction.FindAllStringSubmatch(m.Doc, -1) {
			names = append(names, declaration[1])
		}
	}
	return names
}

var declaredFunction = regexp.MustCompile(`(?m)^function ([\w.]+)\(`)

// A Library has the modules of one Lua state. Only the goroutine that owns the state may use it.
type Library struct {
	*List
	L      *lua.LState
	rt     Runtime
	values []lua.LValue    // what Open returned for each module, by index in List.modules; nil: not open
	own    map[string]bool // globals that belong to the script, because its code assigns them
}

// Open returns the Library of a new Lua state. It opens the modules whose Always field is set. L
// must be the main thread of the state.
func (l *List) Open(L *lua.LState, rt Runtime) *Library {
	lib := &Library{l, L, rt, make([]lua.LValue, len(l.modules)), make(map[string]bool)}
	for i := range l.modules {
		if l.modules[i].Always {
			lib.open(i)
		}
	}
	return lib
}

// NewFunction opens the modules whose globals the code of proto uses, and returns a function of
// proto. Load all Lua code of the state with NewFunction, because other code would not find its
// modules.
func (lib *Library) NewFunction(proto *lua.FunctionProto) *lua.LFunction {
	lib.addOwn(proto)
	lib.openNamed(proto)
	return lib.L.NewFunctionFromProto(proto)
}

// Require returns the module name, and opens the module if it is not open. The script may have
// assigned another value to the global of that name. ok is false if there is no such module.
func (lib *Library) Require(name string) (v lua.LValue, ok bool) {
	i, ok := lib.byGlobal[name]
	if !ok || lib.modules[i].Globals != nil {
		return nil, false
	}
	lib.open(i)
	return lib.values[i], true
}

// addOwn adds to own the globals that the code of proto assigns and that have the name of a module.
// Such a global is nil until the code has assigned it, as in any Lua. The modules of Lua's own
// library, which have no Doc, are not added: code that replaces one of them finds the original
// before.
func (lib *Library) addOwn(proto *lua.FunctionProto) {
	for _, instruction := range proto.Code {
		if int(instruction>>26) != lua.OP_SETGLOBAL {
			continue
		}
		name := proto.Constants[instruction&0x3ffff].String()
		if m, ok := lib.Module(name); ok && m.Globals == nil && m.Doc != "" {
			lib.own[name] = true
		}
	}
	for _, inner := range proto.FunctionPrototypes {
		lib.addOwn(inner)
	}
}

// openNamed opens each module that the code of proto mentions by the name of one of its globals. It
// opens all modules if the code mentions _G or getfenv, because the code could then use a module
// without mentioning its name.
func (lib *Library) openNamed(proto *lua.FunctionProto) {
	for _, constant := range proto.Constants {
		name, ok := constant.(lua.LString)
		if !ok {
			continue
		}
		switch name {
		case "_G", "getfenv":
			for i := range lib.values {
				lib.open(i)
			}
		default:
			if i, ok := lib.byGlobal[string(name)]; ok {
				lib.open(i)
			}
		}
	}
	for _, inner := range proto.FunctionPrototypes {
		lib.openNamed(inner)
	}
}

// open opens the module with index i, unless it is open. If a global of the module has a value
// already, or belongs to the script, open does not change it.
func (lib *Library) open(i int) {
	if lib.values[i] != nil {
		return
	}
	m := &lib.modules[i]
	v := m.Open(lib.L, lib.rt)
	lib.values[i] = v
	for _, name := range m.globals() {
		if lib.own[name] || lib.L.G.Global.RawGetString(name) != lua.LNil {
			continue
		}
		if m.Globals != nil {
			lib.L.G.Global.RawSetString(name, lib.L.GetField(v, name))
		} else {
			lib.L.G.Global.RawSetString(name, v)
		}
	}
}
