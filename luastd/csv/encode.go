package csv

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

// A writer writes rows as text.
type writer struct {
	L         *lua.LState
	separator string
	excel     bool
	text      []byte
}

func (m module) encode(L *lua.LState) int {
	rows := L.CheckTable(1)
	options := value.CheckOptions(L, 2, "columns", "separator", "excel")
	w := &writer{L: L, separator: string(separatorOption(options)), excel: options.Bool("excel", false)}
	columns := columnsOption(L, options)
	if columns == nil {
		columns = m.namesIn(L, rows)
	}
	if columns != nil {
		w.row(len(columns), func(i int) string { return w.protect(columns[i]) })
	}
	progress := luastd.NewProgress(m, L)
	for n := 1; n <= rows.Len(); n++ {
		row, before := checkRow(L, rows, n), len(w.text)
		switch named := isNamed(L, row, n); {
		case named || columns != nil && row.Len() == 0:
			w.row(len(columns), func(i int) string { return w.value(row.RawGetString(columns[i]), n, columns[i]) })
		default:
			if row.Len() > maxColumns {
				L.ArgError(1, fmt.Sprintf("rows[%d] has %d values; the maximum is %d", n, row.Len(), maxColumns))
			}
			w.row(row.Len(), func(i int) string { return w.value(row.RawGetInt(i+1), n, i+1) })
		}
		progress.Add(len(w.text) - before + bytesPerValue*(max(len(columns), row.Len())+1))
	}
	L.Push(lua.LString(w.text))
	return 1
}

// columnsOption returns the names in the option columns, or nil if the option is not set.
func columnsOption(L *lua.LState, options value.Options) []string {
	list, ok := options.Get("columns").(*lua.LTable)
	if !ok {
		if v := options.Get("columns"); v != lua.LNil {
			options.Raise("columns", "a list of strings", v)
		}
		return nil
	}
	if list.Len() == 0 || list.Len() > maxColumns {
		L.ArgError(2, fmt.Sprintf("columns must have from 1 to %d names, not %d", maxColumns, list.Len()))
	}
	names := make([]string, list.Len())
	for i := range names {
		name, ok := list.RawGetInt(i + 1).(lua.LString)
		if !ok {
			L.ArgError(2, fmt.Sprintf("columns[%d] must be a string, not %s", i+1, value.TypeName(list.RawGetInt(i+1))))
		}
		names[i] = string(name)
	}
	return names
}

func checkRow(L *lua.LState, rows *lua.LTable, n int) *lua.LTable {
	row, ok := rows.RawGetInt(n).(*lua.LTable)
	if !ok {
		L.ArgError(1, fmt.Sprintf("rows[%d] must be a table, not %s", n, value.TypeName(rows.RawGetInt(n))))
	}
	return row
}

// isNamed reports whether rows[n], which is row, is a table by name. It returns false if row is a
// list. It raises an error if row is neither.
func isNamed(L *lua.LState, row *lua.LTable, n int) bool {
	named, numbered := false, false
	for k, _ := row.Next(lua.LNil); k != lua.LNil; k, _ = row.Next(k) {
		switch k.(type) {
		case lua.LString:
			named = true
		case lua.LNumber:
			numbered = true
		default:
			L.ArgError(1, fmt.Sprintf("rows[%d] has a key that is %s", n, value.TypeName(k)))
		}
	}
	if named && numbered {
		L.ArgError(1, fmt.Sprintf("rows[%d] has values with names and values with numbers", n))
	}
	return named
}

// namesIn returns the names of the values in all rows, in the order in which they first occur. It
// returns nil if no row has names. It raises an error if only some rows have names.
func (m module) namesIn(L *lua.LState, rows *lua.LTable) []string {
	var names []string
	known := make(map[string]bool)
	progress := luastd.NewProgress(m, L)
	lists := 0 // number of the last row that is a list, or 0
	for n := 1; n <= rows.Len(); n++ {
		row := checkRow(L, rows, n)
		if !isNamed(L, row, n) {
			if row.Len() > 0 {
				lists = n
			}
			continue
		}
		values := 0
		for k, _ := row.Next(lua.LNil); k != lua.LNil; k, _ = row.Next(k) {
			values++
			if name := k.String(); !known[name] {
				known[name] = true
				names = append(names, name)
			}
		}
		if len(names) > maxColumns {
			L.ArgError(1, fmt.Sprintf("the rows have more than %d names", maxColumns))
		}
		progress.Add(bytesPerValue * (values + 1))
	}
	if names != nil && lists > 0 {
		L.ArgError(1, fmt.Sprintf("rows[%d] is a list, but other rows have names", lists))
	}
	return names
}

// row writes a row of count values. get returns the value with index i, from 0.
func (w *writer) row(count int, get func(i int) string) {
	for i := range count {
		if i > 0 {
			w.text = append(w.text, w.separator...)
		}
		text := get(i)
		if text == "" && count == 1 || strings.ContainsAny(text, "\"\r\n") || strings.Contains(text, w.separator) || strings.HasPrefix(text, "\uFEFF") {
			w.text = append(w.text, '"')
			w.text = append(w.text, strings.ReplaceAll(text, `"`, `""`)...)
			w.text = append(w.text, '"')
		} else {
			w.text = append(w.text, text...)
		}
		if len(w.text) > value.MaxText {
			value.RaiseTooLong(w.L, len(w.text))
		}
	}
	w.text = append(w.text, '\n')
}

// value returns v, the value of a row in a column, as text. n is the number of the row. column is
// the name or number of the column.
func (w *writer) value(v lua.LValue, n int, column any) string {
	switch v := v.(type) {
	case *lua.LNilType:
		return ""
	case lua.LString:
		return w.protect(string(v))
	case lua.LNumber, lua.LBool:
		return v.String()
	}
	if !value.IsNull(v) {
		if name, ok := column.(string); ok {
			column = value.Quote(name)
		}
		w.L.ArgError(1, fmt.Sprintf("rows[%d][%v] must be a string, a number or a boolean, not %s", n, column, value.TypeName(v)))
	}
	return ""
}

// protect returns s with ' before it if the option excel is set, and a spreadsheet would take s for
// a formula.
func (w *writer) protect(s string) string {
	if w.excel && s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}
