package gpio

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/pins"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

// A group is outputs that are set at once, as one generation of the script has them. Its fields belong to
// the executor's goroutine.
type group struct {
	slot
	out *output // nil before it is open
}

// group is the Lua function gpio.group.
func (m *module) group(L *lua.LState) int {
	list := L.CheckTable(1)
	if n := list.Len(); n < 1 || n > maxLines {
		L.ArgError(1, fmt.Sprintf("a list of 1 to %d lines expected", maxLines))
	}
	var names []pins.Name
	var shown []string
	for i := 1; i <= list.Len(); i++ {
		names = append(names, checkLine(L, list.RawGetInt(i)))
	}
	opts := checkOutputOptions(L, names)
	for _, n := range names {
		m.checkPermission(L, "gpio.group", n)
		shown = append(shown, n.String())
	}
	g := &group{slot: slot{m: m, function: "gpio.group", name: strings.Join(shown, ", "), lines: len(names)}}
	g.detach = func() {}
	failure := g.claim(L, outputClaim(m.board, names, opts), func(r luastd.Resource) error {
		g.out = r.(*output)
		return g.out.attach(m.rt.AfterFunc, opts.atClose)
	})
	if failure != nil {
		return pushError(L, failure)
	}
	L.Push(&lua.LUserData{Value: g, Env: L.Env, Metatable: m.groups})
	return 1
}

func checkGroup(L *lua.LState) *group {
	return value.CheckHandle[*group](L, "a group", "group:write{true, false}")
}

// groupMetatable returns the metatable of groups.
func (m *module) groupMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable[*group](L, "gpio group", map[string]lua.LGFunction{
		"write": groupWrite, "read": groupRead,
		"close": func(L *lua.LState) int {
			checkGroup(L).close()
			L.Push(lua.LTrue)
			return 1
		},
	}, nil)
}

// groupWrite is the Lua method group:write.
func groupWrite(L *lua.LState) int {
	g := checkGroup(L)
	values, err := toValues(L.CheckTable(2), g.lines)
	if err != nil {
		L.ArgError(2, err.Error())
	}
	if failure := g.ready(L, "group:write"); failure != nil {
		return pushError(L, failure)
	}
	return pushDone(L, g.out.write(values))
}

// groupRead is the Lua method group:read.
func groupRead(L *lua.LState) int {
	g := checkGroup(L)
	if failure := g.ready(L, "group:read"); failure != nil {
		return pushError(L, failure)
	}
	values, err := g.out.read()
	if err != nil {
		return pushError(L, err)
	}
	t := L.CreateTable(len(values), 0)
	for _, v := range values {
		t.Append(lua.LBool(v))
	}
	L.Push(t)
	return 1
}
