package script

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/yuin/gopher-lua/parse"

	"moonlark/engine/script/source"
)

// An edit is a change of one of Lua's own test files; why is the reason. replacement replaces the
// text from the string begin up to, but not including, the string end. If end is empty, replacement
// replaces only the string begin.
type edit struct{ why, begin, end, replacement string }

const (
	leftOut   = "gopher-lua's copy leaves the test out; it passes here"
	notWeak   = "gopher-lua ignores __mode"
	levelZero = "setfenv leaves level 0 alone"
	noLocale  = "there is no os.setlocale"
	hooks     = "debug has only traceback and getinfo"
	seenFirst = "the error that the source is incomplete comes first"
)

var lua51Edits = map[string][]edit{
	"calls.lua": {
		{"only the short name of a chunk is kept", `assert(debug.getinfo(a).source == "modname")`, "", ""},
		{leftOut + ", but load reads the text to its end first", "-- i = 0\n-- local a, b = load(read1(\"*a = 123\"))\n-- assert(not a and type(b) == \"string\" and i == 2)\n-- \n-- a, b = load(function () error(\"hhi\") end)\n-- assert(not a and string.find(b, \"hhi\"))\n", "",
			"i = 0 local a, b = load(read1(\"*a = 123\")) assert(not a and type(b) == \"string\") a, b = load(function () error(\"hhi\") end) assert(not a and string.find(b, \"hhi\"))\n"},
	},
	"closure.lua": {
		{leftOut, "--[[\n\nlocal A,B", "", "local A,B"},
		{notWeak, "while x[1] do", "assert(a[1]() == 20+A)", "A = 1\n"},
		{leftOut, "assert(B.g == 19)\n--]]", "", "assert(B.g == 19)"},
		{levelZero, "local function foo (a)\n  setfenv(0, a)", "-- tests for multiple yield", "local foo, a, b\n"},
		{hooks, "-- coroutine environments\n", "print'OK'", ""},
	},
	"constructs.lua": {},
	"errors.lua": {
		{"the names of variables are added when a task ends, not by pcall", "function checkmessage (prog, msg)\n  assert(string.find(doit(prog), msg, 1, true))", "",
			`function checkmessage (prog, msg) local _, said = pcall(assert(loadstring(prog, "=a.lua"))) local got = explained(prog, said) assert(string.find(got, (string.match(msg, "%w+'") or msg), 1, true), got)`},
		{"an empty statement is allowed", `assert(doit";")`, "", ""},
		{"an empty statement is allowed", `assert(doit"a=1;;")`, "", ""},
		{"a call may begin on the next line", `assert(doit"a=math.sin\n(3)")`, "", ""},
		{"the message does not have the value", `checkmessage("a={13}; local bbbb=1; a[bbbb](3)", "number")`, "", ""},
		{"there is no io", `checkmessage("getmetatable(io.stdin).__gc()", "no value")`, "", ""},
		{"the error of a loop is at the line where the loop begins", `assert(lineerror"\n\n for k,v in \n 3 \n do \n print(k) \n end" == 4)`, "", ""},
		{"the traceback of a deep error has 14 lines", "assert(i > 15)", "", ""},
		{"a string is shown without its quotes", `checksyntax("[[a]]", "", "[[a]]", 1)`, "", ""},
		{"a string is shown without its quotes", `checksyntax("'aa'", "", "'aa'", 1)`, "", ""},
		{seenFirst, `testrep("a=", "a..")`, "", ""},
		{seenFirst, `testrep("a=", "a^")`, "", ""},
		{seenFirst, `assert(string.find(b, "line 3"))`, "", ""},
		{seenFirst, `assert(string.find(b, "line 2"))`, "", ""},
	},
	"events.lua": {
		{hooks, "mt = {}\ndebug.setmetatable(10, mt)", "print 'OK'", ""},
	},
	"literals.lua": {
		{noLocale, "if os.setlocale(\"pt_BR\")", "print('OK')", ""},
	},
	"locals.lua": {
		{levelZero, "setfenv(0, a)  -- change", "-- testing limits", ""},
	},
	"math.lua": {
		{"there are no files, so the table is written to a string", "f = io.tmpfile()\nassert(f)\nf:write(\"a = {\")", "",
			"local text = {} f = {write = function(_, ...) for _, v in ipairs({...}) do table.insert(text, v) end end} f:write(\"a = {\")"},
		{"the table is read from the string", "f:seek(\"set\", 0)\nassert(loadstring(f:read('*a')))()\nassert(f:close())", "", "assert(loadstring(table.concat(text)))()"},
		{"a helper for tests in C", "require \"checktable\"\nstat(a)", "", ""},
	},
	"nextvar.lua": {
		{"a numeric for does not accept strings", `a = 0; for i="10","1","-2" do a=a+1 end; assert(a==5)`, "", ""},
	},
	"sort.lua": {
		{leftOut, "-- loadstring(string", "", "loadstring(string"},
	},
	"vararg.lua": {
		{leftOut, "--[[\nlocal a = vararg", "", "local a = vararg"},
		{leftOut, "assert(a == nil)\n--]]", "", "assert(a == nil)"},
	},
}

// TestTheTestFilesOfLua51Pass runs the test files of Lua 5.1 as scripts. gopher-lua has a copy of
// these files. Package luastd runs two more of them, pm and strings. The others are not used: api,
// attrib, checktable, code, db, files, main and verybig need files, programs, C or debug hooks; big
// and gc need much time and memory.
func TestTheTestFilesOfLua51Pass(t *testing.T) {
	if testing.Short() {
		t.Skip("runs for several seconds")
	}
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/yuin/gopher-lua").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name, edits := range lua51Edits {
		t.Run(strings.TrimSuffix(name, ".lua"), func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "_lua5.1-tests", name))
			if err != nil {
				t.Fatal(err)
			}
			source := string(text)
			for _, e := range edits {
				source = e.apply(t, source)
			}
			f := newFixture(t, Options{
				Globals:     map[string]any{"explained": explain51},
				Limits:      Limits{Burst: time.Minute},
				LoadTimeout: time.Minute,
			})
			f.write(name, source)
			if _, err := f.Load(f.path(name)); err != nil {
				t.Error(err)
			}
		})
	}
}

// apply returns source with the edit made. It fails the test unless e.begin occurs exactly once.
func (e edit) apply(t *testing.T, source string) string {
	before, after, ok := strings.Cut(source, e.begin)
	if !ok || strings.Contains(after, e.begin) {
		t.Fatalf("the text is not there exactly once: %s (%s)", e.begin, e.why)
	}
	if e.end != "" {
		_, rest, ok := strings.Cut(after, e.end)
		if !ok {
			t.Fatalf("the text is not there: %s (%s)", e.end, e.why)
		}
		after = e.end + rest
	}
	return before + e.replacement + after
}

// explain51 returns the improved text of an error message. text is the Lua source that raised the
// error.
func explain51(text, message string) string {
	_, place, _ := strings.Cut(message, ":")
	line, _, _ := strings.Cut(place, ":")
	n, _ := strconv.Atoi(line)
	chunk, err := parse.Parse(strings.NewReader(text), "a.lua")
	if err != nil {
		return err.Error()
	}
	return source.Explain(chunk, n, message, nil)
}
