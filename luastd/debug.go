package luastd

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// openDebug opens what there is of the debug library.
//
//	debug.traceback([message [, level]]) -> message, and the script's functions that are under way
//	debug.getinfo(fn or level [, what])  -> a table about it, or nil when there is no such level;
//	                                        what is any of S (where it was written), l (the line it is
//	                                        at), n (its name), u (its upvalues), f (itself)
func openDebug(L *lua.LState) {
	all := L.CreateTable(0, 2)
	set(L, all, map[string]lua.LGFunction{
		"getinfo":   debugGetInfo,
		"traceback": debugTraceback,
	})
	L.SetGlobal("debug", all)
}

// A level is one function that is under way, or one that a tail call replaced.
type level struct {
	*lua.Debug
	fn *lua.LFunction // nil of one that is gone
}

// eachLevel visits the levels of the stack, from the running Go function on,
// until visit returns false.
func eachLevel(L *lua.LState, visit func(n int, l level) bool) {
	for n := 0; ; {
		frame, ok := L.GetStack(n)
		if !ok {
			return
		}
		v, err := L.GetInfo("Slnuf", frame, lua.LNil)
		fn, isFunction := v.(*lua.LFunction)
		if err != nil || !isFunction || !visit(n, level{frame, fn}) {
			return
		}
		n++
		if fn.IsG {
			continue
		}
		// How many tail calls led to a function can only be had by looking.
		gone := reflect.ValueOf(frame).Elem().FieldByName("frame").Elem().FieldByName("TailCall").Int()
		if gone > 0 && !visit(n, level{}) {
			return
		}
		n += int(gone)
	}
}

// levelAt is the level n; 0 is the running Go function, 1 its caller.
func levelAt(L *lua.LState, n int) (found level, ok bool) {
	if n < 0 {
		return found, false
	}
	eachLevel(L, func(at int, l level) bool {
		if at > n {
			return false // between: a tail call
		}
		found, ok = l, at == n || l.fn == nil
		return at < n
	})
	return found, ok
}

// where is the place at which level n is, to put before a message.
func where(L *lua.LState, n int) string {
	l, ok := levelAt(L, n)
	if !ok || l.fn == nil || l.fn.IsG {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", l.Source, l.CurrentLine)
}

func debugTraceback(L *lua.LState) int {
	first, start := 1, 1
	if L.Get(1).Type() == lua.LTThread {
		first = 2
	}
	message := L.Get(first)
	text, ok := asString(message)
	if !ok && L.GetTop() >= first {
		L.Push(message)
		return 1
	}
	start = optInt(L, first+1, start)
	var lines []string
	if first == 1 { // what another coroutine is doing is not told
		eachLevel(L, func(n int, l level) bool {
			if line := traceLine(l); n >= start && line != "" {
				lines = append(lines, line)
			}
			return true
		})
	}
	if len(lines) > 22 {
		lines = slices.Replace(lines, 12, len(lines)-10, "\n\t...")
	}
	if ok {
		text += "\n"
	}
	L.Push(lua.LString(text + "stack traceback:" + strings.Join(lines, "")))
	return 1
}

// traceLine is a line of a traceback; functions in Go have none.
func traceLine(l level) string {
	switch {
	case l.fn == nil:
		return "\n\t(tail call): ?"
	case l.fn.IsG:
		return ""
	case l.LineDefined == 0:
		return fmt.Sprintf("\n\t%s:%d: in main chunk", l.Source, l.CurrentLine)
	case hasName(l):
		return fmt.Sprintf("\n\t%s:%d: in function '%s'", l.Source, l.CurrentLine, l.Name)
	}
	return fmt.Sprintf("\n\t%s:%d: in function <%s:%d>", l.Source, l.CurrentLine, l.Source, l.LineDefined)
}

// hasName says whether the name of l is one of the script's, and not what
// gopher-lua calls a function that has none.
func hasName(l level) bool {
	return l.Name != "" && l.Name != "?" && !strings.ContainsAny(l.Name, "(<") && l.Name != "main chunk" && l.Name != "corountine"
}

func debugGetInfo(L *lua.LState) int {
	n := 1
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
		if _, ok := spelled(string(text)); !ok && (isString || L.Get(n).Type() != lua.LTNumber) {
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

func describeLevel(L *lua.LState, l level, what string) *lua.LTable {
	about := L.CreateTable(0, 10)
	text := func(field, value string) { about.RawSetString(field, lua.LString(value)) }
	number := func(field string, value int) { about.RawSetString(field, lua.LNumber(value)) }
	kind, source := "Lua", "@"
	if l.fn == nil || l.fn.IsG {
		file, what := "[C]", "C"
		if l.fn == nil {
			file, what, l.Debug = "(tail call)", "tail", &lua.Debug{}
		}
		l.Source, l.LineDefined, l.LastLineDefined, l.CurrentLine = file, -1, -1, -1
		kind, source = what, "="
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
	if strings.Contains(what, "f") && l.fn != nil {
		about.RawSetString("func", l.fn)
	}
	return about
}
