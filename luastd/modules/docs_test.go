package modules_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/clock"
	"moonlark/engine/permit"
	"moonlark/engine/pins/sim"
	"moonlark/luastd/luastdtest"
	"moonlark/luastd/modules"
)

func TestTheExamplesOfTheManuals(t *testing.T) {
	pages, err := filepath.Glob("../*/manual*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if page != "../log/manual.md" { // whose functions return nothing
			luastdtest.ExamplesInUse(t, page, luastdtest.Options{Permissions: permit.Settings{Grants: permit.All("a test")}, Pins: sim.New(clock.Machine{})})
		}
	}
}

func TestEveryManualIsInTheListOfManuals(t *testing.T) {
	list, err := os.ReadFile("../../docs/lua-modules.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modules.All() {
		listed := strings.Contains(string(list), "\n| ["+m.Name+"](../luastd/")
		if listed != (m.Manual != "") {
			t.Errorf("module %s: docs/lua-modules.md lists it: %v, it has a manual: %v", m.Name, listed, m.Manual != "")
		}
		if m.Manual != "" && !strings.HasPrefix(m.Manual, "# "+m.Name+"\n\n") {
			t.Errorf("module %s: the manual begins with %.20q, want the name as its heading", m.Name, m.Manual)
		}
	}
}

func TestTheLinksOfTheListOfManualsExist(t *testing.T) {
	list, err := os.ReadFile("../../docs/lua-modules.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(string(list), "](")[1:] {
		link, _, _ := strings.Cut(part, ")")
		if _, err := os.Stat(filepath.Join("../../docs", link)); err != nil {
			t.Error(err)
		}
	}
}
