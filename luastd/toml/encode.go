package toml

import (
	"math"
	"strconv"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

func (m module) encode(L *lua.LState) int {
	tree, err := value.NewTree(L.CheckTable(1), value.TreeOptions{Format: "TOML", MaxValues: maxValues, MaxBytes: maxText, NoNull: true})
	if err != nil {
		L.RaiseError("toml.encode: %s", err.Error())
	}
	if tree.Kind == value.KindArray {
		L.ArgError(1, "a table with names expected, not a list")
	}
	w := &writer{module: m, L: L}
	w.table("", tree)
	L.Push(lua.LString(w.text))
	return 1
}

// A writer writes a table as text.
type writer struct {
	module
	L      *lua.LState
	text   []byte
	values int // number of values so far
}

// table writes the members of a table: first the plain ones, then those that have headers of their
// own. path is the path of the table as a header has it.
func (w *writer) table(path string, table *value.Tree) {
	for i, name := range table.Names {
		if member := &table.Values[i]; !hasHeader(member) {
			w.text = append(appendKey(w.text, name), " = "...)
			w.value(member)
			w.text = append(w.text, '\n')
		}
	}
	for i, name := range table.Names {
		member := &table.Values[i]
		if !hasHeader(member) {
			continue
		}
		memberPath := string(appendKey([]byte(path), name))
		if member.Kind == value.KindArray {
			for j := range member.Values {
				w.header("[[", memberPath, "]]")
				w.table(memberPath+".", &member.Values[j])
			}
			continue
		}
		if !hasOnlyHeaders(member) {
			w.header("[", memberPath, "]")
		}
		w.table(memberPath+".", member)
	}
}

// hasHeader reports whether a member of a table is written after a header: a table, or a list of
// tables.
func hasHeader(member *value.Tree) bool {
	if member.Kind != value.KindArray {
		return member.Kind == value.KindObject
	}
	for i := range member.Values {
		if member.Values[i].Kind != value.KindObject {
			return false
		}
	}
	return len(member.Values) > 0
}

// hasOnlyHeaders reports whether a table needs no header, because the headers of its members name
// it.
func hasOnlyHeaders(table *value.Tree) bool {
	for i := range table.Values {
		if !hasHeader(&table.Values[i]) {
			return false
		}
	}
	return len(table.Values) > 0
}

func (w *writer) header(before, path, after string) {
	if len(w.text) > 0 {
		w.text = append(w.text, '\n')
	}
	w.text = append(w.text, before+path+after+"\n"...)
	w.check()
}

// check raises an error if the text is too long. It calls Checkpoint now and then.
func (w *writer) check() {
	if len(w.text) > maxText {
		w.L.RaiseError("toml.encode: longer than %d bytes", maxText)
	}
	if w.values++; w.values%valuesPerCheckpoint == 0 {
		w.Checkpoint(w.L)
	}
}

// value writes a value on the current line.
func (w *writer) value(v *value.Tree) {
	switch v.Kind {
	case value.KindString:
		w.text = appendString(w.text, v.Value.String())
	case value.KindNumber:
		w.text = appendNumber(w.text, float64(v.Value.(lua.LNumber)))
	case value.KindBoolean:
		w.text = strconv.AppendBool(w.text, v.Value == lua.LTrue)
	case value.KindArray:
		w.text = append(w.text, '[')
		for i := range v.Values {
			w.separate(i)
			w.value(&v.Values[i])
		}
		w.text = append(w.text, ']')
	case value.KindObject:
		w.text = append(w.text, '{')
		for i := range v.Values {
			w.separate(i)
			w.text = append(appendKey(w.text, v.Names[i]), " = "...)
			w.value(&v.Values[i])
		}
		w.text = append(w.text, '}')
	}
	w.check()
}

// separate writes a comma, unless the next value is the first one.
func (w *writer) separate(i int) {
	if i > 0 {
		w.text = append(w.text, ", "...)
	}
}

// appendKey appends a key, in quotes if it is necessary.
func appendKey(dst []byte, name string) []byte {
	for _, c := range []byte(name) {
		if !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '-') {
			return appendString(dst, name)
		}
	}
	if name == "" {
		return append(dst, `""`...)
	}
	return append(dst, name...)
}

// appendString appends s as a string in quotes. Bytes that are not UTF-8 become U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', byte(c))
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c < ' ' || c == 0x7f:
			const hex = "0123456789abcdef"
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = utf8.AppendRune(dst, c)
		}
	}
	return append(dst, '"')
}

// appendNumber appends a number: whole numbers up to 2^53 as an integer, others as a float.
func appendNumber(dst []byte, f float64) []byte {
	switch {
	case value.IsWhole(f):
		return strconv.AppendInt(dst, int64(f), 10)
	case f == 0:
		return append(dst, "-0.0"...)
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case math.IsInf(f, 0):
		if f < 0 {
			dst = append(dst, '-')
		}
		return append(dst, "inf"...)
	case f == math.Trunc(f):
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}
