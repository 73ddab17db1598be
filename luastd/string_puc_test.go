package luastd

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// A change to one of Lua's own test files, and why it is made.
type change struct{ why, old, new string }

// Lua 5.1's own tests, as gopher-lua carries them, hold for our library: what
// gopher-lua has put into comments because its library fails it is put back. What
// stays in comments is of load and of os.setlocale.
func TestLua51Tests(t *testing.T) {
	const restored = "gopher-lua leaves it out; it holds"
	for name, changes := range map[string][]change{
		"pm.lua": {
			{"gfind is gmatch's name in Lua 5.0", "assert(string.gfind == string.gmatch)\n", ""},
			{restored, "-- assert(f(']]]\xe1b', '[^]]')", "assert(f(']]]\xe1b', '[^]]')"},
			{restored, "-- assert(strset('[a-]')", "assert(strset('[a-]')"},
			{restored, "-- assert(strset('[]%%]')", "assert(strset('[]%%]')"},
		},
		"strings.lua": {
			{restored, "-- assert(string.format('%q%s', x, x)", "assert(string.format('%q%s', x, x)"},
			{restored, `-- assert(string.format('%q', "\0")`, `assert(string.format('%q', "\0")`},
			{restored,
				"--assert(string.format(\"\\0%c\\0%c%x\\0\", string.byte(\"\xe1\"), string.byte(\"b\"), 140) ==\n--              \"\\0\xe1\\0b8c\\0\")",
				"assert(string.format(\"\\0%c\\0%c%x\\0\", string.byte(\"\xe1\"), string.byte(\"b\"), 140) ==\n              \"\\0\xe1\\0b8c\\0\")"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			source := lua51Test(t, name)
			for _, c := range changes {
				if strings.Count(source, c.old) != 1 {
					t.Fatalf("not there once: %s (%s)", c.old, c.why)
				}
				source = strings.Replace(source, c.old, c.new, 1)
			}
			if name == "pm.lua" { // a whole section was left out
				before, section, ok := strings.Cut(source, "-- tests for `%f' (`frontiers')\n")
				if !ok || !strings.Contains(section, "\n-- assert(table.getn(a) == 0)") {
					t.Fatal("the frontier section is not there")
				}
				source = before + regexp.MustCompile(`(?m)^-- ?`).ReplaceAllString(section, "")
			}
			L := newStringState(t)
			L.SetGlobal("print", L.NewFunction(func(*lua.LState) int { return 0 }))
			chunk, err := L.Load(strings.NewReader(source), name)
			if err != nil {
				t.Fatal(err)
			}
			L.Push(chunk)
			if err := L.PCall(0, 0, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// lua51Test is a file of the folder _lua5.1-tests of gopher-lua's module.
func lua51Test(t *testing.T, name string) string {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/yuin/gopher-lua").Output()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "_lua5.1-tests", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}
