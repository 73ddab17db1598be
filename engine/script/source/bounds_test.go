package source

import (
	"strings"
	"testing"
	"time"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

func TestSourcesJustWithinTheBoundsCompileInAShortTime(t *testing.T) {
	for name, source := range map[string]string{
		"nested":     "x = " + strings.Repeat("{", 199) + strings.Repeat("}", 199),
		"signs":      "x = " + strings.Repeat("- ", 199) + "y",
		"blocks":     strings.Repeat("do ", 199) + strings.Repeat("end ", 199),
		"a long sum": "x = y" + strings.Repeat(" + 1", maxTreeDepth-10),
		"calls":      "x = y" + strings.Repeat("()", maxTreeDepth-10),
	} {
		begun := time.Now()
		if _, err := Compile([]byte(source), name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(begun); took > 30*time.Second { // compiling usually takes about 0.1 s
			t.Errorf("%s: took %v", name, took)
		}
	}
}

func TestNestingInStringsAndCommentsDoesNotCount(t *testing.T) {
	many := strings.Repeat("({[", 300)
	for _, source := range []string{
		"x = '" + many + "'", `x = "\"` + many + `"`, "x = [[" + many + "]]", "x = [==[" + many + "]]]==]",
		"-- " + many + "\nx = 1", "--[[" + many + "]] x = 1", "--[=[\n" + many + "]=] x = 1", "x = '\\\\' --" + many,
		strings.Repeat("f() ", 1000), strings.Repeat("if a then b() end ", 1000), strings.Repeat("x = -1 ", 1000),
		strings.Repeat("repeat until a ", 1000), strings.Repeat("for i = 1, 2 do end while a do end ", 1000),
		strings.Repeat("function f() return function() end end ", 1000),
	} {
		if err := checkNesting([]byte(source)); err != nil {
			t.Errorf("%.60q: %v", source, err)
		}
	}
	if err := checkNesting([]byte("\n\nx = [[\n]] --[[\n]]\n" + many)); err == nil || err.Error() != "6: chunk has too many syntax levels" {
		t.Errorf("got %v, want it at line 6", err)
	}
}

// parsed returns the syntax tree of a source from gopher-lua's parser, without rewrites.
func parsed(t *testing.T, source string) []ast.Stmt {
	chunk, err := parse.Parse(strings.NewReader(source), "a.lua")
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return chunk
}
