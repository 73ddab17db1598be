package value_test

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

var treeOptions = value.TreeOptions{Format: "JSON", MaxValues: 10, MaxBytes: 20}

func TestATreeHasLimits(t *testing.T) {
	L := newState(t)
	for _, row := range []struct{ why, source, want string }{
		{"ten values", `return {1, 2, 3, 4, 5, 6, 7, 8, {}}`, ""},
		{"eleven values", `return {1, 2, 3, 4, 5, 6, 7, 8, {9}}`, "more than 10 values"},
		{"a sparse array", `return json.array{[11] = 1}`, "an array of 11 elements; the maximum is 10"},
		{"20 bytes in names and values", `return {name = ("x"):rep(16)}`, ""},
		{"21 bytes in names and values", `return {name = {("x"):rep(17)}}`, "longer than 20 bytes"},
		{"a cycle", `local t = {} t.a = {t} return t`, "a[1]: a table cannot contain itself"},
		{"a function", `return {a = {print}}`, "a[1]: a function cannot be JSON"},
		{"keys of two types", `return {a = 1, [true] = 2}`, "a key must be a string or a whole number, not true"},
	} {
		_, err := value.NewTree(run(t, L, row.source), treeOptions)
		if got := errorText(err); got != row.want {
			t.Errorf("%s: got %q, want %q", row.why, got, row.want)
		}
	}
	deep := run(t, L, `local t = {} for i = 2, 101 do t = {t} end return t`)
	_, err := value.NewTree(deep, value.TreeOptions{MaxValues: 1000, MaxBytes: 1000})
	if got := errorText(err); !strings.HasSuffix(got, ": more than 100 nested tables") {
		t.Errorf("101 nested tables: got %q", got)
	}
}

func TestATreeMayHaveNoNull(t *testing.T) {
	L := newState(t)
	opts := value.TreeOptions{Format: "TOML", MaxValues: 10, MaxBytes: 20, NoNull: true}
	tree, err := value.NewTree(run(t, L, `return {a = json.null, b = 1}`), opts)
	if err != nil || string(appendTree(nil, tree)) != `{"b":1}` {
		t.Errorf("got %v, %v", tree, err)
	}
	_, err = value.NewTree(run(t, L, `return {list = {1, json.null}}`), opts)
	if got := errorText(err); got != "list[2]: TOML has no null" {
		t.Errorf("got %q", got)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// A Tree must have the content that Append writes.
func FuzzTree(f *testing.F) {
	for _, program := range []string{"", "a", "t5k1sab", "[n12345678", "t\x01\x02", "ttttaaaa", "[tx[tyd", "c", "abc[0nnnnnnnn1s3abc2bt"} {
		f.Add([]byte(program))
	}
	L := newState(f)
	array := L.GetGlobal("json").(*lua.LTable).RawGetString("array").(*lua.LFunction)
	f.Fuzz(func(t *testing.T, program []byte) {
		g := generator{L: L, program: program, tag: func(t *lua.LTable) {
			if err := L.CallByParam(lua.P{Fn: array, Protect: true}, t); err != nil {
				panic(err)
			}
		}}
		v := g.value(0)
		want, wantErr := value.Append(nil, v, 1<<16)
		tree, err := value.NewTree(v, value.TreeOptions{Format: "JSON", MaxValues: 1 << 16, MaxBytes: 1 << 16})
		switch {
		case errorText(err) == errorText(wantErr) && err != nil:
		case wantErr != nil && (strings.Contains(wantErr.Error(), "NaN") || strings.Contains(wantErr.Error(), "infinite") || strings.Contains(wantErr.Error(), "longer than")):
			// a Tree may have these numbers, and its limits are others
		case err != nil || wantErr != nil:
			t.Fatalf("got %v, want %v", err, wantErr)
		default:
			if got := appendTree(nil, tree); !bytes.Equal(got, want) {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
	})
}

// appendTree appends the JSON text of a tree to dst.
func appendTree(dst []byte, tree *value.Tree) []byte {
	switch tree.Kind {
	case value.KindNull:
		return append(dst, "null"...)
	case value.KindString:
		return value.AppendText(dst, tree.Value.String())
	case value.KindNumber:
		return value.AppendNumber(dst, float64(tree.Value.(lua.LNumber)))
	case value.KindBoolean:
		return strconv.AppendBool(dst, tree.Value == lua.LTrue)
	}
	brackets := "{}"
	if tree.Kind == value.KindArray {
		brackets = "[]"
	}
	dst = append(dst, brackets[0])
	for i := range tree.Values {
		if i > 0 {
			dst = append(dst, ',')
		}
		if tree.Kind == value.KindObject {
			dst = append(value.AppendText(dst, tree.Names[i]), ':')
		}
		dst = appendTree(dst, &tree.Values[i])
	}
	return append(dst, brackets[1])
}

func TestIntegersBeyond2To53AreStrings(t *testing.T) {
	for _, row := range []struct {
		n    int64
		want lua.LValue
	}{
		{0, lua.LNumber(0)},
		{1 << 53, lua.LNumber(1 << 53)},
		{-1 << 53, lua.LNumber(-1 << 53)},
		{1<<53 + 1, lua.LString("9007199254740993")},
		{-1<<53 - 1, lua.LString("-9007199254740993")},
		{math.MinInt64, lua.LString("-9223372036854775808")},
	} {
		if got := value.Integer(row.n); got != row.want {
			t.Errorf("%d: got %v, want %v", row.n, got, row.want)
		}
	}
}
