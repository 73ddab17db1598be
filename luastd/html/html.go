// Package html is the Lua module "html". It reads web pages.
//
//	html.parse(s)                    -> the document; or nil, reason, "too_large"
//	html.text(page)                  -> the text that people read; or nil, reason, "too_large"
//	html.markdown(page [, options])  -> the page as Markdown; or nil, reason, "too_large"
//	    base                            the URL of the page, to make links absolute
//	html.links(page [, base])        -> a list of the links, as tables with url and text; or nil, reason, "too_large"
//	html.escape(s)                   -> s with &amp; &lt; &gt; &#34; and &#39; in place of & < > " and '
//	html.unescape(s)                 -> s with characters in place of references such as &amp;
//
// page is a string, or a node. parse returns a node, and a node has these methods:
//
//	node:select(css)                 -> a list of the elements in the node that a CSS selector matches
//	node:first(css)                  -> the first of them, or nil
//	node:name()                      -> the name of the element, such as "a"
//	node:attr(name)                  -> the value of an attribute, or nil
//	node:text()                      -> the text that people read
//	node:html([options])             -> the element as HTML
//	    inner = false                   only the content of the element
//	node:parent()                    -> the element that contains the element, or nil
//	node:children()                  -> a list of the elements in the element
//
// Nodes cannot be changed. Two nodes are equal if they are the same element of a document.
//
// The parser is not that of a browser. It takes the tokens of golang.org/x/net/html, supplies the
// tags that HTML lets authors leave out, and ignores end tags that match nothing. It does not copy
// or move elements as browsers do: html.Parse copies up to 512 elements for each 8 bytes of a
// hostile page, and cannot be stopped.
//
// A page has at most 8 MiB, 200,000 elements and texts, and 512 elements in each other. A tag or a
// text between tags has at most 4 MiB. An element keeps its first 128 attributes. A selector has at
// most 1,000 bytes. Markdown, and the URLs that links returns, have at most 32 MiB; the text of a
// link is cut at 4 KiB. Bytes that are not UTF-8 become U+FFFD.
package html

import (
	_ "embed"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/net/html"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "html".
var Module = luastd.Module{Name: "html", Open: open, Doc: doc, Manual: manual}

const (
	maxPage       = 8 << 20  // maximal length of a page, in bytes
	maxToken      = 4 << 20  // maximal length of a tag, or of a text between tags, in bytes
	maxNodes      = 200_000  // maximal number of elements and texts in a page
	maxDepth      = 512      // maximal number of elements in each other
	maxAttributes = 128      // maximal number of attributes of an element that are kept
	maxSelector   = 1000     // maximal length of a selector, in bytes
	maxLinkText   = 4 << 10  // maximal length of the text of a link, in bytes
	maxBase       = 2000     // maximal length of the base URL that a page names, in bytes
	maxResult     = 32 << 20 // maximal length of Markdown, and of the URLs that links returns
)

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{Checkpointer: rt, metatable: L.CreateTable(0, 4)}
	t := L.CreateTable(0, 6)
	value.SetFunctions(L, t, map[string]lua.LGFunction{
		"parse": m.parse, "text": m.pageText, "markdown": m.markdown, "links": m.links,
		"escape": m.escape, "unescape": m.unescape,
	})
	methods := L.CreateTable(0, 8)
	value.SetFunctions(L, methods, map[string]lua.LGFunction{
		"select": m.selectAll, "first": m.selectFirst, "name": name, "attr": attribute,
		"text": m.nodeText, "html": m.nodeHTML, "parent": m.parent, "children": m.children,
	})
	value.SetFunctions(L, m.metatable, map[string]lua.LGFunction{"__eq": equal, "__tostring": describe})
	m.metatable.RawSetString("__index", methods)
	m.metatable.RawSetString("__metatable", lua.LString("html node"))
	return t
}

type module struct {
	luastd.Checkpointer
	metatable *lua.LTable // of the nodes
}

// A node is the Go value of a node in Lua.
type node struct {
	*html.Node
	doc *document
}

// A document is a page that was parsed. It does not change.
type document struct {
	root     *html.Node
	nodes    int // number of elements and texts
	depth    int // the greatest number of elements in each other
	siblings int // the greatest number of elements and texts in one element
}

// push pushes a node for Lua.
func (m *module) push(L *lua.LState, n node) {
	L.Push(m.userdata(L, n))
}

func (m *module) userdata(L *lua.LState, n node) *lua.LUserData {
	return &lua.LUserData{Value: n, Env: L.Env, Metatable: m.metatable}
}

// checkNode returns argument 1 of a method, which must be a node.
func checkNode(L *lua.LState) node {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if n, ok := ud.Value.(node); ok {
			return n
		}
	}
	L.ArgError(1, "a node of html expected, got "+value.TypeName(L.Get(1))+": use a colon, as in node:text()")
	return node{}
}

// page returns the page in argument 1: a node, or a string that page parses. If the string cannot
// be parsed, page returns the number of results that it has pushed.
func (m *module) page(L *lua.LState) (n node, failed int) {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if n, ok := ud.Value.(node); ok {
			return n, 0
		}
	}
	s := L.CheckString(1)
	d, err := parse(s, luastd.NewProgress(m, L))
	if err != nil {
		return node{}, value.PushFailure(L, "too_large", "%s", err.Error())
	}
	return node{d.root, d}, 0
}

func (m *module) parse(L *lua.LState) int {
	L.CheckString(1)
	n, failed := m.page(L)
	if failed > 0 {
		return failed
	}
	m.push(L, n)
	return 1
}
