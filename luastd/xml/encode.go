package xml

import (
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

func (m *module) encode(L *lua.LState) int {
	node := L.CheckTable(1)
	options := value.CheckOptions(L, 2, "pretty", "declaration")
	w := &writer{module: m, L: L, pretty: options.Bool("pretty", false)}
	if options.Bool("declaration", false) {
		w.text = append(w.text, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"...)
	}
	w.node(node, "", 0)
	if w.pretty {
		w.text = append(w.text, '\n')
	}
	w.checkLength(0)
	L.Push(lua.LString(w.text))
	return 1
}

// A writer writes one node with its children. Its methods raise an error with the path of the wrong
// part.
type writer struct {
	*module
	L      *lua.LState
	pretty bool
	text   []byte
	nodes  int // number of elements and attributes so far
}

// raise raises an error about the part of the value with this path.
func (w *writer) raise(path, format string, args ...any) {
	if path != "" {
		path += ": "
	}
	w.L.RaiseError("xml.encode: %s%s", path, fmt.Sprintf(format, args...))
}

// count counts an element or an attribute.
func (w *writer) count() {
	w.checkLength(0)
	if w.nodes++; w.nodes > maxNodes {
		w.raise("", "more than %d elements and attributes", maxNodes)
	}
	if w.nodes%nodesPerCheckpoint == 0 {
		w.Checkpoint(w.L)
	}
}

// checkLength raises an error if the text with n more bytes is too long.
func (w *writer) checkLength(n int) {
	if len(w.text)+n > maxText {
		w.raise("", "longer than %d bytes", maxText)
	}
}

// node writes a node. path is its path in the value. depth is the number of nodes that contain it.
func (w *writer) node(node *lua.LTable, path string, depth int) {
	if depth == maxDepth {
		w.raise("", "more than %d nested elements", maxDepth)
	}
	if err := value.CheckFields(node, []string{"tag", "attrs", "text", "children"}); err != nil {
		w.raise(path, "%s", err.Error())
	}
	tag := w.name(node.RawGetString("tag"), field(path, "tag"))
	w.count()
	w.text = append(append(w.text, '<'), tag...)
	w.attributes(w.table(node, "attrs", path), field(path, "attrs"))
	text := w.string(node.RawGetString("text"), field(path, "text"))
	children := w.table(node, "children", path)
	if text == "" && children.Len() == 0 {
		w.text = append(w.text, "/>"...)
		return
	}
	w.text = append(w.text, '>')
	w.escaped(text, false)
	w.children(children, field(path, "children"), depth+1, text == "")
	w.text = append(append(append(w.text, "</"...), tag...), '>')
}

// children writes the children of a node. alone reports whether the node has no text.
func (w *writer) children(children *lua.LTable, path string, depth int, alone bool) {
	for i := 1; i <= children.Len(); i++ {
		childPath := path + "[" + strconv.Itoa(i) + "]"
		child, ok := children.RawGetInt(i).(*lua.LTable)
		if !ok {
			w.raise(childPath, "a node expected, not %s", value.TypeName(children.RawGetInt(i)))
		}
		if alone {
			w.newLine(depth)
		}
		w.node(child, childPath, depth)
	}
	if alone {
		w.newLine(depth - 1)
	}
}

// newLine writes a line end and the indentation for an element at this depth, if the option pretty
// is set.
func (w *writer) newLine(depth int) {
	if w.pretty {
		w.text = append(w.text, '\n')
		for range depth {
			w.text = append(w.text, "  "...)
		}
	}
}

func (w *writer) attributes(attrs *lua.LTable, path string) {
	for key, v := attrs.Next(lua.LNil); key != lua.LNil; key, v = attrs.Next(key) {
		name := w.name(key, path)
		if v == lua.LNil || value.IsNull(v) {
			continue
		}
		w.count()
		w.text = append(append(append(w.text, ' '), name...), `="`...)
		w.escaped(w.string(v, field(path, name)), true)
		w.text = append(w.text, '"')
	}
}

// field returns the path of a field of the value with this path.
func field(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// table returns the field of a node that must be a table, or an empty table if it is not set.
func (w *writer) table(node *lua.LTable, name, path string) *lua.LTable {
	v := node.RawGetString(name)
	if t, ok := v.(*lua.LTable); ok {
		return t
	}
	if v != lua.LNil && !value.IsNull(v) {
		w.raise(field(path, name), "a table expected, not %s", value.TypeName(v))
	}
	return w.L.CreateTable(0, 0)
}

// string returns the text of v, which is an attribute or the text of a node.
func (w *writer) string(v lua.LValue, path string) string {
	switch v := v.(type) {
	case lua.LString, lua.LNumber, lua.LBool:
		return v.String()
	}
	if v != lua.LNil && !value.IsNull(v) {
		w.raise(path, "a string, a number or a boolean expected, not %s", value.TypeName(v))
	}
	return ""
}

// name returns the name of an element or an attribute.
func (w *writer) name(v lua.LValue, path string) string {
	name, ok := v.(lua.LString)
	if !ok {
		w.raise(path, "a name expected, not %s", value.TypeName(v))
	}
	if !isName(string(name)) {
		w.raise(path, "%s is not a name of XML", value.Quote(string(name)))
	}
	return string(name)
}

// isName reports whether s can be the name of an element or an attribute. It accepts all characters
// that are not ASCII, of which XML permits most.
func isName(s string) bool {
	for i, c := range s {
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == ':' || c > unicode.MaxASCII:
		case i > 0 && ('0' <= c && c <= '9' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return s != "" && utf8.ValidString(s)
}

// escaped writes s as a text, or as a value of an attribute in quotes. It replaces what XML does
// not permit by U+FFFD.
func (w *writer) escaped(s string, attribute bool) {
	w.checkLength(len(s))
	dst := w.text
	for _, c := range s {
		switch {
		case c == '&':
			dst = append(dst, "&amp;"...)
		case c == '<':
			dst = append(dst, "&lt;"...)
		case c == '>':
			dst = append(dst, "&gt;"...)
		case c == '"' && attribute:
			dst = append(dst, "&quot;"...)
		case c == '\r', attribute && (c == '\n' || c == '\t'):
			dst = append(append(append(dst, "&#"...), strconv.Itoa(int(c))...), ';')
		case c < ' ' && c != '\n' && c != '\t', c == 0xFFFE, c == 0xFFFF:
			dst = utf8.AppendRune(dst, utf8.RuneError)
		default:
			dst = utf8.AppendRune(dst, c)
		}
	}
	w.text = dst
}
