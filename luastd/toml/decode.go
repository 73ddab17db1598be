package toml

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/safetext"
	"moonlark/luastd/value"
)

// errDepth is the error for a text whose tables are nested too deep.
var errDepth = fmt.Errorf("more than %d nested arrays and tables", maxDepth)

func (m module) decode(L *lua.LState) int {
	text := L.CheckString(1)
	if len(text) > maxText {
		return value.PushFailure(L, "too_large", "the text has %d bytes; the maximum is %d", len(text), maxText)
	}
	if err := checkLimits(text); err != nil {
		return value.PushFailure(L, "too_large", "%s", err.Error())
	}
	m.Checkpoint(L)
	content, keys, err := parse(text)
	if err != nil {
		return value.PushFailure(L, "invalid", "%s", err.Error())
	}
	m.Checkpoint(L)
	d := decoder{module: m, L: L}
	v, err := d.value(content, orderOf(keys), 0)
	if err != nil {
		return value.PushFailure(L, "too_large", "%s", err.Error())
	}
	L.Push(v)
	return 1
}

// parse returns the content of text and its keys in their order.
func parse(text string) (content any, keys []toml.Key, err error) {
	defer func() {
		if e := recover(); e != nil { // the library panics when it finds a mistake of its own
			err = fmt.Errorf("the text cannot be read: %v", e)
		}
	}()
	meta, err := toml.Decode(text, &content)
	var wrong toml.ParseError
	if errors.As(err, &wrong) {
		// the library quotes parts of the text as they are
		message := safetext.Line(safetext.Cut(strings.TrimSuffix(wrong.Message, "."), 300, "..."))
		return nil, nil, fmt.Errorf("line %d, byte %d: %s", wrong.Position.Line, wrong.Position.Col, message)
	}
	return content, meta.Keys(), err
}

// A keyOrder has the order of the keys in a table. All tables with the same path have the same
// keyOrder: the elements of an array have no paths of their own.
type keyOrder struct {
	rank int // the position of the table's own key among all keys of the text
	keys map[string]*keyOrder
}

// orderOf returns the keyOrder of the whole text. keys are all its keys with their full paths.
func orderOf(keys []toml.Key) *keyOrder {
	root := &keyOrder{}
	for i, key := range keys {
		at := root
		for _, name := range key {
			next := at.keys[name]
			if next == nil {
				next = &keyOrder{rank: i}
				if at.keys == nil {
					at.keys = make(map[string]*keyOrder)
				}
				at.keys[name] = next
			}
			at = next
		}
	}
	return root
}

// sort returns the keys of a table in their order.
func (o *keyOrder) sort(table map[string]any) []string {
	rank := func(name string) int {
		if key := o.keys[name]; key != nil {
			return key.rank
		}
		return -1
	}
	return slices.SortedFunc(maps.Keys(table), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b))
	})
}

// A decoder makes the Lua values of one text.
type decoder struct {
	module
	L      *lua.LState
	values int // number of values so far
}

// value returns v as a Lua value. order is the keyOrder of v, if v has tables. depth is how many
// tables and arrays contain v.
func (d *decoder) value(v any, order *keyOrder, depth int) (lua.LValue, error) {
	if d.values++; d.values%valuesPerCheckpoint == 0 {
		d.Checkpoint(d.L)
	}
	switch v := v.(type) {
	case string:
		return lua.LString(strings.Clone(v)), nil // a part of the text would keep the whole text in memory
	case bool:
		return lua.LBool(v), nil
	case int64:
		return value.Integer(v), nil
	case float64:
		return lua.LNumber(v), nil
	case time.Time:
		return date(v), nil
	case map[string]any:
		return d.table(v, order, depth+1)
	case []any:
		return array(d, v, order, depth+1)
	case []map[string]any:
		return array(d, v, order, depth+1)
	}
	return nil, fmt.Errorf("a value of type %T", v)
}

func (d *decoder) table(table map[string]any, order *keyOrder, depth int) (lua.LValue, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	t := d.L.CreateTable(0, len(table))
	for _, name := range order.sort(table) {
		v, err := d.value(table[name], order.keys[name], depth)
		if err != nil {
			return nil, err
		}
		t.RawSetString(strings.Clone(name), v)
	}
	return t, nil
}

func array[T any](d *decoder, elements []T, order *keyOrder, depth int) (lua.LValue, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	t := d.L.CreateTable(len(elements), 0)
	t.Metatable = value.ArrayMetatable(d.L)
	for i, element := range elements {
		v, err := d.value(element, order, depth)
		if err != nil {
			return nil, err
		}
		t.RawSetInt(i+1, v)
	}
	return t, nil
}

// date returns a date or time as Unix seconds, or as a string if it has no offset from UTC. The
// library marks such dates with time zones that have special names.
func date(t time.Time) lua.LValue {
	switch t.Location().String() {
	case "datetime-local":
		return lua.LString(t.Format("2006-01-02T15:04:05.999999999"))
	case "date-local":
		return lua.LString(t.Format("2006-01-02"))
	case "time-local":
		return lua.LString(t.Format("15:04:05.999999999"))
	}
	return lua.LNumber(float64(t.Unix()) + float64(t.Nanosecond())/1e9)
}
