package luastd

import (
	lua "github.com/yuin/gopher-lua"
)

const (
	// MaxJSON is the longest JSON text, in bytes: what json.decode and
	// ParseJSON take, and what json.encode writes.
	MaxJSON = 8 << 20

	// maxJSONDepth is how many tables may be in each other.
	maxJSONDepth = 100

	// maxJSONTables is how many tables a text may decode to. A table takes up
	// to 750 bytes and its text as few as three, so a text of a few megabytes
	// could fill the memory of a small machine.
	maxJSONTables = 1 << 18
)

// OpenJSON opens the "json" module.
//
//	json.encode(v)                   -> the JSON text of v; raises, with the path to it, what cannot be JSON
//	json.encode(v, {pretty = true})  -> the same for people: a line for each member, indented
//	json.decode(s)                   -> the value of the JSON text s, or nil and where s is wrong
//	json.array(t)                    -> t, tagged: it is an array even when it is empty or has holes
//	json.array()                     -> a new table, tagged
//	json.null                        the null of JSON, which nil cannot be: a table does not keep a nil
//
// A table is an array when it is tagged, or when its keys are exactly 1 to n.
// Any other table is an object, {} too. The keys of an object are all strings
// or all whole numbers, which are then written as strings. They are written in
// the order in which pairs visits them: that in which they were first set. An
// object or array has its members as they are: no metamethod is asked.
//
// A tagged array is as long as its highest key, and its holes are written as
// null. What json.decode makes of an array is tagged and has no holes: its
// nulls are json.null. json.null is true in a condition, and equal to itself
// only.
//
// The tag is a metatable with __jsontype = "array". A table that has a
// metatable of its own keeps it, and is tagged by having that field in there.
//
// Whole numbers are exact up to 2^53, and no number changes when it is written
// and read back. Text that is not UTF-8, and half a surrogate pair, becomes
// U+FFFD in both directions. Tables may be 100 deep, texts 8 MB long.
func OpenJSON(L *lua.LState) {
	state := jsonStateOf(L)
	module := L.CreateTable(0, 4)
	set(L, module, map[string]lua.LGFunction{
		"encode": state.encode,
		"decode": state.decode,
		"array":  state.tag,
	})
	module.RawSetString("null", state.null)
	L.SetGlobal("json", module)
}

// A jsonState is what one Lua state keeps for JSON. It belongs to that state's
// goroutine.
type jsonState struct {
	null  *lua.LUserData // json.null; its Value is a jsonNull
	array *lua.LTable    // the metatable that tags arrays

	// Room that is kept from one call to the next, unless it has grown large.
	buf    []byte       // for what encode writes, and for strings with escapes
	values []lua.LValue // see jsonParser; empty between calls, like names
	names  []string

	known jsonNames
}

// jsonNull is the Value of json.null, by which the null of any state is known.
type jsonNull struct{}

// jsonStateOf is the jsonState of L, made when it is first asked for.
func jsonStateOf(L *lua.LState) *jsonState {
	const key = "moonlark.json"
	if kept, ok := L.G.Registry.RawGetString(key).(*lua.LUserData); ok {
		return kept.Value.(*jsonState)
	}
	state := &jsonState{array: L.CreateTable(0, 1)}
	state.array.RawSetString("__jsontype", lua.LString("array"))

	meta := L.CreateTable(0, 1)
	set(L, meta, map[string]lua.LGFunction{"__tostring": func(L *lua.LState) int {
		L.Push(lua.LString("null"))
		return 1
	}})
	state.null = &lua.LUserData{Value: jsonNull{}, Env: L.Env, Metatable: meta}

	L.G.Registry.RawSetString(key, &lua.LUserData{Value: state, Env: L.Env, Metatable: lua.LNil})
	return state
}

func isJSONNull(v lua.LValue) bool {
	ud, ok := v.(*lua.LUserData)
	return ok && ud.Value == jsonNull{}
}

// isJSONArray reports whether t is tagged as an array.
func isJSONArray(t *lua.LTable) bool {
	meta, ok := t.Metatable.(*lua.LTable)
	return ok && meta.RawGetString("__jsontype") == lua.LString("array")
}

func (j *jsonState) encode(L *lua.LState) int {
	v := L.CheckAny(1)
	pretty := false
	if options := L.OptTable(2, nil); options != nil {
		if err := checkFields(options, []string{"pretty"}); err != nil {
			L.ArgError(2, err.Error())
		}
		pretty = lua.LVAsBool(options.RawGetString("pretty"))
	}
	text, err := appendJSON(j.buf[:0], v, MaxJSON, pretty)
	if err != nil {
		L.RaiseError("json.encode: %s", err.Error())
	}
	L.Push(lua.LString(text))
	j.buf = text
	j.trim()
	return 1
}

func (j *jsonState) decode(L *lua.LState) int {
	v, err := j.parse(L, L.CheckString(1))
	if err != nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	L.Push(v)
	return 1
}

func (j *jsonState) tag(L *lua.LState) int {
	t := L.OptTable(1, nil)
	if t == nil {
		t = L.CreateTable(0, 0)
	}
	if !isJSONArray(t) {
		if t.Metatable != lua.LNil {
			L.ArgError(1, `it has a metatable: put __jsontype = "array" in there`)
		}
		t.Metatable = j.array
	}
	L.Push(t)
	return 1
}

// trim gives up room that has grown large: 64 KB of each kind is kept.
func (j *jsonState) trim() {
	if cap(j.buf) > 64<<10 {
		j.buf = nil
	}
	if cap(j.values) > 4<<10 {
		j.values = nil
	}
	if cap(j.names) > 4<<10 {
		j.names = nil
	}
}
