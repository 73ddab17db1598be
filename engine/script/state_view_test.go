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
