// Package yaml is the Lua module "yaml". It reads and writes YAML.
//
//	yaml.decode(s)      -> the value of the only document in the text s; or nil, reason, "invalid" or
//	                       "too_large"
//	yaml.decode_all(s)  -> a list of the values of all documents in s; or nil, reason, code
//	yaml.encode(v)      -> v as text; raises an error, with the path of the wrong part, if v cannot be
//	                       YAML
//
// Lists are tagged as arrays, and null becomes json.null, as json.decode does it. Keys are always
// strings, also if they look like numbers. An alias becomes a copy of what its anchor names. The
// key << adds the members of other mappings.
//
// A value without quotes is null, a boolean or a number only if it has one of these forms: null, ~
// or nothing; true, false; 12, 0x1f, 0o17, 010 (octal, 8), 0b11; 1.5, .5, 1.5e3, .inf, .nan.
// Everything else is a string: yes, no, on, off, dates, times, 1e3, 1_000. Integers beyond 2^53 are
// strings of digits. The tags !!str, !!int, !!float, !!bool and !!null count. Other tags are
// ignored.
//
// encode divides tables into lists and mappings by the rules of json.encode: see package json. It
// writes strings in quotes if a reader of YAML 1.1 or 1.2 could take them for something else. Bytes
// that are not UTF-8 are replaced by U+FFFD.
//
// A text has at most 1 MiB. A text for decode has at most 100,000 lines, commas, colons and
// brackets together, and at most 100,000 values with those that aliases repeat. A value for encode
// has at most 100,000 values in its tables. Lists and mappings are nested at most 100 deep.
package yaml

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

// Module is the Lua module "yaml".
var Module = luastd.Module{Name: "yaml", Open: open, Doc: doc, Manual: manual}

const (
	maxText   = 1 << 20 // maximal length of a text, in bytes
	maxParts  = 100_000 // maximal number of lines, commas, colons and brackets in a text
	maxValues = 100_000 // maximal number of values
	maxDepth  = 100     // maximal depth of nested lists and mappings

	// valuesPerCheckpoint is how many values are converted between two calls of Checkpoint.
	valuesPerCheckpoint = 1000
)

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := module{rt}
	t := L.CreateTable(0, 3)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"decode": m.decode, "decode_all": m.decodeAll, "encode": m.encode})
	return t
}

type module struct{ luastd.Checkpointer }
