// Package url is the Lua module "url". It takes URLs apart and puts them together.
//
//	url.parse(s)         -> the parts of the URL s; or nil, reason, "invalid" or "too_large"
//	url.build(parts)     -> the URL with these parts
//	url.join(base, ref)  -> the URL that the link ref means on the page base; or nil, reason, code
//	url.encode(s)        -> s with escapes such as %20 for all but letters, digits and - . _ ~
//	url.decode(s)        -> s without escapes; or nil, reason, "invalid" or "too_large"
//	url.query(t)         -> the query with these names and values, such as "a=1&b=2"
//
// The parts are the fields of a table: scheme, user, password, host, port (a number), path, query
// (a table) and fragment. A part that the URL does not have is nil, except query and path, which
// are empty. parse returns scheme and host in lower case, and a host with letters outside of ASCII
// in its ASCII form. The path keeps its escapes, since it would otherwise not be clear which
// slashes separate its parts. parse removes the escapes of all other parts, and build writes them.
//
// In the table query, the value of a name that occurs once is a string. The value of a name that
// occurs several times is a list of strings. For build and query, values may also be numbers and
// booleans. Names are written in the order in which pairs returns them.
//
// A URL has at most 64 KiB and 1,000 values in its query. A text for encode or decode has at most 8
// MiB. encode, build and query raise an error when that is exceeded.
package url

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

// Module is the Lua module "url".
var Module = luastd.Module{Name: "url", Open: open, Doc: doc, Manual: manual}

const (
	maxURL    = 64 << 10 // maximal length of a URL, in bytes
	maxValues = 1000     // maximal number of values in a query
	maxText   = 8 << 20  // maximal length of a text for encode or decode, in bytes
)

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := module{rt}
	t := L.CreateTable(0, 6)
	value.SetFunctions(L, t, map[string]lua.LGFunction{
		"parse":  parse,
		"build":  build,
		"join":   join,
		"encode": m.encode,
		"decode": m.decode,
		"query":  query,
	})
	return t
}

type module struct{ luastd.Checkpointer }
