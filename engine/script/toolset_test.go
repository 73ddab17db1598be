package script

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/tool"
	"moonlark/luastd"
)

// sets are the toolsets that scripts have made, by the name of the script's set.
type sets map[string]luastd.Toolset

// module returns a module with a Lua function toolset(name), which makes a toolset whose tools return
// the name of the set and of the tool.
func (s sets) module() luastd.Module {
	return luastd.Module{Name: "toolsets", Globals: []string{"toolset"}, Open: func(L *lua.LState, rt luastd.Runtime) lua.LValue {
		t := L.CreateTable(0, 1)
		t.RawSetString("toolset", L.NewFunction(func(L *lua.LState) int {
			name := L.CheckString(1)
			set, err := rt.NewToolset(L.NewFunction(func(L *lua.LState) int {
				L.Push(lua.LString(name + " " + L.GetField(L.Get(2), "name").String()))
				return 1
			}))
			if err != nil {
				L.RaiseError("%s", err)
			}
			s[name] = set
			return 0
		}))
		return t
	}}
}

// specs returns descriptions of tools with these names.
func specs(names ...string) (all []*tool.Spec) {
	for _, name := range names {
		all = append(all, &tool.Spec{Name: name, Source: "b.lua:7"})
	}
	return all
}

func toolNames(s *Scripts) (names []string) {
	for _, spec := range s.Tools() {
		names = append(names, spec.Name)
	}
	return names
}

func TestAToolsetChangesWhileTheScriptIsInUse(t *testing.T) {
	made := make(sets)
	var changes []int
	f := newFixture(t, Options{Modules: []luastd.Module{made.module()}, ToolsChanged: func(s Summary) { changes = append(changes, len(s.Tools)) }})
	f.write("a.lua", `register_tool("own", function() return "own" end) toolset("a")`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if f.AwaitToolsets(soon) == nil {
		t.Error("a toolset is awaited until it has been set")
	}
	made["a"].Set(specs("x", "y"))
	if err := f.AwaitToolsets(t.Context()); err != nil {
		t.Error(err)
	}
	f.want("x", "", "a x")
	before := f.Tools()
	made["a"].Set(specs("x", "y")) // nothing changes
	if after := f.Tools(); !slices.Equal(before, after) {
		t.Error("equal tools are replaced")
	}
	made["a"].Set(specs("y", "own"))
	if got := toolNames(f.Scripts); !slices.Equal(got, []string{"own", "y"}) {
		t.Errorf("got %q", got)
	}
	f.want("own", "", "own")
	f.want("x", "", "! there is no tool 'x' (did you mean 'y'?); the tools are own, y")
	f.until("WARN: b.lua:7: the tool own is not offered, because a.lua:1 has registered a tool with this name")
	if !slices.Equal(changes, []int{3, 2}) {
		t.Errorf("the changes are %v", changes)
	}
}

func TestAToolsetOfAReplacedScriptHasNoEffect(t *testing.T) {
	made := make(sets)
	f := newFixture(t, Options{Modules: []luastd.Module{made.module()}})
	f.write("a.lua", `toolset("a")`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	old := made["a"]
	old.Set(specs("x"))
	f.reload()
	if got := toolNames(f.Scripts); len(got) > 0 {
		t.Errorf("got %q", got)
	}
	old.Set(specs("x", "y"))
	if got := toolNames(f.Scripts); len(got) > 0 {
		t.Errorf("got %q", got)
	}
	made["a"].Set(specs("z"))
	f.want("z", "", "a z")
}

func TestARegisteredToolHidesThatOfAToolset(t *testing.T) {
	made := make(sets)
	f := newFixture(t, Options{Modules: []luastd.Module{made.module()}})
	f.write("a.lua", `toolset("a")`)
	f.write("b.lua", `register_tool("x", function() return "b" end) toolset("b")`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	made["a"].Set(specs("x", "y"))
	if _, err := f.Load(f.path("b.lua")); err != nil {
		t.Fatal(err)
	}
	made["b"].Set(specs("y"))
	f.want("x", "", "b")
	f.want("y", "", "a y")
	if got := strings.Join(toolNames(f.Scripts), " "); got != "y x" {
		t.Errorf("got %s", got)
	}
}

func TestAToolsetIsMadeWhileTheScriptLoads(t *testing.T) {
	made := make(sets)
	f := newFixture(t, Options{Modules: []luastd.Module{made.module()}})
	f.write("a.lua", `register_tool("late", function() toolset("late") end)`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	if r := f.call("late", ""); !r.IsError || !strings.Contains(r.Text, "the script has loaded already") {
		t.Errorf("got %+v", r)
	}
}
