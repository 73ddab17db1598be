package modules_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"moonlark/luastd/luastdtest"
	"moonlark/luastd/modules"
)

var update = flag.Bool("update", false, "write scripts/types/moonlark.lua")

func TestTheTypesFileConsistsOfTheDocs(t *testing.T) {
	const path = "../../scripts/types/moonlark.lua"
	if *update {
		if err := os.WriteFile(path, []byte(modules.Types()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != modules.Types() {
		t.Errorf("%s is not up to date: run go test ./luastd/modules -update", path)
	}
}

func TestEveryFunctionHasADeclaration(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	for _, m := range modules.All() {
		names := m.Globals
		if names == nil {
			names = strings.Fields(s.Run(`local names = {} for k in pairs(` + m.Name + `) do names[#names + 1] = "` + m.Name + `." .. k end return table.concat(names, " ")`))
		}
		if len(names) == 0 {
			t.Errorf("module %s has no functions", m.Name)
		}
		for _, name := range names {
			if got := s.Run("return " + name + " ~= nil"); got != "true" {
				t.Errorf("module %s lists %s, which the script does not find", m.Name, name)
			}
			declared := strings.Contains(m.Doc, "function "+name+"(") || strings.Contains("\n"+m.Doc, "\n"+name+" = ")
			// the standard library of Lua has no Doc, because editors know it
			if m.Doc != "" && !declared {
				t.Errorf("the doc.lua of module %s does not declare %s", m.Name, name)
			}
		}
	}
}

func TestNamesAreUnique(t *testing.T) {
	seen := make(map[string]bool)
	for _, m := range modules.All() {
		names := m.Globals
		if names == nil {
			names = []string{m.Name}
		}
		for _, name := range names {
			if seen[name] {
				t.Errorf("two modules define %s", name)
			}
			seen[name] = true
		}
	}
}
