// Package csv is the Lua module "csv". It reads and writes tables as text: comma-separated values.
//
//	csv.decode(s [, options])     -> a list of rows; or nil, reason, "invalid" or "too_large"
//	csv.lines(next [, options])   -> an iterator of the rows in the lines that the iterator next
//	                                 returns; it raises an error where decode would return nil
//	    header = true                the first row has the names of the columns, and each row is a
//	                                 table by name; false: each row is a list
//	    separator = ","              the character between two values
//	    lazy = true                  accepts quotes in wrong places, and rows of different lengths
//	csv.encode(rows [, options])  -> the rows as text
//	    columns                      a list of the names of the columns to write
//	    separator = ","              the character between two values
//	    excel = false                writes ' before a string that a spreadsheet takes for a formula
//
// All values that decode and lines return are strings. Empty lines and a byte order mark are
// skipped. Lines may end in LF or CR LF; within a quoted value, both become LF. A value that is in
// a column without a name, or after the last column, has the number of its column as the key.
//
// encode writes lists without a header, unless columns is set. Of tables by name it writes the
// header, and all columns in the order in which their names first occur. Values are strings,
// numbers and booleans; nil and json.null become empty values.
//
// A text for decode has at most 8 MiB and 200,000 rows, and a row for lines at most 1 MiB. A row
// has at most 10,000 values, and all rows together 1,048,576. The result of encode has at most 64
// MiB.
package csv

import (
	_ "embed"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "csv".
var Module = luastd.Module{Name: "csv", Open: open, Doc: doc, Manual: manual}

const (
	maxText    = 8 << 20 // maximal length of a text for decode, in bytes
	maxRow     = 1 << 20 // maximal length of a row for lines, in bytes
	maxRows    = 200_000 // maximal number of rows that decode returns; a table needs up to 750 bytes
	maxColumns = 10_000  // maximal number of values in a row
	maxValues  = 1 << 20 // maximal number of values in the rows that decode returns

	// bytesPerValue is how many bytes of work a value counts as for luastd.Progress.
	bytesPerValue = 16
)

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := module{rt}
	t := L.CreateTable(0, 3)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"decode": m.decode, "encode": m.encode, "lines": m.lines})
	return t
}

type module struct{ luastd.Checkpointer }

// separatorOption returns the value of the option separator.
func separatorOption(o value.Options) rune {
	s := o.String("separator", ",")
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 || size < len(s) || r == utf8.RuneError || r == '"' || r == '\r' || r == '\n' {
		o.RaiseString("separator", "one character, and no quote or line end")
	}
	return r
}
