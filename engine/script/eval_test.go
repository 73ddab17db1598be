package script

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
)

// loadForEval loads a script to which Eval and Complete are applied.
func loadForEval(t *testing.T) (f *fixture, path string) {
	f = newFixture(t, Options{})
	f.write("a.lua", `
		level, lamp = 5, { on = true, color = "red", toggle = function() end }
		register_tool { name = "get_level", handler = function() sleep(0.001) return level end }
		register_tool { name = "fail", handler = function() return nil, "why" end }
	`)
	path = f.path("a.lua")
	if _, err := f.Load(path); err != nil {
		t.Fatal(err)
	}
	return f, path
}

func TestEvalRunsCodeInTheScript(t *testing.T) {
	f, path := loadForEval(t)
	for _, row := range []struct{ code, want string }{
		{"level", "5"},
		{"= level", "5"},
		{"level, nil, 'a'", `5, nil, "a"`},
		{"level = 6", ""},
		{"level -- a comment", "6"},
		{"local a = 1 return a", "1"},
		{"lamp", `{ color = "red", on = true, toggle = function }`},
		{"tools.get_level()", `"6"`},
		{"tools.fail{}", `nil, "why"`},
		{"sleep(0.001) or 7", "7"},
		{"base64.encode('x')", `"eA=="`},
		{"", ""},
	} {
		values, err := f.Eval(t.Context(), path, row.code)
		if got := strings.Join(values, ", "); err != nil || !strings.HasPrefix(got, strings.TrimSuffix(row.want, "function }")) {
			t.Errorf("%s: got %s, %v, want %s", row.code, got, err, row.want)
		}
	}
	for _, row := range []struct{ code, want string }{
		{"level = = 1", "input:1: syntax error near '='"},
		{"error('no', 0)", "no"},
		{"nothing.x", "input:1: attempt to index 'nothing' (a nil value)"},
		{"for i = 1, 2 do", "near the end: the code is not complete"},
		{"while true do end", "ran for 2s without a wait"},
	} {
		if _, err := f.Eval(t.Context(), path, row.code); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %s", row.code, err, row.want)
		}
	}
	if _, err := f.Eval(t.Context(), "b.lua", "1"); err == nil {
		t.Error("a script that is not loaded can evaluate code")
	}
}

func TestEvalEndsWhenItsContextIsDone(t *testing.T) {
	f, path := loadForEval(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := f.Eval(ctx, path, "sleep(1000)"); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("got %v", err)
	}
	time.AfterFunc(10*time.Millisecond, f.Close)
	if _, err := f.Eval(t.Context(), path, "sleep(1000)"); err == nil {
		t.Error("Eval returned no error after Close")
	}
}

func TestIncompleteCodeIsDistinguishedFromWrongCode(t *testing.T) {
	for code, want := range map[string]bool{
		"1 +": true, "function f()": true, "f(": true, "x = {": true, "[[a": true, "if x then": true, "(": true,
		"1 + 1": false, "x = = 1": false, ")": false, "end": false, "": false, "'a": false,
	} {
		if got := IsIncomplete(code); got != want {
			t.Errorf("%q: got %v", code, got)
		}
	}
}

func TestCompleteFindsNames(t *testing.T) {
	f, path := loadForEval(t)
	for _, row := range []struct {
		text  string
		start int
		want  []string
	}{
		{"print(lev", 6, []string{"level"}},
		{"lamp.", 5, []string{"color", "on", "toggle"}},
		{"lamp:", 5, []string{"toggle"}},
		{"x = json.enc", 9, []string{"encode"}},
		{"tools.g", 6, []string{"get_level"}},
		{"regis", 0, []string{"register_prompt", "register_resource", "register_tool"}},
		{"whi", 0, []string{"while"}},
		{"nothing.", 8, nil},
		{"lamp.color.", 11, nil},
		{"", 0, nil},
		{"1 + ", 4, nil},
	} {
		start, names := f.Complete(path, row.text)
		if start != row.start || !slices.Equal(names, row.want) {
			t.Errorf("%q: got %d, %q, want %d, %q", row.text, start, names, row.start, row.want)
		}
	}
}
