package scripttest_test

import (
	"os"
	"strings"
	"testing"

	"moonlark/engine/scripttest"
)

func TestEveryFunctionOfTIsDeclaredAndDescribed(t *testing.T) {
	declared, err := os.ReadFile("../../scripts/types/moonlark_tests.lua")
	if err != nil {
		t.Fatal(err)
	}
	if string(declared) != scripttest.Types {
		t.Error("scripts/types/moonlark_tests.lua is not a copy of engine/scripttest/doc.lua")
	}
	manual, err := os.ReadFile("../../docs/how-to/test-a-script.md")
	if err != nil {
		t.Fatal(err)
	}
	results := run(t, write(t, "a_test.lua", `test("names", function(t) for name in pairs(t) do print(name) end end)`), scripttest.Options{})
	names := results[0].Tests[0].Output
	if len(names) < 15 {
		t.Fatalf("got %q", names)
	}
	for _, name := range names {
		if !strings.Contains(scripttest.Types, "\nfunction t."+name+"(") {
			t.Errorf("t.%s is not declared in doc.lua", name)
		}
		if !strings.Contains(string(manual), "\n| `t."+name+"(") {
			t.Errorf("docs/how-to/test-a-script.md does not describe t.%s", name)
		}
	}
}
