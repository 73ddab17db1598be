package script

import (
	"os"
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// standard are the globals that are Lua's own.
var standard = []string{
	"_G", "_VERSION", "assert", "collectgarbage", "coroutine", "debug", "error", "gcinfo", "getfenv", "getmetatable",
	"ipairs", "load", "loadstring", "math", "next", "os", "pairs", "pcall", "rawequal", "rawget", "rawset",
	"select", "setfenv", "setmetatable", "string", "table", "tonumber", "tostring", "type", "unpack", "xpcall",
}

// offered are the names of all that a script can call beside Lua's own library.
func offered(t *testing.T) []string {
	b := load(t, "")
	g := b.Scripts.list[0].current
	var names []string
	g.x.between(func() {
		g.x.root.G.Global.ForEach(func(k, v lua.LValue) {
			library, ok := v.(*lua.LTable)
			switch {
			case slices.Contains(standard, k.String()):
			case ok && k.String() != "state":
				library.ForEach(func(field, _ lua.LValue) { names = append(names, k.String()+"."+field.String()) })
			default:
				names = append(names, k.String())
			}
		})
	})
	return names
}

func TestEveryFunctionIsInTheManualAndInTheTypes(t *testing.T) {
	manual, err := os.ReadFile("../../docs/lua.md")
	if err != nil {
		t.Fatal(err)
	}
	types, err := os.ReadFile("../../scripts/types/moonlark.lua")
	if err != nil {
		t.Fatal(err)
	}
	names := offered(t)
	if len(names) < 15 {
		t.Errorf("a script sees only %v", names)
	}
	for _, name := range names {
		if !strings.Contains(string(manual), "    "+name+"(") && !strings.Contains(string(manual), "   "+name+"(") && !strings.Contains(string(manual), "### "+name+"\n") {
			t.Errorf("docs/lua.md does not have %s", name)
		}
		if name == "print" || name == "require" {
			continue // the language server knows them
		}
		if !strings.Contains(string(types), "function "+name+"(") && !strings.Contains(string(types), "\n"+name+" = ") {
			t.Errorf("scripts/types/moonlark.lua does not have %s", name)
		}
	}
}

// What the manual names as Lua's own, or as missing, is so.
func TestTheStandardLibraryIsWhatTheManualSays(t *testing.T) {
	b := load(t, `register_tool("has", function(a)
		local v = _G
		for part in a.name:gmatch("[^.]+") do v = v[part] if v == nil then return false end end
		return true
	end)`)
	for name, want := range map[string]string{
		"os.clock": "true", "os.date": "true", "os.time": "true", "debug.traceback": "true", "coroutine.wrap": "true", "string.format": "true",
		"os.exit": "false", "os.execute": "false", "os.getenv": "true", "os.remove": "false", "io": "false", "package": "false", "dofile": "false",
		"loadfile": "false", "module": "false", "newproxy": "false", "getfenv": "true", "setfenv": "true", "debug.sethook": "false",
		"debug.getupvalue": "false", "channel": "false",
	} {
		b.want("has", `{"name":"`+name+`"}`, want)
	}
}
