package value_test

import (
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

type lamp struct{ on bool }

func (l *lamp) String() string { return "lamp" }

func TestHandles(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	methods := map[string]lua.LGFunction{"switch": func(L *lua.LState) int {
		l := value.CheckHandle[*lamp](L, "a lamp", "lamp:switch()")
		l.on = !l.on
		return 0
	}}
	field := func(l *lamp, name string) lua.LValue {
		if name == "on" {
			return lua.LBool(l.on)
		}
		return lua.LNil
	}
	L.SetGlobal("a", &lua.LUserData{Value: &lamp{}, Metatable: value.HandleMetatable(L, "a kind of lamp", methods, field)})
	L.SetGlobal("b", &lua.LUserData{Value: lamp{}, Metatable: value.HandleMetatable[lamp](L, "another", methods, nil)})
	for source, want := range map[string]string{
		`a:switch() return a.on`:               "true",
		`return a.off`:                         "nil",
		`return tostring(a)`:                   "lamp",
		`return tostring(b)`:                   "another",
		`return getmetatable(a)`:               "a kind of lamp",
		`return select(2, pcall(a.switch))`:    "<string>:1: bad argument #1 to (anonymous) (a lamp expected: use a colon, as in lamp:switch())",
		`return select(2, pcall(a.switch, b))`: "<string>:1: bad argument #1 to (anonymous) (a lamp expected: use a colon, as in lamp:switch())",
	} {
		if err := L.DoString(source); err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got := L.Get(-1).String(); got != want {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}
