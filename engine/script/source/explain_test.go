package source

import (
	"errors"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// The last line of each source raises the error.
func TestAnErrorNamesTheVariableThatCausedIt(t *testing.T) {
	for _, row := range []struct{ source, want string }{
		{"undefinedfn()", "attempt to call 'undefinedfn' (a nil value)"},
		{"local f f()", "attempt to call 'f' (not a function)"},
		{"local t = {} t.go()", "attempt to call 't.go' (not a function)"},
		{"local t = {} t:go()", "attempt to call 't:go' (not a function)"},
		{"local t = {a = {}} t.a.b(1)", "attempt to call 't.a.b' (not a function)"},
		{"print(undefinedfn(1))", "attempt to call 'undefinedfn' (a nil value)"},
		{"print(string.format('%d', undefinedfn(1)))", "attempt to call 'undefinedfn' (a nil value)"},
		{"print(json.encode(undefinedfn(1)))", "attempt to call 'undefinedfn' (a nil value)"},
		{"string.fromat('x')", "attempt to call 'string.fromat' (not a function)"},
		{"local function ok() end\nlocal x = ok() or undefinedfn()", "attempt to call 'undefinedfn' (a nil value)"},
		{"a() b()", "attempt to call a value that is not a function"},
		{"local f = {} f[1]()", "attempt to call 'f[1]' (not a function)"},
		{"(function() end)()()", "attempt to call a value that is not a function"},
		{"for x in things do end", "attempt to call 'things' (a nil value)"},
		{"local function f() return g() end\nf()", "attempt to call 'g' (a nil value)"},

		{"print(config.y)", "attempt to index 'config' (a nil value)"},
		{"config.y = 1", "attempt to index 'config' (a nil value)"},
		{"local config = 5 config.y = 1", "attempt to index 'config' (a number value)"},
		{"local t = {} print(t.a.b)", "attempt to index 't.a' (a nil value)"},
		{"local t = {} print(t.a.b.c)", "attempt to index 't.a' (a nil value)"},
		{"local t = {} t.list[1] = 2", "attempt to index 't.list' (a nil value)"},
		{"local t, i = {}, 3 print(t[i].name)", "attempt to index 't[i]' (a nil value)"},
		{"lamp:on()", "attempt to index 'lamp' (a nil value)"},
		{"local function f() end\nprint(f().x)", "attempt to index 'f()' (a nil value)"},
		{"local a = {x = 1} print(a.x, b.x)", "attempt to index a nil value with key 'x'"},
		{"print(nothing[1])", "attempt to index 'nothing' (a nil value)"},
		{"local k = 'x' print(nothing[k])", "attempt to index 'nothing' (a nil value)"},
		{"print(('x'):rep(2).y.z)", "attempt to index a nil value with key 'z'"},

		{"print('hello ' .. name)", "attempt to concatenate 'name' (a nil value)"},
		{"print('hello ' .. name .. '!')", "attempt to concatenate 'name' (a nil value)"},
		{"local t = {} print(t .. 'x')", "attempt to concatenate 't' (a table value)"},
		{"local a = 'x' print(a .. name)", "attempt to concatenate a nil value"},
		{"print(count + 1)", "attempt to perform arithmetic on 'count' (a nil value)"},
		{"local t = {} print(1 + t.n)", "attempt to perform arithmetic on 't.n' (a nil value)"},
		{"print(1 - nothing * 2)", "attempt to perform arithmetic on 'nothing' (a nil value)"},
		{"print(a + b)", "attempt to perform arithmetic on 'a' (a nil value)"},
		{"local s = 'five' print(s + 1)", "attempt to perform arithmetic on 's' (a string value)"},
		{"print(a + 1, b + 1)", "attempt to perform arithmetic on a nil value"},
		{"print(-nothing)", "attempt to perform arithmetic on 'nothing' (not a number)"},
		{"print(#nothing)", "attempt to get length of 'nothing' (neither a string nor a table)"},
		{"print({} < {})", "attempt to compare two table values"},
		{"print(1 < 'x')", "attempt to compare number with string"},
		{"for i = nil, 3 do end", "'for' initial value must be a number"},
		{"for i = 1, 'x' do end", "'for' limit must be a number"},
		{"error('attempt to dance')", "attempt to dance"},
	} {
		L := lua.NewState()
		json := L.NewTable()
		json.RawSetString("encode", L.GetGlobal("tostring"))
		L.SetGlobal("json", json)
		fn, err := L.Load(strings.NewReader(row.source), "a.lua")
		if err != nil {
			t.Fatal(err)
		}
		var raised *lua.ApiError
		if err := L.CallByParam(lua.P{Fn: fn, Protect: true}); !errors.As(err, &raised) {
			t.Fatalf("%s: no error", row.source)
		}
		line := 0
		for n := range strings.Count(row.source, "\n") + 1 {
			if strings.HasPrefix(raised.Object.String(), "a.lua:"+string(rune('1'+n))+": ") {
				line = n + 1
			}
		}
		got := Explain(parsed(t, row.source), line, raised.Object.String(), []string{"json.encode"})
		if _, got, _ = strings.Cut(got, ": "); got != row.want {
			t.Errorf("%s\ngot  %s\nwant %s (gopher-lua: %s)", row.source, got, row.want, raised.Object)
		}
		L.Close()
	}
}
