package luastd

import (
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"
)

// mostArray is the highest index that a table keeps in its array. gopher-lua
// fills the array up to any lower index that is set, so this is also what
// t[6e7] = 1 may cost: 16 MB. A table's length does not count past it.
const mostArray = 1<<20 - 1

// gopher-lua has that bound as a variable of the package, for all its states.
var boundArrays = sync.OnceFunc(func() { lua.MaxArrayIndex = mostArray + 1 })

// A baseLib is the base library of one Lua state.
type baseLib struct {
	host     baseHost
	tostring *lua.LFunction
}

type baseHost interface {
	Caller
	Logger
	Breather
	Environment
}

// openBase opens the base library, which is Lua 5.1's without what would let a
// script reach past its state: dofile, loadfile, module, newproxy, and setfenv
// at level 0. require, pcall and xpcall come with the executor.
//
//	assert(v, ...)               -> its arguments, unless v is false or nil: then it raises the second
//	collectgarbage("count")      -> the memory in use by the program, in KB; other options do nothing
//	error(v [, level])              raises v
//	getfenv([f]), setfenv(f, t)  -> the environment of a function, or of the caller at a level
//	getmetatable(v), setmetatable(t, meta or nil)
//	ipairs(t), pairs(t), next(t [, key])
//	load(fn [, name]), loadstring(s [, name]) -> the function that the text is, or nil and what is wrong with it
//	print(...)                      shows the values, separated by tabs, with the script's name
//	rawequal(a, b), rawget(t, k), rawset(t, k, v)
//	select(n, ...), select("#", ...), unpack(t [, i [, j]])
//	tonumber(v [, base]), tostring(v), type(v)
func openBase(L *lua.LState, host baseHost) {
	boundArrays()
	L.Push(L.NewFunction(lua.OpenBase))
	L.Call(0, 0)
	for _, name := range []string{"dofile", "loadfile", "module", "require", "newproxy", "_printregs", "_GOPHER_LUA_VERSION"} {
		L.SetGlobal(name, lua.LNil)
	}
	lib := &baseLib{host: host, tostring: L.NewFunction(baseToString)}
	set(L, L.G.Global, map[string]lua.LGFunction{
		"assert":         baseAssert,
		"collectgarbage": baseCollectGarbage,
		"error":          baseError,
		"gcinfo":         baseGCInfo,
		"getfenv":        baseGetFEnv,
		"getmetatable":   baseGetMetatable,
		"load":           lib.load,
		"loadstring":     baseLoadString,
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
	L.SetGlobal("tostring", lib.tostring)
	openIteration(L)
	openMath(L)
	openTable(L, host)
	openOS(L, host)
	openDebug(L)
}

// checkTable is argument n, which is a table.
func checkTable(L *lua.LState, n int) *lua.LTable {
	t, ok := L.Get(n).(*lua.LTable)
	if !ok {
		typeError(L, n, "table")
	}
	return t
}

// checkFunction is argument n, which is a function.
func checkFunction(L *lua.LState, n int) *lua.LFunction {
	fn, ok := L.Get(n).(*lua.LFunction)
	if !ok {
		typeError(L, n, "function")
	}
	return fn
}

// checkAny is argument n, which may be nil but must be there.
func checkAny(L *lua.LState, n int) lua.LValue {
	if L.GetTop() < n {
		argError(L, n, "value expected")
	}
	return L.Get(n)
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

// errorOf is the value that was raised.
func errorOf(err error) lua.LValue {
	if raised, ok := err.(*lua.ApiError); ok && raised.Object != nil {
		return raised.Object
	}
	return lua.LString(err.Error())
}

// print asks the script's own tostring, as Lua 5.1 does.
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
	lib.host.Print(strings.Join(words, "\t"))
	return 0
}
