package modules_test

import (
	"slices"
	"strings"
	"testing"

	"moonlark/luastd/annotation"
	"moonlark/luastd/luastdtest"
	"moonlark/luastd/modules"
	"moonlark/luastd/reference"
)

func TestTheReferenceHasEveryFunctionWithItsSection(t *testing.T) {
	r := reference.New(modules.All())
	for _, m := range modules.All() {
		for _, f := range annotation.Parse(m.Name, m.Doc).Functions {
			if text := r.Entry(f.Name); !strings.Contains(text, "From the manual of ") && text != m.Manual {
				t.Errorf("module %s: the entry of %s has no section of the manual: %s", m.Name, f.Name, text)
			}
		}
	}
}

// The reference has the functions of Lua's own library that a script has, and no others.
func TestTheReferenceHasTheLibraryOfLua(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	r := reference.New(modules.All())
	var own []string // global functions of modules
	for _, m := range modules.All() {
		if m.Doc != "" {
			own = append(own, m.Globals...)
		}
	}
	real := strings.Fields(s.Run(`local names = {}
		for _, name in ipairs { "coroutine", "debug", "io", "math", "os", "string", "table" } do
			for k, v in pairs(_G[name]) do if type(v) == "function" then names[#names + 1] = name .. "." .. k end end
		end
		for k, v in pairs(_G) do if type(v) == "function" then names[#names + 1] = k end end
		return table.concat(names, " ")`))
	if len(real) < 100 {
		t.Fatalf("a script has only the functions %q", real)
	}
	for _, name := range real {
		if !slices.Contains(own, name) && !strings.HasPrefix(name, "luastdtest") && !strings.Contains(r.Entry(name), ": a function of Lua") {
			t.Errorf("the reference does not have %s", name)
		}
	}
	for _, name := range r.Names() {
		if strings.Contains(r.Entry(name), name+": a function of Lua") && !slices.Contains(real, name) {
			t.Errorf("the reference has %s, which scripts do not have", name)
		}
	}
}
