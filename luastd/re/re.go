// Package re is the Lua module "re". It finds and replaces text with regular expressions, in the
// syntax RE2 of Go. Patterns are the second argument, as in the functions of string.
//
//	re.match(s, pattern [, flags])   -> m, or nil; m[0] is the match, m[1], m[2], ... are its groups,
//	                                    and m.name is the group (?P<name>...)
//	re.find(s, pattern [, flags])    -> from, to and the groups, or nil
//	re.test(s, pattern [, flags])    -> whether s contains a match
//	re.gmatch(s, pattern [, flags])  -> an iterator of the matches m
//	re.gsub(s, pattern, repl [, n [, flags]])
//	                                 -> s with at most n matches replaced, and their number; repl is a
//	                                    string with $1, $name, ${name} and $$, a table, or a function
//	                                    that gets the groups, as in string.gsub
//	re.split(s, pattern [, flags])   -> a list of the parts of s between the matches
//	re.escape(s)                     -> a pattern that matches s only
//	re.compile(pattern [, flags])    -> r, with the methods r:match(s), r:find(s), r:test(s),
//	                                    r:gmatch(s), r:gsub(s, repl [, n]) and r:split(s)
//
// flags is a text of these letters: i ignores case; m makes ^ and $ match also at the beginning and
// end of each line; s makes . match also the end of a line; U swaps the meanings of x* and x*?.
// Positions count bytes from 1, and to is the position of the last byte, as in string.find. The value
// of a group that took no part in the match is nil. A wrong pattern raises an error.
//
// The time of one match is linear in the length of the text. Therefore RE2 has no look-around and
// no back references. If a text has more than 64 KiB, the search runs on another goroutine, and the
// task waits for it as in sleep. A search in a shorter text does not wait, and calls Checkpoint. In
// both cases the search ends soon after its task has been killed. Patterns that take long to
// compile are compiled on another goroutine too, which cannot be interrupted, but takes a few
// seconds at most.
//
// A text has at most 16 MiB, and a pattern 64 KiB, 100 groups, repetitions of at most 1,000, and at
// most 250,000 states, counted once for each group and once for the pattern. A replacement string
// has at most 1 MiB, the result of gsub 64 MiB, and that of split 200,000 parts. The last 256
// patterns are kept compiled, unless they are large.
package re

import (
	_ "embed"
	"fmt"
	"regexp"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "re".
var Module = luastd.Module{Name: "re", Open: open, Doc: doc, Manual: manual}

// A module has the functions of the Lua module for one Lua state.
type module struct {
	luastd.Checkpointer
	luastd.Waiter
	cache     cache
	metatable *lua.LTable // of the userdata that re.compile returns
}

// An operation is what a function of the module and the method of the same name have in common. p
// is the pattern, and s is the text. If there are more arguments, they begin with argument 3.
type operation func(L *lua.LState, p *program, s string) int

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{Checkpointer: rt, Waiter: rt, metatable: L.CreateTable(0, 3)}
	functions := L.CreateTable(0, 8)
	methods := L.CreateTable(0, 6)
	for name, do := range map[string]operation{
		"match": m.match, "find": m.find, "test": m.test, "gmatch": m.gmatch, "gsub": m.gsub, "split": m.split,
	} {
		flagsArg := 3
		if name == "gsub" {
			flagsArg = 5
		}
		functions.RawSetString(name, L.NewFunction(func(L *lua.LState) int {
			return do(L, m.checkPattern(L, 2, flagsArg), checkText(L, 1))
		}))
		methods.RawSetString(name, L.NewFunction(func(L *lua.LState) int {
			return do(L, checkCompiled(L), checkText(L, 2))
		}))
	}
	value.SetFunctions(L, functions, map[string]lua.LGFunction{"compile": m.compile, "escape": escape})
	value.SetFunctions(L, m.metatable, map[string]lua.LGFunction{"__tostring": toString})
	m.metatable.RawSetString("__index", methods)
	m.metatable.RawSetString("__metatable", lua.LString("compiled pattern"))
	return functions
}

func (m *module) compile(L *lua.LState) int {
	p := m.checkPattern(L, 1, 2)
	L.Push(&lua.LUserData{Value: p, Env: L.Env, Metatable: m.metatable})
	return 1
}

// checkCompiled returns argument 1 of a method.
func checkCompiled(L *lua.LState) *program {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if p, ok := ud.Value.(*program); ok {
			return p
		}
	}
	L.ArgError(1, "a compiled pattern expected: call its methods with a colon, as in r:match(s)")
	return nil
}

// toString returns the call of re.compile that makes the pattern.
func toString(L *lua.LState) int {
	p := checkCompiled(L)
	text := "re.compile(" + value.Quote(p.pattern)
	if p.flags != "" {
		text += ", " + value.Quote(p.flags)
	}
	L.Push(lua.LString(text + ")"))
	return 1
}

func escape(L *lua.LState) int {
	s := L.CheckString(1)
	if len(s) > maxPattern {
		L.ArgError(1, fmt.Sprintf("the text has %d bytes; the maximum is %d, as of a pattern", len(s), maxPattern))
	}
	L.Push(lua.LString(regexp.QuoteMeta(s)))
	return 1
}
