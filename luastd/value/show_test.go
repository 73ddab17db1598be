package value_test

import (
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// evaluate returns the value of a Lua expression.
func evaluate(t *testing.T, L *lua.LState, expression string) lua.LValue {
	t.Helper()
	if err := L.DoString("return " + expression); err != nil {
		t.Fatal(err)
	}
	v := L.Get(-1)
	L.Pop(1)
	return v
}

func TestShow(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	for _, row := range []struct{ expression, want string }{
		{`nil`, `nil`},
		{`12.5`, `12.5`},
		{`"a \"b\" \\ ä\n\t\0\127"`, `"a \"b\" \\ ä\n\t\000\127"`},
		{`"\255\239\191\189"`, `"\255` + "\uFFFD" + `"`},
		{`{}`, `{}`},
		{`{ 1, "a", nil, true }`, `{ 1, "a", [4] = true }`},
		{`{ b = 1, a = { x = {} }, [10] = 2, [0.5] = 3, [true] = 4, ["a b"] = 5 }`,
			`{ [0.5] = 3, [10] = 2, a = { x = {} }, ["a b"] = 5, b = 1, [true] = 4 }`},
		{`{ name = "a text that makes the table too long for one line", list = { 1, 2 }, on = true }`,
			"{\n  list = { 1, 2 },\n  name = \"a text that makes the table too long for one line\",\n  on = true,\n}"},
		{`(function() local t = { 1 } t.t = t return t end)()`, `{ 1, t = {...} }`},
	} {
		if got := value.Show(evaluate(t, L, row.expression)); got != row.want {
			t.Errorf("%s: got %s, want %s", row.expression, got, row.want)
		}
	}
}

func TestShowOfADeepTableIsShort(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	deep := evaluate(t, L, `(function() local t = {} for i = 1, 1000 do t = { t } end return t end)()`)
	if got := value.Show(deep); strings.Count(got, "{") != 21 || !strings.Contains(got, "{...}") {
		t.Errorf("got %s", got)
	}
}

func TestShowOfAHugeValueIsShort(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	v := evaluate(t, L, `(function()
		local t = {}
		for i = 1, 100000 do t[i] = { text = ("x"):rep(10), key = i } end
		for i = 1, 100000 do t["key" .. i] = i end
		return t
	end)()`)
	for _, v := range []lua.LValue{v, evaluate(t, L, `("x"):rep(2^22)`), evaluate(t, L, `{ [("x"):rep(2^22)] = ("x"):rep(2^22), a = ("x"):rep(2^22) }`)} {
		if n := len(value.Show(v)); n > 1<<20 {
			t.Errorf("the text has %d bytes", n)
		}
	}
}

func TestEqual(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	if err := L.DoString(`function nested(n) local t = {} for i = 1, n do t = { t } end return t end
		a = { 1 } a.self = a b = { 1 } b.self = b c = { 1 } c.self = { 1 }`); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		a, b string
		want bool
	}{
		{"1", "1", true}, {"1", `"1"`, false}, {"nil", "false", false}, {"{}", "{}", true},
		{"{ 1, { x = 2 } }", "{ 1, { x = 2 } }", true},
		{"{ 1, 2 }", "{ 1 }", false}, {"{ 1 }", "{ 1, 2 }", false}, {"{ x = 1 }", "{ y = 1 }", false},
		{"nested(10000)", "nested(10000)", true}, {"nested(3e6)", "nested(3e6)", false},
		{"a", "b", true}, {"a", "c", false}, {"print", "print", true}, {"print", "type", false},
	} {
		if got := value.Equal(evaluate(t, L, row.a), evaluate(t, L, row.b)); got != row.want {
			t.Errorf("%s and %s: got %v", row.a, row.b, got)
		}
	}
}
