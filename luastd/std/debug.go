package std

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// openDebug returns a table with the functions of the debug library.
//
//	debug.traceback([message [, level]]) -> message and the calls of the script's functions; in a handler of
//	                                        xpcall, the calls at the place of the error
//	debug.getinfo(fn or level [, what])  -> a table, or nil when there is no such level; what is any of
//	                                        S (source), l (current line), n (name), u (number of
//	                                        upvalues), f (the function)
func openDebug(L *lua.LState, rt luastd.Runtime) lua.LValue {
	return newTable(L, map[string]lua.LGFunction{
		"getinfo":   debugGetInfo,
		"traceback": func(L *lua.LState) int { return debugTraceback(L, rt) },
	})
}

func debugTraceback(L *lua.LState, rt luastd.Caller) int {
	first, start := 1, 1 // the number of the argument with the message, and the default level
	otherThread := L.Get(1).Type() == lua.LTThread
	if otherThread {
		first = 2
	}
	message := L.Get(first)
	text, ok := asString(message)
	if !ok && L.GetTop() >= first {
		L.Push(message)
		return 1
	}
	if ok {
		text += "\n"
	}
	if trace := rt.ErrorTrace(); trace != "" && !otherThread {
		L.Push(lua.LString(text + trace))
		return 1
	}
	start = optInt(L, first+1, start)
	var lines []string
	if !otherThread { // the stack of another coroutine cannot be read
		for n := max(0, start); ; n++ {
			l, ok := levelAt(L, n)
			if !ok {
				break
			}
			if line := tracebackLine(l); line != "" {
				lines = append(lines, line)
			}
		}
	}
	if len(lines) > 22 {
		lines = slices.Replace(lines, 12, len(lines)-10, "\n\t...")
	}
	L.Push(lua.LString(text + "stack traceback:" + strings.Join(lines, "")))
	return 1
}

// tracebackLine returns the line of a traceback that describes l. It returns "" if l is a call of a
// Go function.
func tracebackLine(l level) string {
	switch {
	case l.fn.IsG:
		return ""
	case l.LineDefined == 0:
		return fmt.Sprintf("\n\t%s:%d: in main chunk", l.Source, l.CurrentLine)
	case hasName(l):
		return fmt.Sprintf("\n\t%s:%d: in function '%s'", l.Source, l.CurrentLine, l.Name)
	}
	return fmt.Sprintf("\n\t%s:%d: in function <%s:%d>", l.Source, l.CurrentLine, l.Source, l.LineDefined)
}

// hasName reports whether the function of l has a name in the script. For other functions,
// gopher-lua gives names such as "?", "main chunk" and (misspelt) "corountine".
func hasName(l level) bool {
	return l.Name != "" && l.Name != "?" && !strings.ContainsAny(l.Name, "(<") && l.Name != "main chunk" && l.Name != "corountine"
}

func debugGetInfo(L *lua.LState) int {
	n := 1 // the number of the argument with the function or level
	if L.Get(1).Type() == lua.LTThread {
		n = 2
	}
	what := "flnSu"
	if L.Get(n+1) != lua.LNil {
		what = checkString(L, n+1)
	}
	if strings.Trim(what, "flnSuL") != "" {
		argError(L, n+1, "invalid option")
	}
	var l level
	if fn, ok := L.Get(n).(*lua.LFunction); ok {
		l = level{&lua.Debug{CurrentLine: -1}, fn}
		L.GetInfo(">Su", l.Debug, fn)
	} else {
		text, isString := L.Get(n).(lua.LString)
		if _, ok := parseNumber(string(text)); !ok && (isString || L.Get(n).Type() != lua.LTNumber) {
			argError(L, n, "function or level expected")
		}
		at, ok := levelAt(L, checkInt(L, n))
		if l = at; !ok || n == 2 {
			L.Push(lua.LNil)
			return 1
		}
	}
	L.Push(describeLevel(L, l, what))
	return 1
}

// describeLevel returns a table with facts about the level l. what has a letter for each fact: see
// openDebug.
func describeLevel(L *lua.LState, l level, what string) *lua.LTable {
	info := L.CreateTable(0, 10)
	text := func(field, value string) { info.RawSetString(field, lua.LString(value)) }
	number := func(field string, value int) { info.RawSetString(field, lua.LNumber(value)) }
	kind, source := "Lua", "@"
	if l.fn.IsG {
		l.Source, l.LineDefined, l.LastLineDefined, l.CurrentLine = "[C]", -1, -1, -1
		kind, source = "C", "="
	} else if l.LineDefined == 0 {
		kind = "main"
	}
	if strings.Contains(what, "S") {
		text("what", kind)
		text("source", source+l.Source)
		text("short_src", l.Source)
		number("linedefined", l.LineDefined)
		number("lastlinedefined", l.LastLineDefined)
	}
	if strings.Contains(what, "l") {
		number("currentline", l.CurrentLine)
	}
	if strings.Contains(what, "n") {
		text("namewhat", "")
		if hasName(l) {
			text("name", l.Name)
		}
	}
	if strings.Contains(what, "u") {
		number("nups", l.NUpvalues)
	}
	if strings.Contains(what, "f") {
		info.RawSetString("func", l.fn)
	}
	return info
}
