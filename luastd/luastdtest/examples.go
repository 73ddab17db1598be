package luastdtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// An exampleFile is a Lua file or a Markdown page that contains examples. A line
//
//	expression --> text
//
// is an example. It says that the result of the expression, or the error that it raises, is text
// when tostring has converted it. If Lua 5.1 has another result, the line continues with --5.1-->
// and the result of Lua 5.1.
type exampleFile struct {
	name string
	// source is the content of the file, in which each example has been replaced by a call of
	// example(line, function).
	source      string
	ours, lua51 map[int]string // expected results by line number: with luastd, and with Lua 5.1
}

func readExamples(t testing.TB, path string) *exampleFile {
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	if filepath.Ext(path) == ".md" {
		text = codeOfPage(text)
	}
	file := &exampleFile{name: filepath.Base(path), ours: map[int]string{}, lua51: map[int]string{}}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		expression, want, ok := strings.Cut(line, "--> ")
		if !ok {
			continue
		}
		ours, lua51, differs := strings.Cut(want, "--5.1-->")
		if differs {
			ours, lua51 = strings.TrimSpace(ours), strings.TrimSpace(lua51)
		} else {
			lua51 = ours
		}
		file.ours[i+1], file.lua51[i+1] = ours, lua51
		lines[i] = fmt.Sprintf("example(%d, function() return %s end)", i+1, expression)
	}
	if len(file.ours) == 0 {
		t.Fatalf("%s has no examples", path)
	}
	file.source = strings.Join(lines, "\n")
	return file
}

// codeOfPage returns the Lua code in a Markdown page: the blocks that begin with a line ```lua and
// contain an example. Each block becomes a block of Lua with local variables of its own. The code
// has the same line numbers as in the page.
func codeOfPage(page string) string {
	lines := strings.Split(page, "\n")
	for i := 0; i < len(lines); i++ {
		if lines[i] != "```lua" {
			lines[i] = ""
			continue
		}
		begin := i
		for i < len(lines)-1 && lines[i] != "```" {
			i++
		}
		if !strings.Contains(strings.Join(lines[begin:i], "\n"), "--> ") {
			clear(lines[begin : i+1])
			continue
		}
		lines[begin], lines[i] = "do", "end"
	}
	return strings.Join(lines, "\n")
}

func eachExampleFile(t *testing.T, pattern string, run func(*testing.T, *exampleFile)) {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: no files (%v)", pattern, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), func(t *testing.T) { run(t, readExamples(t, path)) })
	}
}

// errorLine matches the file and line at the beginning of an error message.
var errorLine = regexp.MustCompile(`[\w/.#-]+\.lua:\d+: `)

// oneLine replaces the line ends and zero bytes in a result by escapes.
var oneLine = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\x00", `\0`)

func (file *exampleFile) compare(t *testing.T, got, want map[int]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d of %d examples ran", file.name, len(got), len(want))
	}
	for line, got := range got {
		if got = errorLine.ReplaceAllString(got, ""); got != want[line] {
			t.Errorf("%s:%d: got  %s\nwant %s", file.name, line, got, want[line])
		}
	}
}

// Examples runs the examples in the files whose paths match pattern: Lua files, or Markdown pages
// whose examples are in blocks of Lua code. Each file is loaded as a script, which can use the
// given modules. The type exampleFile describes the form of the examples.
func Examples(t *testing.T, pattern string, modules ...luastd.Module) {
	t.Helper()
	eachExampleFile(t, pattern, func(t *testing.T, file *exampleFile) {
		example, got := exampleModule()
		Open(t, Options{Source: file.source}, append(modules, example)...)
		file.compare(t, got, file.ours)
	})
}

// ExamplesInUse runs the examples like Examples, but when a script with the given options has been
// loaded and is in use, so that they can call functions that raise an error while the script loads.
func ExamplesInUse(t *testing.T, pattern string, opts Options, modules ...luastd.Module) {
	t.Helper()
	eachExampleFile(t, pattern, func(t *testing.T, file *exampleFile) {
		example, got := exampleModule()
		s := Open(t, opts, append(modules, example)...)
		if failure := s.Run(file.source); failure != "" {
			t.Error(failure)
		}
		file.compare(t, got, file.ours)
	})
}

// exampleModule returns a module with the Lua function example(line, fn), which stores the results
// of fn, or the error that it raises, in got.
func exampleModule() (m luastd.Module, got map[int]string) {
	got = make(map[int]string)
	return luastd.Module{Name: "example", Globals: []string{"example"}, Open: func(L *lua.LState, rt luastd.Runtime) lua.LValue {
		table := L.CreateTable(0, 1)
		table.RawSetString("example", L.NewFunction(func(L *lua.LState) int {
			line, fn := L.CheckInt(1), L.CheckFunction(2)
			results, err := rt.Try([]lua.LValue{L.GetGlobal("pcall"), fn})
			if err != nil {
				L.RaiseError("%s", err.Error())
			}
			for _, v := range results {
				L.Push(v)
			}
			// the arguments 1 to 3 are line, fn and the first result of pcall
			got[line] = oneLine.Replace(show(L, rt, 4))
			return 0
		}))
		return table
	}}, got
}

// ExamplesAgreeWithLua51 runs the examples in the Lua files whose paths match pattern with the
// program lua5.1. It fails the test if lua5.1 has another result than the file says. It skips the
// test under -short, and if lua5.1 is not installed.
func ExamplesAgreeWithLua51(t *testing.T, pattern string) {
	t.Helper()
	if testing.Short() {
		t.Skip("some of the examples take lua5.1 a second")
	}
	lua51, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Skip("lua5.1 is not installed")
	}
	const prelude = `function example(line, fn)
		local function words(_, ...)
			local all = {...}
			for i = 1, select("#", ...) do all[i] = tostring(all[i]) end
			return table.concat(all, ", ")
		end
		local text = words(pcall(fn)):gsub("\n", "\\n"):gsub("\r", "\\r"):gsub("%z", "\\0")
		io.stdout:write(line, "\t", text, "\n")
	end `
	eachExampleFile(t, pattern, func(t *testing.T, file *exampleFile) {
		dir := t.TempDir()
		source := strings.ReplaceAll(prelude, "\n", " ") + file.source
		if err := os.WriteFile(filepath.Join(dir, file.name), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		run := exec.Command(lua51, file.name)
		run.Dir, run.Env = dir, []string{"TZ=UTC0"}
		out, err := run.Output()
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[int]string)
		for line := range strings.Lines(string(out)) {
			number, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			n, _ := strconv.Atoi(number)
			got[n] = text
		}
		file.compare(t, got, file.lua51)
	})
}
