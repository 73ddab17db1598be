package std

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

var baseGlobals = []string{
	"_G", "_VERSION", "assert", "collectgarbage", "error", "gcinfo", "getfenv", "getmetatable", "ipairs", "load",
	"loadstring", "next", "pairs", "print", "rawequal", "rawget", "rawset", "select", "setfenv", "setmetatable",
	"tonumber", "tostring", "type", "unpack",
}

// A baseLib is the base library of one Lua state.
type baseLib struct {
	rt       luastd.Runtime
	tostring *lua.LFunction
	output   *lineOutput // where print writes
}

// openBase returns a table with the functions of the base library.
//
//	assert(v, ...)               -> its arguments; raises the second one if v is false or nil
//	collectgarbage("count")      -> the memory that the program uses, in KB; other options do nothing
//	error(v [, level])              raises v
//	getfenv([f]), setfenv(f, t)  -> the environment of a function, or of the caller at a level
//	getmetatable(v), setmetatable(t, meta or nil)
//	ipairs(t), pairs(t), next(t [, key])
//	load(fn [, name]), loadstring(s [, name]) -> the compiled function, or nil and the error
//	print(...)                      shows the values, separated by tabs, with the script's name
//	rawequal(a, b), rawget(t, k), rawset(t, k, v)
//	select(n, ...), select("#", ...), unpack(t [, i [, j]])
//	tonumber(v [, base]), tostring(v), type(v)
func openBase(L *lua.LState, rt luastd.Runtime) lua.LValue {
	boundArrays()
	lib := &baseLib{rt: rt, tostring: L.NewFunction(baseToString), output: outputOf(L, rt)}
	base := newTable(L, map[string]lua.LGFunction{
		"assert":         baseAssert,
		"collectgarbage": baseCollectGarbage,
		"error":          baseError,
		"gcinfo":         baseGCInfo,
		"getfenv":        baseGetFEnv,
		"getmetatable":   baseGetMetatable,
		"load":           lib.load,
		"loadstring":     lib.loadString,
		"next":           baseNext,
		"print":          lib.print,
		"rawequal":       baseRawEqual,
		"rawget":         baseRawGet,
		"rawset":         baseRawSet,
		"select":         baseSelect,
		"setfenv":        baseSetFEnv,
		"setmetatable":   baseSetMetatable,
		"tonumber":       baseToNumber,
		"type":           baseType,
		"unpack":         baseUnpack,
	})
	base.RawSetString("_G", L.G.Global)
	base.RawSetString("_VERSION", lua.LString("Lua 5.1"))
	base.RawSetString("tostring", lib.tostring)
	base.RawSetString("pairs", newPairs(L, baseNext))
	base.RawSetString("ipairs", newIpairs(L))
	return base
}

func baseAssert(L *lua.LState) int {
	if lua.LVAsBool(checkAny(L, 1)) {
		return L.GetTop()
	}
	message := "assertion failed!"
	if L.Get(2) != lua.LNil {
		message = checkString(L, 2)
	}
	L.RaiseError("%s", message)
	return 0
}

func baseError(L *lua.LState) int {
	level := optInt(L, 2, 1)
	v := L.Get(1)
	if text, ok := asString(v); ok && level > 0 {
		v = lua.LString(where(L, level) + text)
	}
	L.Error(v, 0)
	return 0
}

func baseGetMetatable(L *lua.LState) int {
	L.Push(L.GetMetatable(checkAny(L, 1)))
	return 1
}

func baseSetMetatable(L *lua.LState) int {
	t := checkTable(L, 1)
	meta := L.Get(2)
	if L.GetTop() < 2 || meta != lua.LNil && meta.Type() != lua.LTTable {
		argError(L, 2, "nil or table expected")
	}
	if L.GetMetaField(t, "__metatable") != lua.LNil {
		L.RaiseError("cannot change a protected metatable")
	}
	t.Metatable = meta
	L.Push(t)
	return 1
}

func baseRawEqual(L *lua.LState) int {
	L.Push(lua.LBool(checkAny(L, 1) == checkAny(L, 2)))
	return 1
}

func baseRawGet(L *lua.LState) int {
	L.Push(checkTable(L, 1).RawGet(checkAny(L, 2)))
	return 1
}

func baseRawSet(L *lua.LState) int {
	t := checkTable(L, 1)
	L.RawSet(t, checkAny(L, 2), checkAny(L, 3))
	L.Push(t)
	return 1
}

func baseType(L *lua.LState) int {
	L.Push(lua.LString(checkAny(L, 1).Type().String()))
	return 1
}

// print is the Lua function print. It calls the global function tostring, which the script may have
// replaced, as Lua 5.1 does.
func (lib *baseLib) print(L *lua.LState) int {
	words := make([]string, 0, L.GetTop())
	tostring := L.GetGlobal("tostring")
	for n := 1; n <= L.GetTop(); n++ {
		v := L.Get(n)
		var shown lua.LValue
		if tostring == lib.tostring {
			shown = toString(L, v)
		} else {
			L.Push(tostring)
			L.Push(v)
			L.Call(1, 1)
			shown = L.Get(-1)
			L.Pop(1)
		}
		text, ok := asString(shown)
		if !ok {
			L.RaiseError("'tostring' must return a string to 'print'")
		}
		words = append(words, text)
	}
	lib.output.printLine(strings.Join(words, "\t"))
	return 0
}

// errorValue returns the Lua value that was raised as the error err.
func errorValue(err error) lua.LValue {
	if raised, ok := err.(*lua.ApiError); ok && raised.Object != nil {
		return raised.Object
	}
	return lua.LString(err.Error())
}
