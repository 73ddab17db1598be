package template

import (
	"html"
	"net/url"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// escapes has the function that escapes a value, for each value of the option escape. No escaped
// value is shorter than the value.
var escapes = map[string]func(string) string{
	"none": nil,
	"html": html.EscapeString,
	"json": escapeJSON,
	"url":  func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") },
}

// escapeJSON returns s as it is written between the quotes of a JSON string.
func escapeJSON(s string) string {
	text, err := value.Append(nil, lua.LString(s), 0)
	if err != nil { // only a text of more than value.MaxJSON bytes
		return s
	}
	return string(text[1 : len(text)-1])
}

// A renderer fills values into one template.
type renderer struct {
	*template
	L        *lua.LState
	m        *module
	out      []byte
	contexts []lua.LValue // the values in which names are looked up, outermost first
	counted  int          // number of tags and items so far
}

func (r *renderer) nodes(nodes []node) {
	for i := range nodes {
		r.node(&nodes[i])
	}
}

func (r *renderer) node(n *node) {
	if n.kind == kindText {
		r.write(n.text)
		return
	}
	r.count()
	v := r.lookup(n.path)
	switch n.kind {
	case kindSection:
		r.section(n, v)
	case kindInverted:
		if isEmpty(v) {
			r.nodes(n.nodes)
		}
	default:
		r.value(n, v)
	}
}

// count counts a tag or an item. It calls Checkpoint regularly.
func (r *renderer) count() {
	if r.counted++; r.counted%tagsPerCheckpoint == 0 {
		r.m.Checkpoint(r.L)
	}
}

func (r *renderer) write(text string) {
	if len(r.out)+len(text) > maxResult {
		r.L.RaiseError("template: the result has more than %d bytes", maxResult)
	}
	r.out = append(r.out, text...)
}

// lookup returns the value of a name, or nil. The first part of the name is looked up in the
// contexts, innermost first. A name without parts is the innermost context.
func (r *renderer) lookup(path []string) lua.LValue {
	innermost := len(r.contexts) - 1
	if len(path) == 0 {
		return r.contexts[innermost]
	}
	v := lua.LValue(lua.LNil)
	for i := innermost; i >= 0 && v == lua.LNil; i-- {
		v = r.field(r.contexts[i], path[0])
	}
	for _, part := range path[1:] {
		v = r.field(v, part)
	}
	return v
}

// field returns the field of v with this name, or nil. A name of digits may be the number of an
// item.
func (r *renderer) field(v lua.LValue, name string) lua.LValue {
	t, ok := v.(*lua.LTable)
	if !ok {
		return lua.LNil
	}
	field := r.L.GetField(t, name)
	if n, err := strconv.Atoi(name); err == nil && field == lua.LNil {
		field = r.L.GetTable(t, lua.LNumber(n))
	}
	if value.IsNull(field) {
		return lua.LNil
	}
	return field
}

// isEmpty reports whether a section is left out for the value v.
func isEmpty(v lua.LValue) bool {
	if t, ok := v.(*lua.LTable); ok {
		return isList(t) && t.Len() == 0
	}
	return !lua.LVAsBool(v) || value.IsNull(v)
}

// isList reports whether t is a list: an array of JSON, a table with an item 1, or an empty table.
func isList(t *lua.LTable) bool {
	if value.IsArray(t) || t.RawGetInt(1) != lua.LNil {
		return true
	}
	first, _ := t.Next(lua.LNil)
	return first == lua.LNil && t.Metatable == lua.LNil
}

// section writes the section n for the value v.
func (r *renderer) section(n *node, v lua.LValue) {
	if isEmpty(v) {
		return
	}
	switch v := v.(type) {
	case *lua.LTable:
		if isList(v) {
			for i := 1; i <= v.Len(); i++ {
				r.inContext(v.RawGetInt(i), n.nodes)
			}
			return
		}
		r.inContext(v, n.nodes)
	case lua.LBool:
		r.nodes(n.nodes)
	case lua.LString, lua.LNumber:
		r.inContext(v, n.nodes)
	default:
		r.raise(n, "is "+value.TypeName(v)+", which is not supported")
	}
}

// inContext writes nodes whose names are looked up in v first.
func (r *renderer) inContext(v lua.LValue, nodes []node) {
	r.count()
	r.contexts = append(r.contexts, v)
	r.nodes(nodes)
	r.contexts = r.contexts[:len(r.contexts)-1]
}

// value writes the value v of the tag n.
func (r *renderer) value(n *node, v lua.LValue) {
	switch v := v.(type) {
	case lua.LString:
		r.text(n, string(v))
	case lua.LNumber, lua.LBool:
		r.text(n, v.String())
	case *lua.LTable:
		r.raise(n, "is a table, which cannot be text: use {{#"+n.text+"}}")
	default:
		if v != lua.LNil && !value.IsNull(v) {
			r.raise(n, "is "+value.TypeName(v)+", which cannot be text")
		}
		if r.missing {
			r.raise(n, "is missing")
		}
	}
}

// text writes s, which is the value of the tag n.
func (r *renderer) text(n *node, s string) {
	if n.kind == kindValue && r.escape != nil && len(s) <= maxResult {
		s = r.escape(s)
	}
	r.write(s)
}

// raise raises an error about the value of the tag n.
func (r *renderer) raise(n *node, what string) {
	r.L.RaiseError("template: line %d: the value %s %s", n.line, value.Quote(n.text), what)
}
