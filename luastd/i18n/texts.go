package i18n

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// A text is a text in one language, by plural form. A text without plural forms has only the form
// "".
type text map[string]template

// forms are the names of the plural forms of CLDR.
var forms = map[string]bool{"zero": true, "one": true, "two": true, "few": true, "many": true, "other": true}

// A loader reads the argument of load. It changes nothing in the module before it has read all of
// it.
type loader struct {
	texts map[string]map[string]text
	count int
	size  int
}

func (m *module) load(L *lua.LState) int {
	l := loader{make(map[string]map[string]text), m.count, m.size}
	var texts *lua.LTable
	if folder, ok := L.Get(1).(lua.LString); ok {
		texts = m.readFolder(L, string(folder))
	} else {
		texts = L.CheckTable(1)
	}
	if err := l.languages(texts); err != nil {
		L.ArgError(1, err.Error())
	}
	for code, texts := range l.texts {
		if m.texts[code] == nil {
			m.texts[code] = make(map[string]text)
		}
		for key, t := range texts {
			m.texts[code][key] = t
		}
	}
	m.count, m.size = l.count, l.size
	return 0
}

func (l *loader) languages(all *lua.LTable) error {
	for k, v := all.Next(lua.LNil); k != lua.LNil; k, v = all.Next(k) {
		name, isString := k.(lua.LString)
		code, ok := canonical(string(name))
		if !isString || !ok {
			return fmt.Errorf("%s is not the code of a language, such as de or de-AT", value.Quote(k.String()))
		}
		texts, ok := v.(*lua.LTable)
		if !ok {
			return fmt.Errorf("%s must be a table of texts, not %s", code, value.TypeName(v))
		}
		if l.texts[code] == nil {
			l.texts[code] = make(map[string]text)
		}
		if err := l.group(code, "", texts, 1); err != nil {
			return err
		}
	}
	return nil
}

// group adds the texts in a group. prefix is the key of the group with a point, or "".
func (l *loader) group(code, prefix string, texts *lua.LTable, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s.%s: there are more than %d groups in each other", code, strings.TrimSuffix(prefix, "."), maxDepth)
	}
	for k, v := texts.Next(lua.LNil); k != lua.LNil; k, v = texts.Next(k) {
		key, ok := k.(lua.LString)
		if !ok {
			return fmt.Errorf("%s.%s[%s]: a key must be a string", code, prefix, k.String())
		}
		err := l.entry(code, prefix+string(key), v, depth)
		if err != nil {
			return err
		}
	}
	return nil
}

// entry adds a text or a group.
func (l *loader) entry(code, key string, v lua.LValue, depth int) error {
	if len(key) > maxText {
		return fmt.Errorf("%s: a key has more than %d bytes", code, maxText)
	}
	if table, ok := v.(*lua.LTable); ok {
		if !isPlural(table) {
			return l.group(code, key+".", table, depth+1)
		}
		forms := make(text)
		for k, v := table.Next(lua.LNil); k != lua.LNil; k, v = table.Next(k) {
			if err := l.form(forms, k.String(), v); err != nil {
				return fmt.Errorf("%s.%s.%s: %w", code, key, k.String(), err)
			}
		}
		if forms["other"] == nil {
			return fmt.Errorf("%s.%s: the plural form other is missing", code, key)
		}
		l.texts[code][key] = forms
		return nil
	}
	t := make(text)
	if err := l.form(t, "", v); err != nil {
		return fmt.Errorf("%s.%s: %w", code, key, err)
	}
	l.texts[code][key] = t
	return nil
}

// isPlural reports whether all keys of a table are plural forms, and their values strings.
func isPlural(t *lua.LTable) bool {
	k, v := t.Next(lua.LNil)
	if k == lua.LNil {
		return false
	}
	for ; k != lua.LNil; k, v = t.Next(k) {
		name, ok := k.(lua.LString)
		if _, isString := v.(lua.LString); !ok || !isString || !forms[string(name)] {
			return false
		}
	}
	return true
}

// form adds a text without plural forms, or one plural form.
func (l *loader) form(t text, name string, v lua.LValue) error {
	s, ok := v.(lua.LString)
	if !ok {
		return fmt.Errorf("a text must be a string, or a table of plural forms or texts, not %s", value.TypeName(v))
	}
	l.count++
	l.size += len(s)
	switch {
	case len(s) > maxText:
		return fmt.Errorf("the text has %d bytes; the maximum is %d", len(s), maxText)
	case l.count > maxTexts:
		return fmt.Errorf("there are more than %d texts", maxTexts)
	case l.size > maxAllTexts:
		return fmt.Errorf("all texts have more than %d bytes", maxAllTexts)
	}
	parsed, err := parse(string(s))
	t[name] = parsed
	return err
}

// A template is a text whose variables have been found. Its parts are, in turn, strings and names
// of variables.
type template []string

// parse finds the variables in s.
func parse(s string) (template, error) {
	t := template{}
	for {
		before, rest, ok := strings.Cut(s, "{{")
		t = append(t, before)
		if !ok {
			return t, nil
		}
		name, after, ok := strings.Cut(rest, "}}")
		if !ok {
			return nil, fmt.Errorf("}} is missing after {{")
		}
		if name = strings.TrimSpace(name); name == "" || strings.ContainsAny(name, "{} \t\r\n") {
			return nil, fmt.Errorf("{{%s}} is not a variable", value.Quote(name))
		}
		t, s = append(t, name), after
	}
}

// call is the function that i18n itself is.
func (m *module) call(L *lua.LState) int {
	L.Remove(1) // the table i18n
	key := L.CheckString(1)
	var vars *lua.LTable
	if v := L.Get(2); v != lua.LNil && !value.IsNull(v) {
		vars = L.CheckTable(2)
	}
	_, code := m.options(L, 3)
	t, found, ok := m.find(code, key)
	if !ok {
		L.Push(lua.LString(key))
		return 1
	}
	form, ok := t[""]
	if !ok {
		form = pluralForm(L, t, found, key, vars)
	}
	L.Push(lua.LString(fill(L, form, found, key, vars)))
	return 1
}

// find returns the text of key in the first language that has one, and the code of that language.
func (m *module) find(code, key string) (t text, found string, ok bool) {
	for _, c := range fallbacks(code) {
		if t, ok := m.texts[c][key]; ok {
			return t, c, true
		}
	}
	return nil, "", false
}

func (m *module) has(L *lua.LState) int {
	key := L.CheckString(1)
	_, code := m.options(L, 2)
	_, _, ok := m.find(code, key)
	L.Push(lua.LBool(ok))
	return 1
}

// pluralForm returns the plural form of t for the variable n.
func pluralForm(L *lua.LState, t text, code, key string, vars *lua.LTable) template {
	n := lua.LValue(lua.LNil)
	if vars != nil {
		n = vars.RawGetString("n")
	}
	var o operands
	ok := false
	switch n := n.(type) {
	case lua.LNumber:
		o, ok = operandsOf(formatDigits(float64(n), 15))
	case lua.LString:
		o, ok = operandsOf(string(n))
	}
	if !ok {
		L.RaiseError("i18n: %s in %s has plural forms, and needs a number as the variable n, not %s", value.Quote(key), code, describe(n))
	}
	if zero, ok := t["zero"]; ok && o.n == 0 {
		return zero
	}
	if form, ok := t[formOf(code, o)]; ok {
		return form
	}
	return t["other"]
}

// describe returns v for an error message.
func describe(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return value.Quote(string(v))
	case lua.LNumber:
		return v.String()
	}
	return value.TypeName(v)
}

// fill returns the text with the values of its variables.
func fill(L *lua.LState, t template, code, key string, vars *lua.LTable) string {
	var b strings.Builder
	for i, part := range t {
		if i%2 == 1 {
			part = variable(L, part, code, key, vars)
		}
		if b.Len()+len(part) > maxResult {
			L.RaiseError("i18n: the text of %s has more than %d bytes", value.Quote(key), maxResult)
		}
		b.WriteString(part)
	}
	return b.String()
}

// variable returns the value of a variable as text.
func variable(L *lua.LState, name, code, key string, vars *lua.LTable) string {
	v := lua.LValue(lua.LNil)
	if vars != nil {
		v = vars.RawGetString(name)
	}
	switch v.(type) {
	case lua.LString, lua.LNumber, lua.LBool:
		return v.String()
	}
	L.RaiseError("i18n: %s in %s needs a string or a number as the variable %s, not %s", value.Quote(key), code, value.Quote(name), value.TypeName(v))
	return ""
}
