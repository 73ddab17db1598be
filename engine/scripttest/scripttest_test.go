package scripttest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlark/engine/permit"
	"moonlark/engine/script"
	"moonlark/engine/scripttest"
)

// write writes files into a new folder and returns its path. files has names and contents in turn.
func write(t testing.TB, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run runs the tests in a folder. It fails the test if that is not possible.
func run(t testing.TB, dir string, opts scripttest.Options) []scripttest.File {
	t.Helper()
	opts.Paths = []string{dir}
	files, err := scripttest.Run(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// failures runs the only test file in a folder with the files and returns the failures of its tests, by
// name of the test.
func failures(t *testing.T, files ...string) map[string]string {
	t.Helper()
	results := run(t, write(t, files...), scripttest.Options{})
	if len(results) != 1 || results[0].Err != "" {
		t.Fatalf("got %+v", results)
	}
	all := make(map[string]string)
	for _, test := range results[0].Tests {
		all[test.Name] = test.Failure
	}
	return all
}

// The files in testdata/lua are tests, all of which pass. They are examples too.
func TestTheTestsInTestdataPass(t *testing.T) {
	for _, f := range run(t, "testdata/lua", scripttest.Options{}) {
		if f.Failed() || len(f.Tests) == 0 {
			var b bytes.Buffer
			scripttest.WriteText(&b, f)
			t.Errorf("%s", b.String())
		}
	}
}

func TestATestFailsForTheseReasons(t *testing.T) {
	got := failures(t, "a_test.lua", `
test("raised", function() error("why") end)
test("a table as error", function() error({ message = "text" }) end)
test("endless", function() while true do end end)
test("no error", function(t) t.errors(function() end) end)
test("another error", function(t) t.errors(function() error("a", 0) end, "b") end)
test("a wrong answer", function(t) t.says("ping", "pung") end)
test("no such tool", function(t) t.equal({ t.call("pong") }, {}) end)
test("handler", function(t) t.on("ping") end)
test("timer", function(t) t.sleep(10) end)
test("not in a test", function(t) test("inner", function() end) end)
test("wrong fake", function(t) t.http("get https://example.com") end)
test("wrong answer of a fake", function(t) t.http("https://example.com", { stauts = 200 }) end)
test("arguments that are not JSON", function(t) t.call("ping", { f = print }) end)
test("an error without a text", function() error("", 0) end)
test("long texts", function(t) t.equal(("a"):rep(1000) .. "b", ("a"):rep(1000) .. "c") end)
test("many errors", function(t) t.call("ping") t.sleep(60) end)
`, "a.lua", `
register_tool { name = "ping", phrases = { "ping" }, handler = function() return "pong" end }
on("ping", function() local x = nil; x.y = 1 end)
after(5, function() error("late") end)
after(15, function() every(0.1, function() error("often") end) end)
`)
	for name, want := range map[string]string{
		"raised":                      "a_test.lua:2: why",
		"a table as error":            "text",
		"endless":                     "ran for 2s without a wait",
		"no error":                    "a_test.lua:5: the function raised no error",
		"another error":               `a_test.lua:6: the error is "a", want one that contains "b"`,
		"a wrong answer":              `a_test.lua:7: the answer to "ping": got "pong", want "pung"`,
		"no such tool":                "there is no tool 'pong' (did you mean 'ping'?)",
		"handler":                     "on ping: ",
		"timer":                       "after: ",
		"not in a test":               "call it at the top level of the file",
		"wrong fake":                  `"get" is not a method of HTTP in capital letters`,
		"wrong answer of a fake":      "stauts",
		"arguments that are not JSON": "f: a function cannot be JSON",
		"an error without a text":     "an error without a text",
		"long texts":                  `aab", want ..."aaa`,
		"many errors":                 "\n...",
	} {
		if !strings.Contains(got[name], want) || len(got[name]) > 5000 {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
	}
}

func TestATestThatWaitsForeverIsEnded(t *testing.T) {
	results := run(t, write(t, "a_test.lua", `
test("waits", function() task.event():wait() end)
test("passes", function(t) t.equal(t.call("ping"), "ok") end)`, "a.lua", `register_tool("ping", function() end)`),
		scripttest.Options{Timeout: 50 * time.Millisecond})
	tests := results[0].Tests
	if len(tests) != 2 || !strings.Contains(tests[0].Failure, "took longer than 50ms") {
		t.Errorf("got %+v", tests)
	}
}

func TestRunEndsWhenItsContextIsDone(t *testing.T) {
	dir := write(t, "a_test.lua", `test("waits", function() task.event():wait() end)`)
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("stop")
	time.AfterFunc(50*time.Millisecond, func() { cancel(reason) })
	if _, err := scripttest.Run(ctx, scripttest.Options{Paths: []string{dir}}); err != reason {
		t.Errorf("got %v", err)
	}
}

// The goroutine leak check of TestMain fails if a script is not closed.
func TestRunClosesTheScriptsWhenItsContextIsDone(t *testing.T) {
	dir := write(t, "a_test.lua", `
test("waits", function(t)
  print("begins")
  t.call("wait")
end)`, "a.lua", `register_tool { name = "wait", handler = function() while true do sleep(1) end end, timeout = 120 }
on_start(function() exec.run { "sleep", "600" } end)`)
	permissions := permit.Settings{Grants: permit.All("test")}
	for _, delay := range []time.Duration{0, time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond, 100 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), delay)
		if _, err := scripttest.Run(ctx, scripttest.Options{Paths: []string{dir}, Permissions: permissions}); err == nil {
			t.Error("no error")
		}
		cancel()
	}
	results := run(t, dir, scripttest.Options{Permissions: permissions, Timeout: 100 * time.Millisecond})
	if test := results[0].Tests[0]; !strings.Contains(test.Failure, "took longer than 100ms") {
		t.Errorf("got %+v", test)
	}
	if files := results[0].Files; !slices.ContainsFunc(files, func(f script.File) bool { return filepath.Base(f.Path) == "a.lua" }) {
		t.Errorf("the test does not depend on the script: %+v", files)
	}
}

func TestTasksOfATestShareItsScript(t *testing.T) {
	for name, failure := range failures(t, "a_test.lua", `
test("tools run at the same time", function(t)
  local function count() return (t.call("count")) end
  local function slow() return (t.call("slow")) end
  local got = task.all { count, slow, count, slow, count }
  for _, i in ipairs { 2, 4 } do
    assert(got[i] == "5" or got[i] == "6", got[i]) -- ticks while the tool slept
  end
  t.equal(t.call("count"), "4")
  t.equal(t.output(), "a.lua: loaded")
end)
local done = false
test("a task that outlives the test", function(t)
  spawn(function()
    for i = 1, 1000 do pcall(t.call, "slow") end
    done = true
  end)
end)
test("another test", function(t) t.equal(t.call("count"), "1") end)
`, "a.lua", `
print("loaded")
local n, ticks = 0, 0
every(0.5, function() ticks = ticks + 1 end)
register_tool("count", function() n = n + 1 return n end)
register_tool("slow", function()
  local before = ticks
  sleep(2.75)
  return ticks - before
end)`) {
		if failure != "" {
			t.Errorf("%s: %s", name, failure)
		}
	}
}

func TestEachTestHasAScriptAndDataOfItsOwn(t *testing.T) {
	got := failures(t, "a_test.lua", `
for i = 1, 3 do
  test("count " .. i, function(t)
    t.equal(t.call("count"), "1")
    t.equal(t.call("count"), "2")
    t.equal(t.store():get("n"), 2)
  end)
end`, "a.lua", `
local n = 0
register_tool("count", function()
  n = n + 1
  state.n = (state.n or 0) + 1
  assert(state.n == n and store.incr("n") == n)
  return n
end)`)
	for name, failure := range got {
		if failure != "" {
			t.Errorf("%s: %s", name, failure)
		}
	}
}

func TestATestChangesNoScreen(t *testing.T) {
	dir := write(t, "a.lua", `register_tool("dim", function() assert(system.brightness(0.25)) return tostring(system.brightness()) end)`,
		"a_test.lua", `test("dims", function(t) t.equal(t.call("dim"), "0.25") end) test("begins anew", function(t) t.script() t.equal(t.call("dim"), "0.25") end)`)
	for _, f := range run(t, dir, scripttest.Options{Permissions: permit.Settings{Grants: []permit.Grant{{Kind: permit.Sys, Value: "brightness"}}}}) {
		if f.Failed() || len(f.Tests) != 2 {
			t.Errorf("got %+v", f)
		}
	}
}

func TestRunSelectsTestsByName(t *testing.T) {
	dir := write(t, "a_test.lua", `test("one", function() end) test("two", function() end)`, "b_test.lua", `test("three", function() end)`)
	var names []string
	for _, f := range run(t, dir, scripttest.Options{Run: regexp.MustCompile("^t")}) {
		for _, test := range f.Tests {
			names = append(names, test.Name)
		}
	}
	if !slices.Equal(names, []string{"two", "three"}) {
		t.Errorf("got %q", names)
	}
}

func TestTheFilesThatATestDependsOnAreKnown(t *testing.T) {
	dir := write(t, "a_test.lua", `local x = require "helper" test("one", function(t) t.call("ping") end)`, "helper.lua", "return 1",
		"a.lua", `require "part" register_tool("ping", function() end)`, "part.lua", "return 1", "broken.lua", "(",
		"b_test.lua", `test("two", function(t) t.script("broken.lua") end) test("three", function(t) t.script("missing.lua") end)`)
	var names []string
	for _, f := range run(t, dir, scripttest.Options{}) {
		for _, file := range f.Files {
			names = append(names, filepath.Base(file.Path))
		}
	}
	for _, want := range []string{"a_test.lua", "helper.lua", "a.lua", "part.lua", "b_test.lua", "broken.lua", "missing.lua"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is missing in %q", want, names)
		}
	}
}

func TestCoverageCountsTheLinesThatRun(t *testing.T) {
	dir := write(t, "a_test.lua", `test("one", function(t) t.call("ping") t.call("ping") end)`, "a.lua", `local function unused()
  return 1
end

register_tool("ping", function()
  local ok = pcall(function()
    error("x")
  end)
  if ok then
    print("never")
  end
  return coroutine.wrap(function()
    return 5
  end)()
end)
`)
	cover := script.NewCoverage()
	var b bytes.Buffer
	if scripttest.WriteCoverage(&b, cover.Files()); b.String() != "no script could be loaded, so no line has run\n" {
		t.Errorf("without files: got %q", b.String())
	}
	run(t, dir, scripttest.Options{Coverage: cover})
	files := cover.Files()
	if len(files) != 1 {
		t.Fatalf("got %+v", files)
	}
	got := make(map[int]int)
	for _, l := range files[0].Lines {
		got[l.Line] = l.Runs
	}
	for line, want := range map[int]int{2: 0, 7: 2, 9: 2, 10: 0, 13: 2} {
		if runs, ok := got[line]; !ok || runs != want {
			t.Errorf("line %d: got %d, %v, want %d", line, runs, ok, want)
		}
	}
	for _, line := range []int{4, 15} {
		if _, ok := got[line]; ok {
			t.Errorf("line %d counts as code", line)
		}
	}
}

func BenchmarkAThousandSmallTests(b *testing.B) {
	var files []string
	for i := range 20 {
		var text strings.Builder
		for j := range 50 {
			fmt.Fprintf(&text, "test(\"test %d\", function(t)\n  t.equal(t.call(\"add\", { a = %d, b = 1 }), \"%d\")\nend)\n", j, j, j+1)
		}
		files = append(files, fmt.Sprintf("s%d_test.lua", i), text.String(), fmt.Sprintf("s%d.lua", i), `
register_tool { name = "add", description = "Add", parameters = { a = { type = "number" }, b = { type = "number" } },
  handler = function(args) return args.a + args.b end }`)
	}
	dir := write(b, files...)
	for b.Loop() {
		s := scripttest.Summarize(run(b, dir, scripttest.Options{}))
		if s.Tests != 1000 || s.Failed() {
			b.Fatal(s)
		}
	}
}
