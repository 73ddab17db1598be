package csv

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

// A rowReader reads rows and converts them to Lua tables.
type rowReader struct {
	csv    *csv.Reader
	lazy   bool
	header bool
	names  []string // names of the columns; nil before the header has been read
	values int      // number of values in all rows so far
}

// An errTooLarge is an error with the code "too_large".
type errTooLarge string

func (e errTooLarge) Error() string { return string(e) }

// newRowReader returns a reader of the rows in source. Argument 2 of the running function has the
// options.
func newRowReader(L *lua.LState, source io.Reader) *rowReader {
	options := value.CheckOptions(L, 2, "header", "separator", "lazy")
	r := &rowReader{
		csv:    csv.NewReader(source),
		lazy:   options.Bool("lazy", true),
		header: options.Bool("header", true),
	}
	r.csv.Comma = separatorOption(options)
	r.csv.LazyQuotes = r.lazy
	r.csv.FieldsPerRecord = -1 // rows may have different lengths; the method next checks them
	r.csv.ReuseRecord = true
	return r
}

// next returns the next row. It returns io.EOF after the last row.
func (r *rowReader) next(L *lua.LState) (*lua.LTable, error) {
	if r.header && r.names == nil {
		record, err := r.record()
		if err != nil {
			return nil, err
		}
		if err := r.setNames(record); err != nil {
			return nil, err
		}
	}
	record, err := r.record()
	if err != nil {
		return nil, err
	}
	if !r.header {
		row := L.CreateTable(len(record), 0)
		for i, text := range record {
			row.RawSetInt(i+1, lua.LString(text))
		}
		if !r.lazy {
			if r.names == nil {
				r.names = make([]string, len(record))
			}
			err = r.checkLength(record, "first row")
		}
		return row, err
	}
	if !r.lazy {
		if err := r.checkLength(record, "header"); err != nil {
			return nil, err
		}
	}
	row := L.CreateTable(0, len(record))
	for i, text := range record {
		if i < len(r.names) && r.names[i] != "" {
			row.RawSetString(r.names[i], lua.LString(text))
		} else {
			row.RawSetInt(i+1, lua.LString(text))
		}
	}
	return row, nil
}

// record returns the values of the next row, which are valid until the next call.
func (r *rowReader) record() ([]string, error) {
	record, err := r.csv.Read()
	if err != nil {
		var e *csv.ParseError
		if errors.As(err, &e) {
			return nil, fmt.Errorf("line %d, byte %d: %s", e.Line, e.Column, explain(e.Err))
		}
		return nil, err
	}
	if len(record) > maxColumns {
		return nil, errTooLarge(fmt.Sprintf("line %d has %d values; the maximum is %d", r.line(), len(record), maxColumns))
	}
	r.values += len(record)
	return record, nil
}

// explain returns the meaning of an error of package encoding/csv, for people.
func explain(err error) string {
	switch err {
	case csv.ErrBareQuote:
		return "a quote in a value that does not begin with a quote"
	case csv.ErrQuote:
		return "a quoted value has no end, or has text after its end"
	}
	return err.Error()
}

// line returns the number of the line in which the last row begins.
func (r *rowReader) line() int {
	line, _ := r.csv.FieldPos(0)
	return line
}

func (r *rowReader) setNames(record []string) error {
	seen := make(map[string]bool)
	for _, name := range record {
		if name != "" && seen[name] {
			return fmt.Errorf("two columns have the name %s: read the text with header = false", value.Quote(name))
		}
		seen[name] = true
	}
	r.names = append([]string{}, record...)
	return nil
}

// checkLength returns an error unless record has as many values as the first row of the text. first
// says what that row is, for the error: "header" or "first row".
func (r *rowReader) checkLength(record []string, first string) error {
	if len(record) != len(r.names) {
		return fmt.Errorf("line %d has %d values, but the %s has %d", r.line(), len(record), first, len(r.names))
	}
	return nil
}

// withoutMark returns s without the byte order mark with which some programs begin a file.
func withoutMark(s string) string { return strings.TrimPrefix(s, "\uFEFF") }

func (m module) decode(L *lua.LState) int {
	s := L.CheckString(1)
	progress := luastd.NewProgress(m, L)
	source := &textReader{Reader: strings.NewReader(withoutMark(s)), progress: progress}
	r := newRowReader(L, source)
	source.separator = string(r.csv.Comma)[0]
	if len(s) > maxText {
		return value.PushFailure(L, "too_large", "the text has %d bytes; the maximum is %d", len(s), maxText)
	}
	rows := L.CreateTable(0, 0)
	for n := 1; ; n++ {
		before := r.values
		row, err := r.next(L)
		switch {
		case err == io.EOF:
			L.Push(rows)
			return 1
		case err != nil:
			return value.PushFailure(L, codeOf(err), "%s", err.Error())
		case n > maxRows || r.values > maxValues:
			return value.PushFailure(L, "too_large", "the text has more than %d rows or %d values", maxRows, maxValues)
		}
		rows.RawSetInt(n, row)
		progress.Add(bytesPerValue * (r.values - before + 1))
	}
}

// A textReader reads a text. It calls Checkpoint now and then, and returns an error if a row has
// far more values than maxColumns, because the library reads a whole row before anybody can count
// its values.
type textReader struct {
	io.Reader
	progress   *luastd.Progress
	separator  byte // the first byte of the separator
	quoted     bool // the next byte is in a quoted value, if all quotes of the text are at their places
	line       int  // number of line ends
	separators int  // number of separators of the row so far
}

func (r *textReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	for _, c := range p[:n] {
		switch {
		case c == '"':
			r.quoted = !r.quoted
		case c == '\n':
			r.line++
			if !r.quoted {
				r.separators = 0
			}
		case c == r.separator && !r.quoted:
			r.separators++
		}
	}
	if r.separators > 2*maxColumns {
		return 0, errTooLarge(fmt.Sprintf("line %d has more than %d values, which is the maximum", r.line+1, maxColumns))
	}
	r.progress.Add(n)
	return n, err
}

func codeOf(err error) string {
	var e errTooLarge
	if errors.As(err, &e) {
		return "too_large"
	}
	return "invalid"
}

func (m module) lines(L *lua.LState) int {
	source := &lineReader{next: L.CheckFunction(1)}
	r := newRowReader(L, source)
	ended := false
	L.Push(L.NewFunction(func(L *lua.LState) int {
		if ended {
			L.Push(lua.LNil)
			return 1
		}
		source.L, source.size = L, 0
		row, err := r.next(L)
		switch {
		case err == io.EOF:
			ended = true
			L.Push(lua.LNil)
			return 1
		case err != nil:
			ended = true
			L.RaiseError("csv.lines: %s: %s", codeOf(err), err.Error())
		}
		m.Checkpoint(L)
		L.Push(row)
		return 1
	}))
	return 1
}

// A lineReader reads the lines that a Lua iterator returns. Each call of Read calls the iterator at
// most once, so that no line is read before its row is wanted.
type lineReader struct {
	L       *lua.LState // the Lua thread that has asked for the next row
	next    *lua.LFunction
	started bool
	rest    string // the part of the current line that has not been read
	size    int    // number of bytes of the current row so far
}

func (r *lineReader) Read(p []byte) (int, error) {
	if r.rest == "" {
		r.L.Push(r.next)
		r.L.Call(0, 1)
		line := r.L.Get(-1)
		r.L.Pop(1)
		switch line := line.(type) {
		case *lua.LNilType:
			return 0, io.EOF
		case lua.LString:
			r.rest = string(line)
		default:
			return 0, fmt.Errorf("the iterator must return strings, not %s", value.TypeName(line))
		}
		if !r.started {
			r.started = true
			r.rest = withoutMark(r.rest)
		}
		if !strings.HasSuffix(r.rest, "\n") {
			r.rest += "\n"
		}
		if r.size += len(r.rest); r.size > maxRow {
			return 0, errTooLarge(fmt.Sprintf("a row has more than %d bytes: a quote may be missing", maxRow))
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
