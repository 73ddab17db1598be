// Package toml is the Lua module "toml". It reads and writes configuration files in TOML.
//
//	toml.decode(s)  -> the table that the text s describes; or nil, reason, "invalid" or "too_large"
//	toml.encode(t)  -> the table t as text; raises an error, with the path of the wrong part, if t
//	                   cannot be TOML
//
// decode reads TOML 1.1. Arrays are tagged, as json.decode does it, and tables have their keys in
// the order of the text. Integers beyond 2^53 are strings of digits. A date with a time and an
// offset from UTC is a moment, so it becomes a number: Unix seconds. A date or time without an
// offset does not say when it is, so it becomes a string: "2026-05-27T07:30:00", "2026-05-27" or
// "07:30:00".
//
// encode divides tables into arrays and tables by the rules of json.encode: see package json. Whole
// numbers up to 2^53 are written as integers. TOML has no null: members that are json.null are left
// out, and in an array they are an error. Bytes that are not UTF-8 are replaced by U+FFFD.
//
// A text has at most 1 MiB and 50,000 values, which are nested at most 100 deep. A text for decode
// may have about 50,000 keys with two tables around each of them, but only 2,000 with 100 tables
// around.
package toml

import (
	_ "embed"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "toml".
var Module = luastd.Module{Name: "toml", Open: open, Doc: doc, Manual: manual}

const (
	maxText   = 1 << 20 // maximal length of a text, in bytes
	maxValues = 50_000  // maximal number of values in a text
	maxDepth  = 100     // maximal depth of nested tables and arrays

	// valuesPerCheckpoint is how many values are converted between two calls of Checkpoint.
	valuesPerCheckpoint = 1000
)

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := module{rt}
	t := L.CreateTable(0, 2)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"decode": m.decode, "encode": m.encode})
	return t
}

type module struct{ luastd.Checkpointer }
