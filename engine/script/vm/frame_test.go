package vm

import (
	"reflect"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// callFrame must have the layout of gopher-lua's type, which is not exported.
func TestCallFrameHasTheLayoutOfGopherLua(t *testing.T) {
	t.Parallel()
	theirs := reflect.TypeFor[lua.LState]().Field(frameField).Type.Elem()
	ours := reflect.TypeFor[callFrame]()
	if theirs.NumField() != ours.NumField() || theirs.Size() != ours.Size() {
		t.Fatalf("gopher-lua's callFrame has %d fields and %d bytes", theirs.NumField(), theirs.Size())
	}
	for i := range ours.NumField() {
		a, b := theirs.Field(i), ours.Field(i)
		if a.Name != b.Name || a.Offset != b.Offset || a.Type.Kind() != b.Type.Kind() {
			t.Errorf("field %d is %s %v at %d; want %s %v at %d", i, a.Name, a.Type, a.Offset, b.Name, b.Type, b.Offset)
		}
	}
	registry := reflect.TypeFor[lua.LState]().Field(registryField).Type.Elem()
	if got := registry.Field(arrayField).Type; got != reflect.TypeFor[[]lua.LValue]() {
		t.Errorf("the value stack is a %v", got)
	}
}
