package value

import (
	"math"
	"slices"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// A Tree is a Lua value that a module is going to write as text. Its tables have been divided into
// arrays and objects by the rules of json.encode, so that a module need not look at tables itself.
type Tree struct {
	Kind   Kind
	Value  lua.LValue // the string, the number or the boolean; nil for other kinds
	Names  []string   // the names of the members of an object, in the order of pairs
	Values []Tree     // the elements of an array, or the values of the members of an object
}

// A Kind says what a Tree is.
type Kind int

// The kinds of a Tree. KindNull is json.null, or a hole in an array.
const (
	KindNull Kind = iota
	KindString
	KindNumber
	KindBoolean
	KindArray
	KindObject
)

// TreeOptions are the limits of a Tree.
type TreeOptions struct {
	Format    string // the name of the format for errors, such as "YAML"
	MaxValues int    // the maximal number of values in all tables
	MaxBytes  int    // the maximal length of all strings together, in bytes

	// NoNull is true for a format that has no null: null is left out of objects, and anywhere else
	// it is an error.
	NoNull bool
}

// NewTree returns the Tree of v. It returns an [*Error] if v has a part that cannot be written,
// such as a function. NaN and infinite numbers are permitted.
func NewTree(v lua.LValue, opts TreeOptions) (*Tree, error) {
	b := treeBuilder{TreeOptions: opts}
	tree, err := b.value(v)
	if err != nil {
		return nil, err
	}
	return &tree, nil
}

// A treeBuilder makes one Tree. When a method for a part of the value returns an error, its caller
// adds the name of the part to the path of the error.
type treeBuilder struct {
	TreeOptions
	values, bytes int
	open          []*lua.LTable // the tables that contain the current value, outermost first
}

func (b *treeBuilder) value(v lua.LValue) (Tree, *Error) {
	if b.values++; b.values > b.MaxValues {
		return Tree{}, &Error{Why: "more than " + strconv.Itoa(b.MaxValues) + " values", TooLong: true}
	}
	switch v := v.(type) {
	case lua.LString:
		return Tree{Kind: KindString, Value: v}, b.count(string(v))
	case lua.LNumber:
		return Tree{Kind: KindNumber, Value: v}, nil
	case lua.LBool:
		return Tree{Kind: KindBoolean, Value: v}, nil
	case *lua.LTable:
		return b.table(v)
	}
	switch {
	case !isNothing(v):
		return Tree{}, newError("%s cannot be %s", TypeName(v), b.Format)
	case b.NoNull:
		return Tree{}, newError("%s has no null", b.Format)
	default:
		return Tree{}, nil
	}
}

// isNothing reports whether v is nil or json.null.
func isNothing(v lua.LValue) bool { return v == lua.LNil || IsNull(v) }

// count adds the length of s to the length of all strings.
func (b *treeBuilder) count(s string) *Error {
	if b.bytes += len(s); b.bytes > b.MaxBytes {
		return &Error{Why: "longer than " + strconv.Itoa(b.MaxBytes) + " bytes", TooLong: true}
	}
	return nil
}

func (b *treeBuilder) table(t *lua.LTable) (Tree, *Error) {
	if slices.Contains(b.open, t) {
		return Tree{}, newError("a table cannot contain itself")
	}
	if len(b.open) == maxDepth {
		return Tree{}, newError("more than %d nested tables", maxDepth)
	}
	b.open = append(b.open, t)
	tree, err := b.members(t)
	b.open = b.open[:len(b.open)-1]
	return tree, err
}

// members returns t as an array or as an object. The comment of encoder.members describes the two
// parts of a table.
func (b *treeBuilder) members(t *lua.LTable) (Tree, *Error) {
	n := t.MaxN()
	if n >= lua.MaxArrayIndex { // Next does not work with such a table
		return Tree{}, newError("an array of more than %d elements", lua.MaxArrayIndex-1)
	}
	key, _ := nextAfter(t, n)
	tagged := IsArray(t)
	if n == 0 && !tagged {
		switch key.(type) {
		case lua.LString, *lua.LNilType:
			return b.object(t, n, true)
		}
	}
	last, from1, err := keySpan(t, n, key, tagged)
	switch {
	case err != nil:
		return Tree{}, err
	case tagged || from1:
		return b.array(t, n, last)
	default:
		return b.object(t, n, false)
	}
}

// nextAfter returns the first member of t that is not in its array part, which has n keys.
func nextAfter(t *lua.LTable, n int) (key, v lua.LValue) {
	if n == 0 {
		return t.Next(lua.LNil)
	}
	return t.Next(lua.LNumber(n))
}

// array returns t as an array of the elements from 1 to last. The elements from 1 to n are in the
// array part of t.
func (b *treeBuilder) array(t *lua.LTable, n int, last int64) (Tree, *Error) {
	if last > int64(b.MaxValues) {
		return Tree{}, newError("an array of %d elements; the maximum is %d", last, b.MaxValues)
	}
	tree := Tree{Kind: KindArray}
	for i := 1; i <= int(last); i++ {
		v := t.RawGetInt(i)
		if i > n {
			v = t.RawGetH(lua.LNumber(i))
		}
		element, err := b.value(v)
		if err != nil {
			return Tree{}, err.inElement(int64(i))
		}
		tree.Values = append(tree.Values, element)
	}
	return tree, nil
}

// object returns t as an object. The keys from 1 to n are in the array part of t.
func (b *treeBuilder) object(t *lua.LTable, n int, stringKeys bool) (Tree, *Error) {
	tree := Tree{Kind: KindObject}
	for i := 1; i <= n; i++ {
		if v := t.RawGetInt(i); v != lua.LNil {
			if err := b.member(&tree, t, stringKeys, lua.LNumber(i), v); err != nil {
				return Tree{}, err
			}
		}
	}
	for key, v := nextAfter(t, n); key != lua.LNil; key, v = t.Next(key) {
		if err := b.member(&tree, t, stringKeys, key, v); err != nil {
			return Tree{}, err
		}
	}
	return tree, nil
}

// member adds a member of the table t to an object. stringKeys reports whether all keys of t must
// be strings. Otherwise they are whole numbers, which keySpan has checked.
func (b *treeBuilder) member(object *Tree, t *lua.LTable, stringKeys bool, key, v lua.LValue) *Error {
	text, named := key.(lua.LString)
	if !named && stringKeys {
		return keyError(t, key, false)
	}
	if b.NoNull && isNothing(v) {
		return nil
	}
	name := string(text)
	k, whole := wholeKey(key)
	if whole {
		name = strconv.FormatInt(k, 10)
	}
	if err := b.count(name); err != nil {
		return err
	}
	member, err := b.value(v)
	switch {
	case err != nil && whole:
		return err.inElement(k)
	case err != nil:
		return err.inField(name)
	}
	object.Names = append(object.Names, name)
	object.Values = append(object.Values, member)
	return nil
}

// Integer returns n as a Lua value: a number up to 2^53, and a string of digits beyond, because a
// number would be rounded.
func Integer(n int64) lua.LValue {
	if n < -MaxWhole || n > MaxWhole {
		return lua.LString(strconv.FormatInt(n, 10))
	}
	return lua.LNumber(n)
}

// IsWhole reports whether f is a whole number of at most 2^53, which a module writes as an integer.
// Negative zero is none.
func IsWhole(f float64) bool {
	return math.Abs(f) <= MaxWhole && f == math.Trunc(f) && (f != 0 || !math.Signbit(f))
}
