package script

import (
	"context"
	"reflect"
	"strings"
	"testing"
)

func TestAPersonCanLookAtTheStateOfAScript(t *testing.T) {
	f := newFixture(t, Options{})
	f.write("a.lua", `state.z = 1
		state.list = { 1, "two" }
		state[3] = true
		state.fn = print
		state.large = string.rep("x", 300 * 1024)`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	view, err := f.State(context.Background(), "a.lua")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(view.State), `{"3":true,"list":[1,"two"],"z":1}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if want := []string{"large"}; !reflect.DeepEqual(view.TooLarge, want) {
		t.Errorf("too large: %q, want %q", view.TooLarge, want)
	}
	if _, err := f.State(context.Background(), "b.lua"); err == nil || !strings.Contains(err.Error(), "no script is called b.lua") {
		t.Errorf("an unknown script: %v", err)
	}
}

func TestAnEntryOfStateCanBeSet(t *testing.T) {
	f := newSourceFixture(t, map[string]string{"main.lua": `state.list = { 1 } state.gone = 1 state[7] = "seven" register_tool("read", function() return { state.lamp.on, state[7], state.gone == nil } end)`})
	for key, value := range map[string]string{"lamp": `{"on": true}`, "7": `"new"`, "gone": ` null `} {
		if err := f.SetState(t.Context(), "main.lua", key, []byte(value)); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	f.want("read", "{}", `[true,"new",true]`)
	for _, row := range []struct{ script, value, want string }{
		{"other.lua", "1", "no script is called other.lua"},
		{"main.lua", "{", "state.x: "},
		{"main.lua", strings.Repeat(" ", maxStateEntry+1), "longer than"},
	} {
		if err := f.SetState(t.Context(), row.script, "x", []byte(row.value)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s %.10s: got %v, want %s", row.script, row.value, err, row.want)
		}
	}
}
