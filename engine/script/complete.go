package script

import (
	"regexp"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// keywords are the words of Lua that begin or continue statements.
var keywords = []string{
	"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
	"local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
}

// unfinishedName matches the name at the end of a line: the tables before the last dot or colon, the
// dot or colon, and the part of the last name that has been typed.
var unfinishedName = regexp.MustCompile(`((?:[A-Za-z_]\w*[.:])*)([A-Za-z_]\w*)?$`)

// Complete returns the names that can complete the name at the end of text, sorted: keywords, globals
// of the script at path, modules and the fields of tables. start is the index in text of the part of
// the name that they replace. Complete returns nil if the script does not respond.
func (s *Scripts) Complete(path, text string) (start int, names []string) {
	g := s.generationOf(path)
	match := unfinishedName.FindStringSubmatch(text)
	if g == nil || match == nil || match[1]+match[2] == "" {
		return len(text), nil
	}
	tables, prefix := match[1], match[2]
	g.x.RunBetween(func() {
		g.provideTools()
		names = g.namesIn(tables)
	})
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, prefix) })
	slices.Sort(names)
	return len(text) - len(prefix), slices.Compact(names)
}

// namesIn returns the names of the fields of a value, such as "state.lamp." or "http.", or of all
// globals if tables is "". It runs on the executor's goroutine, and runs no Lua code.
func (g *generation) namesIn(tables string) []string {
	globals := g.x.State().G.Global
	if tables == "" {
		return slices.Concat(keywords, g.library.Globals(), fieldNames(globals, false))
	}
	var v lua.LValue = globals
	onlyFunctions := strings.HasSuffix(tables, ":")
	for i, name := range strings.FieldsFunc(tables, func(r rune) bool { return r == '.' || r == ':' }) {
		inner := lua.LValue(lua.LNil)
		if t := tableOf(v); t != nil {
			inner = t.RawGetString(name)
		}
		if inner == lua.LNil && i == 0 {
			inner, _ = g.library.Require(name) // a module that the script has not used yet
		}
		if v = inner; v == nil || v == lua.LNil {
			return nil
		}
	}
	if t := tableOf(v); t != nil {
		return fieldNames(t, onlyFunctions)
	}
	return nil
}

// tableOf returns the table in which the fields of v are, or nil if there is none.
func tableOf(v lua.LValue) *lua.LTable {
	switch v := v.(type) {
	case *lua.LTable:
		return v
	case *lua.LUserData:
		if meta, ok := v.Metatable.(*lua.LTable); ok {
			index, _ := meta.RawGetString("__index").(*lua.LTable)
			return index
		}
	}
	return nil
}

var luaName = regexp.MustCompile(`^[A-Za-z_]\w*$`)

// fieldNames returns the keys of t that are names, or only those whose values are functions.
func fieldNames(t *lua.LTable, onlyFunctions bool) []string {
	var names []string
	t.ForEach(func(k, v lua.LValue) {
		name, ok := k.(lua.LString)
		if ok && luaName.MatchString(string(name)) && (!onlyFunctions || v.Type() == lua.LTFunction) {
			names = append(names, string(name))
		}
	})
	return names
}
