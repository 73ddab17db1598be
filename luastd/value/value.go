// Package value has functions that several modules of luastd need. It converts Lua values to JSON
// and back, and checks the arguments that scripts pass. Its functions run on the goroutine that
// owns the Lua state, and none of them waits.
//
// A Lua table becomes a JSON array if it is tagged as an array, or if its keys are exactly 1 to n.
// Any other table becomes an object; so does {}. Package moonlark/luastd/json describes all rules.
package value

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const (
	// MaxJSON is the maximal length of a JSON text that is read or written, in bytes.
	MaxJSON = 8 << 20

	// maxDepth is the maximal depth of nested tables.
	maxDepth = 100

	// maxTables is the maximal number of tables that are made from one JSON text. A table needs up
	// to 750 bytes of memory, but only three bytes of text. Without the limit, a text of a few
	// megabytes could fill the memory of a small machine.
	maxTables = 1 << 18
)

// MaxWhole is 2^53. A number in Lua represents all whole numbers up to this number exactly.
const MaxWhole = 1 << 53

// A jsonState has the values that one Lua state needs for JSON.
type jsonState struct {
	null  *lua.LUserData // the value of json.null
	array *lua.LTable    // the metatable that tags a table as an array
}

// null is the type of the Go value in json.null. It makes json.null of one Lua state recognisable
// in other states.
type null struct{}

// stateOf returns the jsonState of L. It makes one at the first call for a Lua state.
func stateOf(L *lua.LState) *jsonState {
	const key = "moonlark.json"
	if kept, ok := L.G.Registry.RawGetString(key).(*lua.LUserData); ok {
		return kept.Value.(*jsonState)
	}
	s := &jsonState{array: L.CreateTable(0, 1)}
	s.array.RawSetString("__jsontype", lua.LString("array"))

	meta := L.CreateTable(0, 1)
	meta.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString("null"))
		return 1
	}))
	s.null = &lua.LUserData{Value: null{}, Env: L.Env, Metatable: meta}

	L.G.Registry.RawSetString(key, &lua.LUserData{Value: s, Env: L.Env, Metatable: lua.LNil})
	return s
}

// Null returns the value of json.null in the Lua state L.
func Null(L *lua.LState) lua.LValue { return stateOf(L).null }

// IsNull reports whether v is json.null, of any Lua state.
func IsNull(v lua.LValue) bool {
	ud, ok := v.(*lua.LUserData)
	return ok && ud.Value == null{}
}

// IsNone reports whether v is nil or json.null. As an argument or a field, both mean that
// it was left out.
func IsNone(v lua.LValue) bool { return v == lua.LNil || IsNull(v) }

// IsArray reports whether t is tagged as an array: whether its metatable has __jsontype = "array".
func IsArray(t *lua.LTable) bool {
	meta, ok := t.Metatable.(*lua.LTable)
	return ok && meta.RawGetString("__jsontype") == lua.LString("array")
}

// ArrayMetatable returns the metatable that tags a table of L as an array.
func ArrayMetatable(L *lua.LState) *lua.LTable { return stateOf(L).array }

// Substring returns text[from:to] as a Lua string. It copies a small part of a long text, because
// the part would otherwise keep the whole text in memory.
func Substring(text string, from, to int) lua.LString {
	if len(text) >= 1<<16 && to-from < len(text)/16 {
		return lua.LString(strings.Clone(text[from:to]))
	}
	return lua.LString(text[from:to])
}
