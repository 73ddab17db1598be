package screen

import (
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/screen"
	"moonlark/luastd/value"
)

const (
	maxDepth = 12    // maximal depth of the tables of a script
	maxNodes = 20000 // maximal number of values in them
)

// A walk turns a Lua table into the tree of plain values that engine/screen reads.
type walk struct {
	m        *module
	L        *lua.LState
	function string // the Lua function, for errors
	nodes    int
}

// tree returns the tree of a table. Functions in it become handlers.
func (m *module) tree(L *lua.LState, function string, t *lua.LTable) any {
	w := &walk{m: m, L: L, function: function}
	return w.table(t, 1)
}

func (w *walk) value(v lua.LValue, depth int) any {
	if w.nodes++; w.nodes > maxNodes {
		w.L.RaiseError("%s: there are more than %d values", w.function, maxNodes)
	}
	switch v := v.(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return float64(v)
	case lua.LBool:
		return bool(v)
	case *lua.LFunction:
		w.m.lastHandler++
		w.m.handlers[w.m.lastHandler] = v
		return screen.Handler{Number: w.m.lastHandler, Generation: w.m.generation}
	case *lua.LTable:
		return w.table(v, depth+1)
	}
	if value.IsNull(v) {
		return nil
	}
	w.L.RaiseError("%s: %s cannot be shown", w.function, value.TypeName(v))
	return nil
}

// table returns a []any for a list, and a map for any other table. In the map of a list that also has named
// fields, the items have the keys "1", "2" and so on.
func (w *walk) table(t *lua.LTable, depth int) any {
	if depth > maxDepth {
		w.L.RaiseError("%s: the tables are nested more than %d deep", w.function, maxDepth)
	}
	fields, items := make(map[string]any), 0
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		switch k := k.(type) {
		case lua.LString:
			fields[string(k)] = w.value(v, depth)
		case lua.LNumber:
			if float64(k) != math.Trunc(float64(k)) || k < 1 || k > maxNodes {
				w.L.RaiseError("%s: a table has the key %s", w.function, k.String())
			}
			items++
			fields[strconv.Itoa(int(k))] = w.value(v, depth)
		default:
			w.L.RaiseError("%s: a key must be a string or a number, not %s", w.function, value.TypeName(k))
		}
	}
	if items == 0 || items < len(fields) {
		return fields
	}
	list := make([]any, items)
	for i := range list {
		v, ok := fields[strconv.Itoa(i+1)]
		if !ok {
			w.L.RaiseError("%s: a list has %d items, but none with the number %d", w.function, items, i+1)
		}
		list[i] = v
	}
	return list
}
