package script

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/yuin/gopher-lua/parse"

	"moonlark/engine/lint"
)

// What luastd's examples say of Lua holds in a task, with the coroutines and
// pcall of the executor. Those of os.lua are of another time zone.
func TestLuaInATask(t *testing.T) {
	files, err := filepath.Glob("../../luastd/testdata/lua51/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	const prelude = `local out = {}
		local function words(_, ...)
			local all = {...}
			for i = 1, select("#", ...) do all[i] = tostring(all[i]) end
			return table.concat(all, ", ")
		end
		local function example(line, fn) out["" .. line] = words(pcall(fn)):gsub("\n", "\\n"):gsub("\r", "\\r"):gsub("%z", "\\0") end
		register_tool("results", function() return out end) `
	place := regexp.MustCompile(`\S+\.lua:\d+: `)
	for _, file := range files {
		name := filepath.Base(file)
		if name == "os.lua" {
			continue
		}
		t.Run(strings.TrimSuffix(name, ".lua"), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want := make(map[string]string)
			lines := strings.Split(string(source), "\n")
			for i, line := range lines {
				if expression, text, ok := strings.Cut(line, " --> "); ok {
					text, _, differs := strings.Cut(text, "--5.1-->")
					if differs {
						text = strings.TrimSpace(text)
					}
					want[fmt.Sprint(i+1)] = text
					lines[i] = fmt.Sprintf("example(%d, function() return %s end)", i+1, expression)
				}
			}
			b := newBench(t, Options{Limits: Limits{Burst: time.Minute}, LoadTimeout: time.Minute}) // on a busy machine
			b.write("a.lua", strings.ReplaceAll(prelude, "\n", " ")+strings.Join(lines, "\n"))
			if _, err := b.Load(b.path("a.lua")); err != nil {
				t.Fatal(err)
			}
			var got map[string]string
			if err := json.Unmarshal([]byte(b.call("results", "{}").Text), &got); err != nil {
				t.Fatal(err)
			}
			if len(got) != len(want) {
				t.Errorf("%d examples ran, of %d", len(got), len(want))
			}
			for line, text := range got {
				if text = place.ReplaceAllString(text, ""); text != want[line] {
					t.Errorf("%s:%s: got  %s\nwant %s", name, line, text, want[line])
				}
			}
		})
	}
}

// An edit is a change to one of Lua's own test files: the text from one mark up
// to the next, or the first mark alone, becomes another.
type edit struct{ why, from, to, becomes string }

const (
	leftOut   = "gopher-lua's copy leaves it out; it holds here"
	notWeak   = "gopher-lua ignores __mode"
	levelZero = "setfenv leaves level 0 alone"
	noLocale  = "there is no os.setlocale"
	hooks     = "of debug there is traceback and getinfo"
	seenFirst = "that the source is incomplete is seen first"
)

var lua51Edits = map[string][]edit{
	"calls.lua": {
		{"a chunk's name is kept only as it is shown", `assert(debug.getinfo(a).source == "modname")`, "", ""},
		{leftOut + ", but the text is read to its end first", "-- i = 0\n-- local a, b = load(read1(\"*a = 123\"))\n-- assert(not a and type(b) == \"string\" and i == 2)\n-- \n-- a, b = load(function () error(\"hhi\") end)\n-- assert(not a and string.find(b, \"hhi\"))\n", "",
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
		{"variables are named where a task ends, not by pcall", "function checkmessage (prog, msg)\n  assert(string.find(doit(prog), msg, 1, true))", "",
			`function checkmessage (prog, msg) local _, said = pcall(assert(loadstring(prog, "=a.lua"))) local got = explained(prog, said) assert(string.find(got, (string.match(msg, "%w+'") or msg), 1, true), got)`},
		{"an empty statement is one", `assert(doit";")`, "", ""},
		{"an empty statement is one", `assert(doit"a=1;;")`, "", ""},
		{"a call may begin on the next line", `assert(doit"a=math.sin\n(3)")`, "", ""},
		{"the value is not told", `checkmessage("a={13}; local bbbb=1; a[bbbb](3)", "number")`, "", ""},
		{"there is no io", `checkmessage("getmetatable(io.stdin).__gc()", "no value")`, "", ""},
		{"a loop is at the line where it begins", `assert(lineerror"\n\n for k,v in \n 3 \n do \n print(k) \n end" == 4)`, "", ""},
		{"a traceback has 14 lines of a deep error", "assert(i > 15)", "", ""},
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
		{"there are no files: the table is written to a string", "f = io.tmpfile()\nassert(f)\nf:write(\"a = {\")", "",
			"local text = {} f = {write = function(_, ...) for _, v in ipairs({...}) do table.insert(text, v) end end} f:write(\"a = {\")"},
		{"and read from it", "f:seek(\"set\", 0)\nassert(loadstring(f:read('*a')))()\nassert(f:close())", "", "assert(loadstring(table.concat(text)))()"},
		{"a helper for tests in C", "require \"checktable\"\nstat(a)", "", ""},
	},
	"nextvar.lua": {
		{"a numeric for takes no strings", `a = 0; for i="10","1","-2" do a=a+1 end; assert(a==5)`, "", ""},
	},
	"sort.lua": {
		{leftOut, "-- loadstring(string", "", "loadstring(string"},
	},
	"vararg.lua": {
		{leftOut, "--[[\nlocal a = vararg", "", "local a = vararg"},
		{leftOut, "assert(a == nil)\n--]]", "", "assert(a == nil)"},
	},
}

// Lua 5.1's own tests, as gopher-lua carries them, hold in a script. (luastd
// runs pm and strings. The others of that folder need files, programs, C or
// debug hooks: api, attrib, checktable, code, db, files, main, verybig; or the
// time and memory of a large machine: big, gc.)
func TestLua51Files(t *testing.T) {
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
			b := newBench(t, Options{
				Globals:     map[string]any{"explained": explain51},
				Limits:      Limits{Burst: time.Minute},
				LoadTimeout: time.Minute,
			})
			b.write(name, source)
			if _, err := b.Load(b.path(name)); err != nil {
				t.Error(err)
			}
		})
	}
}

// apply fails when the edit no longer fits.
func (e edit) apply(t *testing.T, source string) string {
	before, after, ok := strings.Cut(source, e.from)
	if !ok || strings.Contains(after, e.from) {
		t.Fatalf("not there once: %s (%s)", e.from, e.why)
	}
	if e.to != "" {
		_, rest, ok := strings.Cut(after, e.to)
		if !ok {
			t.Fatalf("not there: %s (%s)", e.to, e.why)
		}
		after = e.to + rest
	}
	return before + e.becomes + after
}

// explain51 is what is said of a message that source ends with.
func explain51(source, message string) string {
	_, place, _ := strings.Cut(message, ":")
	line, _, _ := strings.Cut(place, ":")
	n, _ := strconv.Atoi(line)
	chunk, err := parse.Parse(strings.NewReader(source), "a.lua")
	if err != nil {
		return err.Error()
	}
	return lint.Explain(chunk, n, message)
}
