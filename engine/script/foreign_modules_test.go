package script

import (
	"slices"
	"testing"
)

func TestModulesInPlaceOfForeignOnesExist(t *testing.T) {
	for foreign, module := range foreignModules {
		if !slices.Contains(library.Required(), module) {
			t.Errorf("the hint for %s names the module %s, which does not exist", foreign, module)
		}
	}
}

func TestRequireOfAForeignModuleNamesTheModuleToUse(t *testing.T) {
	f := load(t, `register_tool("why", function(a) local _, why = pcall(require, a.name) return (why:gsub(": no .*", "")) end)`)
	for name, want := range map[string]string{
		"cjson":      "module 'cjson' not found (use the module 'json' of Moonlark)",
		"cjson.safe": "module 'cjson.safe' not found (use the module 'json' of Moonlark)",
		"jsno":       "module 'jsno' not found (did you mean 'json'?)",
		"pandas":     "module 'pandas' not found",
	} {
		f.want("why", `{"name":"`+name+`"}`, want)
	}
}

func TestAForeignGlobalHasAHint(t *testing.T) {
	f := load(t, "register_tool('a', function() return ngx.time() end)")
	f.until("a.lua:1: nothing sets 'ngx' (it belongs to OpenResty)")
}
