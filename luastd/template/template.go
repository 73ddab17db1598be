// Package template is the Lua module "template". It fills values into a text, by a part of the
// rules of Mustache.
//
//	template.render(text, data [, options])  -> text with the values of the table data
//	template.compile(text [, options])       -> t, a template
//	t:render(data)                           -> the text with the values of the table data
//	    escape = "none"                      how values are written: "none", "html", "json" or "url"
//	    missing = ""                         "error": a value that is missing raises an error
//
//	{{name}} {{a.b}} {{.}}               a value, a field of a value, the current item
//	{{{name}}} {{&name}}                 a value that is not escaped
//	{{#name}}...{{/name}}                once for each item of a list; or once, if the value is
//	                                     neither nil nor false nor an empty list
//	{{^name}}...{{/name}}                once, if the value is nil, false or an empty list
//	{{! a comment }}                     nothing
//
// Within {{#name}}, names are first looked up in the item or value, and then outside of it. A line
// that has only one such tag, and no value, is left out. Metamethods are called.
//
// Wrong arguments and templates, and values that cannot be text, raise an error. A text and a
// result have at most 1 MiB, and sections are nested at most 100 deep.
package template

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "template".
var Module = luastd.Module{Name: "template", Open: open, Doc: doc, Manual: manual}

const (
	maxText   = 1 << 20 // maximal length of a text, in bytes
	maxResult = 1 << 20 // maximal length of a result, in bytes
	maxDepth  = 100     // maximal depth of nested sections

	// tagsPerCheckpoint is how many tags are read or filled in between two calls of Checkpoint.
	tagsPerCheckpoint = 1000
)

type module struct {
	luastd.Checkpointer
	metatable *lua.LTable // of the userdata that template.compile returns
}

// A template is a text that has been read, and its options.
type template struct {
	text    string
	nodes   []node
	escape  func(string) string // nil if values are not escaped
	missing bool                // whether a value that is missing raises an error
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt, L.CreateTable(0, 3)}
	methods := L.CreateTable(0, 1)
	value.SetFunctions(L, methods, map[string]lua.LGFunction{"render": m.renderCompiled})
	value.SetFunctions(L, m.metatable, map[string]lua.LGFunction{"__tostring": toString})
	m.metatable.RawSetString("__index", methods)
	m.metatable.RawSetString("__metatable", lua.LString("template"))
	t := L.CreateTable(0, 2)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"compile": m.compile, "render": m.render})
	return t
}

func (m *module) render(L *lua.LState) int {
	data := L.CheckTable(2)
	return m.push(L, m.checkTemplate(L, 3), data)
}

func (m *module) compile(L *lua.LState) int {
	L.Push(&lua.LUserData{Value: m.checkTemplate(L, 2), Env: L.Env, Metatable: m.metatable})
	return 1
}

func (m *module) renderCompiled(L *lua.LState) int {
	t := checkCompiled(L)
	return m.push(L, t, L.CheckTable(2))
}

// push pushes the text of t with the values of data, and returns 1, the number of results.
func (m *module) push(L *lua.LState, t *template, data *lua.LTable) int {
	r := &renderer{L: L, m: m, template: t, contexts: []lua.LValue{data}}
	r.nodes(t.nodes)
	L.Push(lua.LString(r.out))
	return 1
}

// checkTemplate returns the template of the text in argument 1. Argument optionsArg has the
// options.
func (m *module) checkTemplate(L *lua.LState, optionsArg int) *template {
	text := L.CheckString(1)
	options := value.CheckOptions(L, optionsArg, "escape", "missing")
	t := &template{text: text}
	t.escape = escapes[checkChoice(options, optionsArg, "escape", "none", "html", "json", "url")]
	t.missing = checkChoice(options, optionsArg, "missing", "", "error") == "error"
	if len(text) > maxText {
		L.ArgError(1, fmt.Sprintf("the text has %d bytes; the maximum is %d", len(text), maxText))
	}
	var err error
	if t.nodes, err = parse(text, func() { m.Checkpoint(L) }); err != nil {
		L.ArgError(1, err.Error())
	}
	return t
}

// checkChoice returns the value of an option that must be one of choices. The first is the default.
// arg is the number of the argument with the options.
func checkChoice(options value.Options, arg int, name string, choices ...string) string {
	s := options.String(name, choices[0])
	if !slices.Contains(choices, s) {
		options.L.ArgError(arg, name+` must be "`+strings.Join(choices, `" or "`)+`", not `+value.Quote(s))
	}
	return s
}

// checkCompiled returns argument 1 of a method.
func checkCompiled(L *lua.LState) *template {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if t, ok := ud.Value.(*template); ok {
			return t
		}
	}
	L.ArgError(1, "a compiled template expected: call its method with a colon, as in t:render(data)")
	return nil
}

func toString(L *lua.LState) int {
	L.Push(lua.LString("template.compile(" + value.Quote(checkCompiled(L).text) + ")"))
	return 1
}
