package screen

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"moonlark/engine/guess"
)

// Limits of a document.
const (
	MaxDocument = 64 << 10 // the maximal size of the blocks as JSON, in bytes
	MaxBlocks   = 200      // the maximal number of blocks, including those in columns
	maxItems    = 100      // the maximal number of items of a list, values of a chart and buttons
	maxText     = 4 << 10  // the maximal length of a text, in bytes
	maxLabel    = 200      // the maximal length of the text of a button, a badge or a name, in bytes
	maxColumns  = 4
)

// A Handler is the function of a script that is called when a button is touched. In a tree of blocks,
// it is the value of the field on_press.
type Handler struct {
	Number     int // distinguishes the functions of one generation
	Generation int // the generation of the script: see Client.SetGeneration
}

// A reader makes blocks from a tree of plain values: map[string]any, []any, string, float64, bool, nil
// and Handler. A list of Lua that also has named fields is a map with the keys "1", "2" and so on. The
// reader keeps the first mistake that it finds.
type reader struct {
	image  func(name string) (*Image, error) // returns the picture with this name
	newKey func() string                     // returns a name for a button that no button has had

	err      error
	count    int                // number of blocks so far
	ids      map[string]bool    // ids of the blocks
	bindings map[string]binding // what a touch does, by key
	images   map[string]*Image  // the pictures, by hash
	sources  map[string]map[string]any
}

// A binding says what a touch of a button does.
type binding struct {
	handler Handler // its Number is 0 if there is none
	say     string  // what the touch says for the user; empty for nothing
	id      string  // the id of the button, or else of its block
	value   string  // the value of the button, or else its text
}

// fail keeps an error, unless there has been one already.
func (r *reader) fail(path, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%s%s", path, fmt.Sprintf(format, args...))
	}
}

// A table is a map of the tree whose fields are being read.
type table struct {
	r    *reader
	path string // where it is, such as "block 3"
	m    map[string]any
	used []string // the names of the fields that have been read
}

// table returns v as a table. A plain list becomes a table with the fields "1", "2" and so on.
func (r *reader) table(v any, path string) *table {
	t := &table{r: r, path: path}
	switch v := v.(type) {
	case map[string]any:
		t.m = v
	case []any:
		t.m = make(map[string]any, len(v))
		for i, item := range v {
			t.m[strconv.Itoa(i+1)] = item
		}
	case string, float64:
		t.m = map[string]any{"1": v}
	default:
		r.fail(path, " must be a table, not %s", typeName(v))
	}
	return t
}

// get returns a field. Nil means that it is not set.
func (t *table) get(name string) any {
	t.used = append(t.used, name)
	return t.m[name]
}

// end fails if the table has a field that has not been read.
func (t *table) end() {
	for _, name := range sortedNames(t.m) {
		if slices.Contains(t.used, name) || t.m[name] == nil {
			continue
		}
		if near := guess.Nearest(name, t.used); near != "" {
			t.r.fail(t.path, " has %q; did you mean %q?", shorten(name), near)
		}
		t.r.fail(t.path, " has %q; it may have %s", shorten(name), strings.Join(named(t.used), ", "))
	}
}

// named returns the names that are not numbers, each once.
func named(names []string) (list []string) {
	for _, name := range names {
		if _, err := strconv.Atoi(name); err != nil && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

func sortedNames(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// text returns the cleaned text of a field with at most max bytes, "" if it is not set. A number is a
// text too.
func (t *table) text(name string, max int) string {
	return t.r.text(t.get(name), t.path+": "+name, max)
}

// want is like text, but the text must be there.
func (t *table) want(name string, max int) string {
	v := t.get(name)
	s := t.r.text(v, t.path+": "+name, max)
	switch {
	case v == nil:
		t.r.fail(t.path, " has no %q", name)
	case strings.TrimSpace(s) == "":
		t.r.fail(t.path, ": %s is empty", name)
	}
	return s
}

// label returns the text at a position, or in a field with a name: {"Yes"} and {text = "Yes"} are the
// same.
func (t *table) label(position, name string, max int) string {
	if v := t.get(position); v != nil {
		return t.r.text(v, t.path, max)
	}
	return t.text(name, max)
}

func (r *reader) text(v any, path string, max int) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return formatNumber(v)
	case string:
		if len(v) > max {
			r.fail(path, " has %d bytes; the maximum is %d", len(v), max)
			return ""
		}
		return Clean(v)
	}
	r.fail(path, " must be a text, not %s", typeName(v))
	return ""
}

func formatNumber(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 14, 64)
}

// number returns the number in a field, from min to max, or fallback if it is not set.
func (t *table) number(name string, fallback, min, max float64) float64 {
	v := t.get(name)
	if v == nil {
		return fallback
	}
	n, ok := v.(float64)
	if !ok {
		t.r.fail(t.path, ": %s must be a number, not %s", name, typeName(v))
	} else if !(n >= min && n <= max) {
		t.r.fail(t.path, ": %s must be a number from %s to %s, not %s", name, formatNumber(min), formatNumber(max), formatNumber(n))
	}
	return n
}

// flag returns the boolean in a field, or fallback if it is not set.
func (t *table) flag(name string, fallback bool) bool {
	switch v := t.get(name).(type) {
	case nil:
	case bool:
		return v
	default:
		t.r.fail(t.path, ": %s must be true or false, not %s", name, typeName(v))
	}
	return fallback
}

// choice returns the text in a field, which must be one of choices, or fallback if it is not set.
func (t *table) choice(name, fallback string, choices ...string) string {
	v := t.get(name)
	if v == nil {
		return fallback
	}
	s, ok := v.(string)
	if !ok || !slices.Contains(choices, s) {
		shown := typeName(v)
		if ok {
			shown = strconv.Quote(shorten(s))
		}
		t.r.fail(t.path, ": %s is %s; it must be one of %s%s", name, shown, strings.Join(choices, ", "), guess.DidYouMean(s, choices))
	}
	return s
}

// list returns the list in a field, which must have 1 to max items.
func (t *table) list(name string, max int) []any {
	v := t.get(name)
	list, ok := v.([]any)
	if m, isMap := v.(map[string]any); isMap && len(m) == 0 {
		ok = true // an empty table of Lua
	}
	switch {
	case !ok:
		t.r.fail(t.path, ": %s must be a list, not %s", name, typeName(v))
	case len(list) == 0:
		t.r.fail(t.path, ": %s is empty", name)
	case len(list) > max:
		t.r.fail(t.path, ": %s has %d items; the maximum is %d", name, len(list), max)
		return nil
	}
	return list
}

// typeName returns the name of the type of a value for messages.
func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case string:
		return "a text"
	case float64:
		return "a number"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case Handler:
		return "a function"
	}
	return "a table"
}

// shorten cuts a text of a script for a message.
func shorten(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "..."
	}
	return s
}

// Clean returns a text as the page may show it: without control characters other than line ends,
// without characters that change the direction of the text around them, and with U+FFFD in place of bytes
// that are not UTF-8.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\n':
			return c
		case c == '\t', c == '\u2028', c == '\u2029':
			return ' '
		case c < 0x20, c >= 0x7f && c < 0xa0:
			return -1
		case c >= 0x202a && c <= 0x202e, c >= 0x2066 && c <= 0x2069, c == '\u200e', c == '\u200f', c == '\u061c', c == '\ufeff':
			return -1
		}
		return c
	}, s)
}
