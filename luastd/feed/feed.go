// Package feed is the Lua module "feed". It reads feeds: RSS 2.0 and its older versions, RSS 1.0,
// and Atom.
//
//	feed.parse(text)  -> { title, link, items }; or nil, reason, "invalid", "too_large" or "unsupported"
//	items                a list of { title, link, summary, date }, in the order of the text
//	date                 Unix seconds, or nil
//
// title, link and summary are strings without tags and entities; what the text does not have is "".
// Links are as the text has them. date is when an item was published, otherwise when it was
// updated.
//
// A text may be almost XML, as many feeds are: it may have entities of HTML, single & characters,
// and characters that XML does not permit.
//
// A text has at most 8 MiB, 20,000 items, 200,000 elements and attributes, and 100 nested elements.
// Of each title, link and summary at most 64 KiB are read.
package feed

import (
	_ "embed"
	"errors"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
	"moonlark/luastd/xmlreader"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "feed".
var Module = luastd.Module{Name: "feed", Open: open, Doc: doc, Manual: manual}

const (
	maxItems  = 20_000   // maximal number of items; the table of an item needs up to 1,000 bytes
	maxNodes  = 200_000  // maximal number of elements and attributes
	maxString = 64 << 10 // maximal length of a title, a link or a summary, in bytes
)

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := module{rt}
	t := L.CreateTable(0, 1)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"parse": m.parse})
	return t
}

type module struct{ luastd.Checkpointer }

func (m module) parse(L *lua.LState) int {
	text := L.CheckString(1)
	f, err := parse(text, func() { m.Checkpoint(L) })
	if err != nil {
		var wrong *xmlreader.Error
		if !errors.As(err, &wrong) {
			wrong = &xmlreader.Error{Code: "invalid", Why: err.Error()}
		}
		return value.PushFailure(L, wrong.Code, "%s", wrong.Why)
	}
	items := L.CreateTable(len(f.items), 0)
	items.Metatable = value.ArrayMetatable(L)
	for i := range f.items {
		items.RawSetInt(i+1, itemTable(L, f.items[i]))
	}
	t := entryTable(L, f.entry)
	t.RawSetString("items", items)
	L.Push(t)
	return 1
}

func itemTable(L *lua.LState, item entry) *lua.LTable {
	t := entryTable(L, item)
	t.RawSetString("summary", lua.LString(item.summary()))
	if date, ok := item.date(); ok {
		t.RawSetString("date", lua.LNumber(date.Unix()))
	}
	return t
}

// entryTable returns a table with the fields that a feed and its items have.
func entryTable(L *lua.LState, e entry) *lua.LTable {
	t := L.CreateTable(0, 4)
	t.RawSetString("title", lua.LString(e.title()))
	t.RawSetString("link", lua.LString(e.link()))
	return t
}
