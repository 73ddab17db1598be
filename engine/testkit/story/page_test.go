package story

import (
	"slices"
	"testing"
)

func TestMoonlarkCommandsOfAPage(t *testing.T) {
	page := "Text with moonlark.\n\n    moonlark call a.lua b '{\"c\": \"d e\"}'\n    moonlark run --say \"f g\"   # h\n    cd i\n"
	got := moonlarkCommands(page)
	want := [][]string{{"moonlark", "call", "a.lua", "b", `{"c": "d e"}`}, {"moonlark", "run", "--say", "f g"}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCommandIsContained(t *testing.T) {
	ran := []string{"moonlark", "tools", "push", "--host", "h", "a.lua"}
	for _, command := range [][]string{{"moonlark", "tools", "push"}, {"moonlark", "tools", "push", "a.lua"}} {
		if !isContained(command, ran) {
			t.Errorf("%q is not found", command)
		}
	}
	for _, command := range [][]string{{"moonlark", "push", "tools"}, {"moonlark", "tools", "push", "b.lua"}} {
		if isContained(command, ran) {
			t.Errorf("%q is found", command)
		}
	}
}
