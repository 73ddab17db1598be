package luastd

import (
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// A lua51Host is a host on which nobody waits and nobody reads.
type lua51Host struct {
	noBreath
	L       *lua.LState
	env     map[string]string
	printed *[]string
}

func (h lua51Host) Print(text string) {
	if h.printed != nil {
		*h.printed = append(*h.printed, text)
	}
}
func (h lua51Host) Try(call []lua.LValue) ([]lua.LValue, error) {
	top := h.L.GetTop()
	defer h.L.SetTop(top)
	if err := h.L.CallByParam(lua.P{Fn: call[0], NRet: 1, Protect: true}, call[1:]...); err != nil {
		return nil, err
	}
	return []lua.LValue{h.L.Get(-1)}, nil
}
func (lua51Host) Log(slog.Level, string) {}
func (h lua51Host) Getenv(name string) (string, bool) {
	value, ok := h.env[name]
	return value, ok
}

// newStandardState makes a state with the whole standard library but the
// coroutines, which are the executor's own.
func newStandardState(t testing.TB, host lua51Host) *lua.LState {
	L := lua.NewState(lua.Options{SkipOpenLibs: true, CallStackSize: 2048, RegistrySize: 256, RegistryMaxSize: 1 << 18, RegistryGrowStep: 4096})
	t.Cleanup(L.Close)
	host.L = L
	openBase(L, host)
	openString(L, host)
	return L
}

// The library is told in Lua: a line "expression --> text" holds when the
// expression's values, or its error, come out as that text. Where Lua 5.1 has
// another one, and gopher-lua cannot be moved to have it, that follows, after
// --5.1-->.
func TestStandardLibraryInLua(t *testing.T) {
	inUTC(t)
	eachLua51File(t, func(t *testing.T, file *stringFile) {
		if file.name == "coroutine.lua" || file.name == "protected.lua" {
			t.Skip("coroutines, pcall and xpcall are the executor's: engine/script runs these")
		}
		L := newStandardState(t, lua51Host{})
		got := make(map[int]string)
		L.SetGlobal("example", L.NewFunction(func(L *lua.LState) int {
			line, top := L.CheckInt(1), L.GetTop()
			var words []string
			if err := L.CallByParam(lua.P{Fn: L.CheckFunction(2), NRet: lua.MultRet, Protect: true}); err != nil {
				var raised *lua.ApiError
				errors.As(err, &raised)
				words = []string{toString(L, raised.Object).String()}
			}
			for i := top + 1; i <= L.GetTop(); i++ {
				words = append(words, toString(L, L.Get(i)).String())
			}
			got[line] = oneLine.Replace(strings.Join(words, ", "))
			return 0
		}))
		proto, err := compileText(file.source, file.name)
		if err != nil {
			t.Fatal(err)
		}
		if err := L.CallByParam(lua.P{Fn: L.NewFunctionFromProto(proto), Protect: true}); err != nil {
			t.Fatal(err)
		}
		file.compare(t, got, file.ours)
	})
}

var oneLine = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\x00", `\0`)

// What the examples say of Lua 5.1 is true, if it is there to be asked.
func TestStandardLibraryExamplesAreOfLua51(t *testing.T) {
	lua51, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Skip("lua5.1 is not here")
	}
	const prelude = `local function words(_, ...)
			local all = {...}
			for i = 1, select("#", ...) do all[i] = tostring(all[i]) end
			return table.concat(all, ", ")
		end
		function example(line, fn)
			local text = words(pcall(fn)):gsub("\n", "\\n"):gsub("\r", "\\r"):gsub("%z", "\\0")
			io.write(line, "\t", text, "\n")
		end `
	eachLua51File(t, func(t *testing.T, file *stringFile) {
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
			n, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			i, _ := strconv.Atoi(n)
			got[i] = text
		}
		file.compare(t, got, file.theirs)
	})
}

func TestThereAreSeveralHundredExamples(t *testing.T) {
	n := 0
	eachLua51File(t, func(_ *testing.T, file *stringFile) { n += len(file.ours) })
	if n < 300 {
		t.Errorf("%d examples of Lua 5.1, want at least 300", n)
	}
}

func eachLua51File(t *testing.T, run func(*testing.T, *stringFile)) {
	files, err := filepath.Glob("testdata/lua51/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".lua"), func(t *testing.T) {
			run(t, readStringFile(t, path))
		})
	}
}

// inUTC has the test run in that time zone.
func inUTC(t *testing.T) { inZone(t, time.UTC) }

func inZone(t *testing.T, zone *time.Location) {
	here := time.Local
	time.Local = zone
	t.Cleanup(func() { time.Local = here })
}
