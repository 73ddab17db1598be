package script

import (
	"os"
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/modules"
)

// standardGlobals are the globals of Lua itself.
var standardGlobals = []string{"package",
	"_G", "_VERSION", "assert", "collectgarbage", "coroutine", "debug", "error", "gcinfo", "getfenv", "getmetatable", "io",
	"ipairs", "load", "loadstring", "math", "next", "os", "pairs", "pcall", "rawequal", "rawget", "rawset",
	"select", "setfenv", "setmetatable", "string", "table", "tonumber", "tostring", "type", "unpack", "xpcall",
}

// apiNames returns the names of all global functions and library functions that a script can call,
// except those of Lua itself.
func apiNames(t *testing.T) []string {
	f := load(t, "local all = _G")
	g := f.Scripts.list[0].current
	var names []string
	g.x.RunBetween(func() {
		g.x.State().G.Global.ForEach(func(k, v lua.LValue) {
			library, ok := v.(*lua.LTable)
			switch {
			case slices.Contains(standardGlobals, k.String()):
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
	var manual string
	for _, m := range modules.All() {
		manual += m.Manual
	}
	types, err := os.ReadFile("../../scripts/types/moonlark.lua")
	if err != nil {
		t.Fatal(err)
	}
	names := apiNames(t)
	if len(names) < 15 {
		t.Errorf("a script has only the functions %v", names)
	}
	for _, name := range names {
		if !strings.Contains(manual, "    "+name+"(") && !strings.Contains(manual, "   "+name+"(") && !strings.Contains(manual, "## "+name+"\n") {
			t.Errorf("the manuals of the modules do not have %s", name)
		}
		if name == "print" || name == "require" || name == "loadfile" || name == "dofile" {
			continue // the Lua language server knows these functions without the types file
		}
		if !strings.Contains(string(types), "function "+name+"(") && !strings.Contains(string(types), "\n"+name+" = ") {
			t.Errorf("scripts/types/moonlark.lua does not have %s", name)
		}
	}
}

// The manual says which functions of standard Lua scripts have, and which they do not have. The
// table has examples of both.
func TestTheStandardLibraryIsAsDocumented(t *testing.T) {
	f := load(t, `register_tool("has", function(a)
		local v = _G
		for part in a.name:gmatch("[^.]+") do v = v[part] if v == nil then return false end end
		return true
	end)`)
	for name, want := range map[string]string{
		"os.clock": "true", "os.date": "true", "os.time": "true", "debug.traceback": "true", "coroutine.wrap": "true", "string.format": "true",
		"os.getenv": "true", "os.remove": "true", "io.open": "true", "io.write": "true", "os.setlocale": "false", "package": "true", "package.loaded": "true", "package.loadlib": "false", "dofile": "true",
		"loadfile": "true", "module": "false", "newproxy": "false", "getfenv": "true", "setfenv": "true", "debug.sethook": "false",
		"debug.getupvalue": "false", "channel": "false",
	} {
		f.want("has", `{"name":"`+name+`"}`, want)
	}
}
