// Package xml is the Lua module "xml". It reads and writes XML.
//
//	xml.decode(s)                -> the root node; or nil, reason, "invalid", "too_large" or
//	                                "unsupported"
//	node.tag                        the name of the element, with its prefix: "media:title"
//	node.attrs                      a table of the attributes by name
//	node.text                       the text of the element without that of its children, and without
//	                                white space at both ends
//	node.children                   a list of the child nodes
//	node:find(path)              -> the first node at this path, or nil
//	node:all(path)               -> a list of all nodes at this path
//	xml.encode(node [, options]) -> the node as text; raises an error, with the path of the wrong part,
//	                                if node is not a node
//	    pretty = false              writes each element on a line of its own, indented
//	    declaration = false         begins the text with <?xml version="1.0" encoding="UTF-8"?>
//
// A path consists of the tags from a child of the node downward, with / between them:
// "channel/item". A * stands for any tag.
//
// decode follows the encoding that the text declares. It skips comments, processing instructions
// and a document type. A document type with definitions is an error, so a text has no entities but
// those of XML. Text that stands between the children of a node becomes one string.
//
// A node for encode may be any table with these fields; only tag is necessary. Texts and attributes
// may be strings, numbers and booleans; nil and json.null are left out. Characters that XML does
// not permit, and bytes that are not UTF-8, are replaced by U+FFFD.
//
// A text has at most 8 MiB, 50,000 elements and attributes, and 100 nested elements. all returns at
// most 50,000 nodes.
package xml

import (
	_ "embed"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
	"moonlark/luastd/xmlreader"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "xml".
var Module = luastd.Module{Name: "xml", Open: open, Doc: doc, Manual: manual}

const (
	maxText  = xmlreader.MaxText
	maxDepth = xmlreader.MaxDepth
	maxNodes = 50_000 // maximal number of elements and attributes; a node needs up to 1,000 bytes

	// nodesPerCheckpoint is how many nodes are visited between two calls of Checkpoint.
	nodesPerCheckpoint = 1000
)

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{Checkpointer: rt}
	methods := L.CreateTable(0, 2)
	value.SetFunctions(L, methods, map[string]lua.LGFunction{"find": m.find, "all": m.all})
	m.meta = L.CreateTable(0, 1)
	m.meta.RawSetString("__index", methods)

	t := L.CreateTable(0, 2)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"decode": m.decode, "encode": m.encode})
	return t
}

type module struct {
	luastd.Checkpointer
	meta *lua.LTable // the metatable of nodes, which has their methods
}
