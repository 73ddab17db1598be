package luastd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// The behaviour of the module is told in Lua: a line "expression  --> text"
// holds when the expression's values, or its error, come out as that text.
func TestJSONInLua(t *testing.T) {
	files, err := filepath.Glob("testdata/json/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".lua"), func(t *testing.T) {
			runJSONExamples(t, file)
		})
	}
}

func runJSONExamples(t *testing.T, file string) {
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	L := newJSONState(t)
	examples := 0
	L.SetGlobal("example", L.NewFunction(func(L *lua.LState) int {
		examples++
		line, want, top := L.CheckInt(1), L.CheckString(2), L.GetTop()
		var words []string
		if err := L.CallByParam(lua.P{Fn: L.CheckFunction(3), NRet: lua.MultRet, Protect: true}); err != nil {
			var raised *lua.ApiError
			errors.As(err, &raised)
			words = []string{raised.Object.String()}
		}
		for i := top + 1; i <= L.GetTop(); i++ {
			words = append(words, L.ToStringMeta(L.Get(i)).String())
		}
		got := strings.ReplaceAll(strings.Join(words, ", "), "\n", `\n`)
		if got = luaPlace.ReplaceAllString(got, ""); got != want {
			t.Errorf("%s:%d: got  %s\nwant %s", file, line, got, want)
		}
		return 0
	}))
	lines := strings.Split(string(source), "\n")
	for i, line := range lines {
		if expression, want, ok := strings.Cut(line, "--> "); ok {
			lines[i] = fmt.Sprintf("example(%d, [==[%s]==], function() return %s end)", i+1, want, expression)
		}
	}
	chunk, err := L.Load(strings.NewReader(strings.Join(lines, "\n")), filepath.Base(file))
	if err != nil {
		t.Fatal(err)
	}
	if err := L.CallByParam(lua.P{Fn: chunk, Protect: true}); err != nil {
		t.Fatal(err)
	}
	if examples == 0 {
		t.Errorf("%s has no examples", file)
	}
}

// luaPlace is the place in a script that an error begins with.
var luaPlace = regexp.MustCompile(`\b\w+\.lua:\d+: `)

func newJSONState(t testing.TB) *lua.LState {
	L := lua.NewState()
	t.Cleanup(L.Close)
	OpenJSON(L)
	return L
}
