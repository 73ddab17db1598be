// Package i18n is the Lua module "i18n". It has the texts of a script in several languages.
//
//	i18n.load(texts)                 adds texts: {en = {greet = "Hello {{name}}"}, de = {...}}
//	i18n(key [, vars [, options]])   -> the text of key, with the values of vars in place of {{name}};
//	                                    or key, if no language has a text
//	i18n.has(key [, options])        -> whether a language has a text for key
//	i18n.language([code])            -> the language; with a code, sets it
//	i18n.number(x [, options])       -> a number, or a string of digits, as people write it: "1,234.5"
//	    decimals = 3                    maximal number of digits after the point; the number is rounded
//	i18n.list(t [, options])         -> the strings and numbers in t as people write them: "a, b, and c"
//	    kind = "and"                    or "or"
//	options
//	    language                        this language, instead of that of the script
//
// A text is a string, a table with a string for each plural form (one and other in English), or a
// group: a table of texts, whose keys are written with a point, as in "menu.title". The plural form
// depends on the variable n. The form zero is also used for 0 in all languages.
//
// A language that is not found falls back to shorter codes, and then to English: de-AT, de, en. The
// language of the script is at first that of the environment variable LANG, and else English.
//
// load accepts at most 10,000 texts and plural forms of at most 64 KiB, 4 MiB in all, and groups in
// groups up to a depth of 10. A result has at most 1 MiB, and a list at most 10,000 elements.
package i18n

import (
	_ "embed"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "i18n".
var Module = luastd.Module{Name: "i18n", Open: open, Doc: doc, Manual: manual, Needs: []permit.Kind{permit.Read}, Need: need}

const (
	maxText     = 64 << 10 // maximal length of a text that load accepts, in bytes
	maxTexts    = 10_000   // maximal number of texts and plural forms of a script
	maxAllTexts = 4 << 20  // maximal length of all texts of a script, in bytes
	maxDepth    = 10       // maximal depth of groups
	maxResult   = 1 << 20  // maximal length of a result, in bytes
	maxList     = 10_000   // maximal number of elements of a list
	maxCode     = 35       // maximal length of the code of a language

	fallback = "en" // the language in which a text is looked up last
)

// need returns the error of a call of load for a folder that the script may not read: see
// luastd.Module.Need.
func need(b *permit.Broker, function, argument string, known bool) error {
	if function != "load" || !known {
		return nil // usually a table
	}
	return b.CheckFile(argument, false)
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt, texts: make(map[string]map[string]text)}
	t := L.CreateTable(0, 5)
	value.SetFunctions(L, t, map[string]lua.LGFunction{
		"load": m.load, "has": m.has, "language": m.setLanguage, "number": m.number, "list": m.list,
	})
	meta := L.CreateTable(0, 1)
	value.SetFunctions(L, meta, map[string]lua.LGFunction{"__call": m.call})
	t.Metatable = meta
	return t
}

// A module has the texts of one script.
type module struct {
	rt      luastd.Runtime
	current string                     // the language of the script; "" before it is needed
	texts   map[string]map[string]text // by language code and key
	count   int                        // number of texts and plural forms
	size    int                        // length of all texts, in bytes
}

// language returns the language of the script.
func (m *module) language() string {
	if m.current == "" {
		m.current = fallback
		if lang, ok := m.rt.Permit().Getenv("LANG"); ok {
			lang, _, _ = strings.Cut(lang, ".")
			lang, _, _ = strings.Cut(lang, "@")
			if code, ok := canonical(lang); ok {
				m.current = code
			}
		}
	}
	return m.current
}

// canonical returns the code of a language in the form "de-AT". ok is false if code is not one: "C"
// is not.
func canonical(code string) (_ string, ok bool) {
	parts := strings.Split(strings.ReplaceAll(code, "_", "-"), "-")
	for i, part := range parts {
		part = strings.ToLower(part)
		isLetters := strings.Trim(part, "abcdefghijklmnopqrstuvwxyz") == ""
		switch {
		case len(part) < 2 || len(part) > 8 || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789") != "":
			return "", false
		case i == 0 && (!isLetters || len(part) > 3):
			return "", false
		case i > 0 && isLetters && len(part) == 2: // a country
			part = strings.ToUpper(part)
		case i > 0 && isLetters && len(part) == 4: // a script
			part = strings.ToUpper(part[:1]) + part[1:]
		}
		parts[i] = part
	}
	return strings.Join(parts, "-"), len(code) <= maxCode
}

// fallbacks returns the codes of the languages in which a text is looked up: code, shorter codes,
// and English.
func fallbacks(code string) []string {
	codes := []string{code}
	for {
		i := strings.LastIndexByte(code, '-')
		if i < 0 {
			return append(codes, fallback)
		}
		code = code[:i]
		codes = append(codes, code)
	}
}

// lookup returns the value in table for the first of the fallbacks of code that has one.
func lookup[V any](table map[string]V, code string) (v V, ok bool) {
	for _, c := range fallbacks(code) {
		if v, ok = table[c]; ok {
			return v, true
		}
	}
	return v, false
}

// options returns the options in argument n of the running function, and the language that they
// choose.
func (m *module) options(L *lua.LState, n int, known ...string) (o value.Options, code string) {
	o = value.CheckOptions(L, n, append(known, "language")...)
	s := o.String("language", "")
	if s == "" {
		return o, m.language()
	}
	code, ok := canonical(s)
	if !ok {
		o.RaiseString("language", "the code of a language, such as de or de-AT")
	}
	return o, code
}

func (m *module) setLanguage(L *lua.LState) int {
	if v := L.Get(1); v != lua.LNil && !value.IsNull(v) {
		code, ok := canonical(L.CheckString(1))
		if !ok {
			L.ArgError(1, value.Quote(L.CheckString(1))+" is not the code of a language, such as de or de-AT")
		}
		m.current = code
	}
	L.Push(lua.LString(m.language()))
	return 1
}
