package luastd

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// noBreath is a host on which nobody else waits.
type noBreath struct{}

func (noBreath) Breathe(*lua.LState) {}

// newLuaState makes a state with gopher-lua's own libraries and our stack.
func newLuaState(t testing.TB) *lua.LState {
	L := lua.NewState(lua.Options{RegistrySize: 256, RegistryMaxSize: 1 << 18, RegistryGrowStep: 4096})
	t.Cleanup(L.Close)
	return L
}

func newStringState(t testing.TB) *lua.LState {
	L := newLuaState(t)
	openString(L, noBreath{})
	return L
}

// The behaviour of the library is told in Lua: a line "expression  --> text"
// holds when the expression's values, or its error, come out as that text. Where
// Lua 5.1 has another one, that follows, after --5.1-->.
func TestStringInLua(t *testing.T) {
	eachStringFile(t, func(t *testing.T, file *stringFile) {
		L := newStringState(t)
		got := make(map[int]string)
		L.SetGlobal("example", L.NewFunction(func(L *lua.LState) int {
			line, top := L.CheckInt(1), L.GetTop()
			var words []string
			if err := L.CallByParam(lua.P{Fn: L.CheckFunction(2), NRet: lua.MultRet, Protect: true}); err != nil {
				var raised *lua.ApiError
				errors.As(err, &raised)
				words = []string{raised.Object.String()}
			}
			for i := top + 1; i <= L.GetTop(); i++ {
				words = append(words, L.ToStringMeta(L.Get(i)).String())
			}
			got[line] = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\x00", `\0`).Replace(strings.Join(words, ", "))
			return 0
		}))
		chunk, err := L.Load(strings.NewReader(file.source), file.name)
		if err != nil {
			t.Fatal(err)
		}
		if err := L.CallByParam(lua.P{Fn: chunk, Protect: true}); err != nil {
			t.Fatal(err)
		}
		file.compare(t, got, file.ours)
	})
}

// What the examples say of Lua 5.1 is true, if it is there to be asked.
func TestStringExamplesAreOfLua51(t *testing.T) {
	lua51, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Skip("lua5.1 is not here")
	}
	const prelude = `function example(line, fn)
		local function words(_, ...)
			local all = {...}
			for i = 1, select("#", ...) do all[i] = tostring(all[i]) end
			return table.concat(all, ", ")
		end
		local text = words(pcall(fn)):gsub("\n", "\\n"):gsub("\r", "\\r"):gsub("%z", "\\0")
		io.write(line, "\t", text, "\n")
	end `
	eachStringFile(t, func(t *testing.T, file *stringFile) {
		dir := t.TempDir()
		source := strings.ReplaceAll(prelude, "\n", " ") + file.source
		if err := os.WriteFile(filepath.Join(dir, file.name), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		run := exec.Command(lua51, file.name)
		run.Dir = dir
		out, err := run.Output()
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[int]string)
		for line := range strings.Lines(string(out)) {
			n, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			i, _ := strconv.Atoi(n)
			got[i] = text
		}
		file.compare(t, got, file.theirs)
	})
}

// A stringFile is a file of examples, as a program that calls
// example(line, function) for each.
type stringFile struct {
	name         string
	source       string
	ours, theirs map[int]string // by line
}

func eachStringFile(t *testing.T, run func(*testing.T, *stringFile)) {
	files, err := filepath.Glob("testdata/string/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".lua"), func(t *testing.T) {
			run(t, readStringFile(t, path))
		})
	}
}

func readStringFile(t *testing.T, path string) *stringFile {
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file := &stringFile{name: filepath.Base(path), ours: map[int]string{}, theirs: map[int]string{}}
	lines := strings.Split(string(source), "\n")
	for i, line := range lines {
		expression, want, ok := strings.Cut(line, " --> ")
		if !ok {
			continue
		}
		ours, theirs, differ := strings.Cut(want, "--5.1-->")
		if differ {
			ours, theirs = strings.TrimSpace(ours), strings.TrimSpace(theirs)
		} else {
			theirs = ours
		}
		file.ours[i+1], file.theirs[i+1] = ours, theirs
		lines[i] = fmt.Sprintf("example(%d, function() return %s end)", i+1, expression)
	}
	if len(file.ours) == 0 {
		t.Fatalf("%s has no examples", file.name)
	}
	file.source = strings.Join(lines, "\n")
	return file
}

func (file *stringFile) compare(t *testing.T, got, want map[int]string) {
	if len(got) != len(want) {
		t.Errorf("%s: %d examples ran, of %d", file.name, len(got), len(want))
	}
	for line, got := range got {
		if got = luaPlace.ReplaceAllString(got, ""); got != want[line] {
			t.Errorf("%s:%d: got  %s\nwant %s", file.name, line, got, want[line])
		}
	}
}
