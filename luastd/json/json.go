// Package json is the Lua module "json". It converts between JSON texts and Lua values.
//
//	json.encode(v)                   -> the JSON text of v; raises an error, with the path of the wrong
//	                                    part, if v cannot be JSON
//	json.encode(v, {pretty = true})  -> the JSON text of v, indented, with a line for each member
//	json.decode(s [, options])       -> the value of the JSON text s; or nil, reason, "invalid" or
//	                                    "too_large"
//	    big = "string"                  makes strings of whole numbers beyond 2^53
//	json.lines(next [, options])     -> an iterator of the values in the lines that the iterator next
//	                                    returns; it raises an error where decode would return nil
//	json.get(v, path [, default])    -> the value at a path such as a.b[1]; default if there is none
//	json.array(t)                    -> t, tagged as an array, even if t is empty or has holes
//	json.array()                     -> a new table, tagged as an array
//	json.null                        stands for JSON's null, since a table cannot contain nil
//
// A table becomes a JSON array if it is tagged, or if its keys are exactly 1 to n. Any other table
// becomes an object; so does {}. The keys of an object must be all strings or all whole numbers.
// Whole numbers are written as strings. Keys are written in the order in which pairs returns them,
// which is the order in which they were first set. Metamethods are not called.
//
// The length of a tagged array is its highest key, and its holes are written as null. json.decode
// tags the arrays that it makes, and null becomes json.null in them. json.null counts as true in a
// condition, and is equal only to itself.
//
// The tag is a metatable with __jsontype = "array". json.array raises an error if the table has
// another metatable; set this field in that metatable instead.
//
// Whole numbers are exact up to 2^53. Each number is the same after it has been written and read
// again. Bytes that are not UTF-8, and halves of surrogate pairs, are replaced by U+FFFD. Tables
// may be nested 100 deep, and a text may have 8 MB.
package json

import (
	_ "embed"
	"errors"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "json".
var Module = luastd.Module{Name: "json", Open: open, Doc: doc, Manual: manual}

func open(L *lua.LState, _ luastd.Runtime) lua.LValue {
	module := L.CreateTable(0, 6)
	value.SetFunctions(L, module, map[string]lua.LGFunction{
		"encode": encode,
		"decode": decode,
		"array":  array,
		"lines":  lines,
		"get":    get,
	})
	module.RawSetString("null", value.Null(L))
	return module
}

func encode(L *lua.LState) int {
	v := L.CheckAny(1)
	var text []byte
	var err error
	if value.CheckOptions(L, 2, "pretty").Bool("pretty", false) {
		text, err = value.AppendPretty(nil, v)
	} else {
		text, err = value.Append(nil, v, 0)
	}
	if err != nil {
		L.RaiseError("json.encode: %s", err.Error())
	}
	L.Push(lua.LString(text))
	return 1
}

// parse is value.ParseString, or value.ParseBig if the options in argument n say so.
func parse(L *lua.LState, n int) func(*lua.LState, string) (lua.LValue, error) {
	options := value.CheckOptions(L, n, "big")
	switch v := options.Get("big"); v {
	case lua.LNil:
		return value.ParseString
	case lua.LString("string"):
		return value.ParseBig
	default:
		options.Raise("big", `"string"`, v)
		return nil
	}
}

func decode(L *lua.LState) int {
	text, parse := L.CheckString(1), parse(L, 2)
	v, err := parse(L, text)
	if err != nil {
		return value.PushFailure(L, codeOf(err), "%s", err.Error())
	}
	L.Push(v)
	return 1
}

// codeOf returns the code of an error of value.ParseString.
func codeOf(err error) string {
	var tooLong *value.TooLongError
	if errors.As(err, &tooLong) {
		return "too_large"
	}
	return "invalid"
}

func array(L *lua.LState) int {
	t := L.OptTable(1, nil)
	if t == nil {
		t = L.CreateTable(0, 0)
	}
	if !value.IsArray(t) {
		if t.Metatable != lua.LNil {
			L.ArgError(1, `the table has a metatable: set __jsontype = "array" in the metatable instead`)
		}
		t.Metatable = value.ArrayMetatable(L)
	}
	L.Push(t)
	return 1
}
