package lint

import (
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// What Parse lets through compiles soon, at the very bounds.
func TestWhatIsAllowedCompilesSoon(t *testing.T) {
	for name, source := range map[string]string{
		"nested":     "x = " + strings.Repeat("{", 199) + strings.Repeat("}", 199),
		"signs":      "x = " + strings.Repeat("- ", 199) + "y",
		"blocks":     strings.Repeat("do ", 199) + strings.Repeat("end ", 199),
		"a long sum": "x = y" + strings.Repeat(" + 1", deepestTree-10),
		"calls":      "x = y" + strings.Repeat("()", deepestTree-10),
	} {
		begun := time.Now()
		chunk, err := Parse([]byte(source), name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := lua.Compile(chunk, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(begun); took > 30*time.Second { // a tenth of a second, when nothing else runs
			t.Errorf("%s: took %v", name, took)
		}
	}
}

func TestNestingIsCountedOutsideOfStringsAndComments(t *testing.T) {
	many := strings.Repeat("({[", 300)
	for _, source := range []string{
		"x = '" + many + "'", `x = "\"` + many + `"`, "x = [[" + many + "]]", "x = [==[" + many + "]]]==]",
		"-- " + many + "\nx = 1", "--[[" + many + "]] x = 1", "--[=[\n" + many + "]=] x = 1", "x = '\\\\' --" + many,
		strings.Repeat("f() ", 1000), strings.Repeat("if a then b() end ", 1000), strings.Repeat("x = -1 ", 1000),
		strings.Repeat("repeat until a ", 1000), strings.Repeat("for i = 1, 2 do end while a do end ", 1000),
		strings.Repeat("function f() return function() end end ", 1000),
	} {
		if err := Nesting([]byte(source)); err != nil {
			t.Errorf("%.60q: %v", source, err)
		}
	}
	if err := Nesting([]byte("\n\nx = [[\n]] --[[\n]]\n" + many)); err == nil || err.Error() != "6: chunk has too many syntax levels" {
		t.Errorf("got %v, want it at line 6", err)
	}
}

// The same sources, as gopher-lua compiles them by itself, come out otherwise;
// when they do not, the mending can go.
func TestWhatIsMendedIsWrongInGopherLua(t *testing.T) {
	for source, want := range map[string]string{
		"local a, b = 1, 2 a, b = b, a return a .. b":                                                     "21",
		"local t = {} local u = t t, t.x = nil, 5 return tostring(u.x)":                                   "5",
		"local a, b = 0, 0 local function f() return a end a, b = 5, f() return a .. b":                   "50",
		"local f = 'outer' local f = function() return tostring(f) end return f()":                        "outer",
		"do local a, b, c, d = 9, 9, 9, 9 end for k, v in next, {x = 'y'} do return k .. v end return ''": "xy",
	} {
		run := func(parse func() (*lua.FunctionProto, error)) string {
			L := lua.NewState()
			defer L.Close()
			proto, err := parse()
			if err != nil {
				t.Fatal(err)
			}
			if err := L.CallByParam(lua.P{Fn: L.NewFunctionFromProto(proto), NRet: 1, Protect: true}); err != nil {
				return err.Error()
			}
			return L.Get(-1).String()
		}
		theirs := run(func() (*lua.FunctionProto, error) { return lua.Compile(parsed(t, source), "a.lua") })
		ours := run(func() (*lua.FunctionProto, error) {
			chunk, err := Parse([]byte(source), "a.lua")
			if err != nil {
				return nil, err
			}
			return lua.Compile(chunk, "a.lua")
		})
		if ours != want || theirs == want {
			t.Errorf("%s: ours %s, want %s; gopher-lua %s, want another", source, ours, want, theirs)
		}
	}
}

func parsed(t *testing.T, source string) []ast.Stmt {
	chunk, err := parse.Parse(strings.NewReader(source), "a.lua")
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return chunk
}
