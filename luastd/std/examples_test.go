package std_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"moonlark/engine/permit"
	"moonlark/luastd/luastdtest"
)

const (
	lua51Examples  = "testdata/lua51/*.lua"
	stringExamples = "testdata/string/*.lua"
)

func TestStandardLibraryExamples(t *testing.T) {
	before := time.Local
	time.Local = time.UTC
	t.Cleanup(func() { time.Local = before })
	luastdtest.Examples(t, lua51Examples)
}

func TestStringLibraryExamples(t *testing.T) { luastdtest.Examples(t, stringExamples) }

func TestMissingFunctionsSayWhatToUseInstead(t *testing.T) {
	luastdtest.Examples(t, "testdata/instead.lua")
}

func TestStandardLibraryExamplesAgreeWithLua51(t *testing.T) {
	luastdtest.ExamplesAgreeWithLua51(t, lua51Examples)
}

func TestStringLibraryExamplesAgreeWithLua51(t *testing.T) {
	luastdtest.ExamplesAgreeWithLua51(t, stringExamples)
}

func TestGetenvReturnsOnlyGrantedVariables(t *testing.T) {
	t.Setenv("ALLOWED", "yes")
	t.Setenv("EMPTY", "")
	t.Setenv("FORBIDDEN", "secret")
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: []permit.Grant{
		{Kind: permit.Env, Value: "ALLOWED"}, {Kind: permit.Env, Value: "EMPTY"},
	}}})
	if got := s.Run("return os.getenv('ALLOWED'), os.getenv('EMPTY'), os.getenv('FORBIDDEN')"); got != "yes, , nil" {
		t.Errorf("got %s, want yes, , nil", got)
	}
}

func TestATracebackInAHandlerShowsThePlaceOfTheError(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	got := s.Run("local function deep()\nerror('why')\nend\nlocal ok, trace = xpcall(deep, debug.traceback)\nreturn trace")
	if !strings.HasPrefix(got, "a.lua:2: why\n") || !strings.Contains(got[13:], "a.lua:2: ") {
		t.Errorf("got %q, want the line of the error and of its traceback", got)
	}
}

func TestATracebackInAHandlerLeavesOtherMessagesUnchanged(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	for source, want := range map[string]string{
		"xpcall(function() error({}) end, function(e) result = type(debug.traceback(e)) end)":                          "table",
		"xpcall(function() error({}) end, function(e) result = tostring(debug.traceback(nil)) end)":                    "nil",
		"xpcall(function() error({}) end, function(e) result = debug.traceback():match('^[^\\n]*') end)":               "stack traceback:",
		"xpcall(function() error('x', 0) end, function(e) result = debug.traceback(e):match('^x\\nstack') ~= nil end)": "true",
	} {
		if got := s.Run("result = nil " + source + " return tostring(result)"); got != want {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}

// A change replaces the text old by new in one of Lua's own test files. why is the reason.
type change struct{ why, old, new string }

// The test runs Lua 5.1's own test files for strings and patterns, which are part of the module
// gopher-lua. gopher-lua has turned the tests that its own library fails into comments. This test
// turns them back into code, except those of load and os.setlocale.
func TestTheStringTestFilesOfLua51Pass(t *testing.T) {
	const restored = "gopher-lua leaves it out; it passes here"
	for name, changes := range map[string][]change{
		"pm.lua": {
			{"gfind is gmatch's name in Lua 5.0", "assert(string.gfind == string.gmatch)\n", ""},
			{restored, "-- assert(f(']]]\xe1b', '[^]]')", "assert(f(']]]\xe1b', '[^]]')"},
			{restored, "-- assert(strset('[a-]')", "assert(strset('[a-]')"},
			{restored, "-- assert(strset('[]%%]')", "assert(strset('[]%%]')"},
		},
		"strings.lua": {
			{restored, "-- assert(string.format('%q%s', x, x)", "assert(string.format('%q%s', x, x)"},
			{"there is no os.setlocale", "    if os.setlocale(l, w) then return true end\n", ""},
			{restored, `-- assert(string.format('%q', "\0")`, `assert(string.format('%q', "\0")`},
			{restored,
				"--assert(string.format(\"\\0%c\\0%c%x\\0\", string.byte(\"\xe1\"), string.byte(\"b\"), 140) ==\n--              \"\\0\xe1\\0b8c\\0\")",
				"assert(string.format(\"\\0%c\\0%c%x\\0\", string.byte(\"\xe1\"), string.byte(\"b\"), 140) ==\n              \"\\0\xe1\\0b8c\\0\")"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			source := lua51File(t, name)
			for _, c := range changes {
				if strings.Count(source, c.old) != 1 {
					t.Fatalf("the file must have this text once: %s (%s)", c.old, c.why)
				}
				source = strings.Replace(source, c.old, c.new, 1)
			}
			if name == "pm.lua" { // gopher-lua's copy has turned a whole section into a comment
				before, section, ok := strings.Cut(source, "-- tests for `%f' (`frontiers')\n")
				if !ok || !strings.Contains(section, "\n-- assert(table.getn(a) == 0)") {
					t.Fatal("the section about frontiers is missing")
				}
				source = before + regexp.MustCompile(`(?m)^-- ?`).ReplaceAllString(section, "")
			}
			luastdtest.Open(t, luastdtest.Options{Source: source})
		})
	}
}

// lua51File returns the content of a file in the folder _lua5.1-tests of the module gopher-lua.
func lua51File(t *testing.T, name string) string {
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
