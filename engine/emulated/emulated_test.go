// Package emulated tests the program on processors and systems other than those of this machine, with the
// emulators QEMU and Wine. These tests need no quiet machine, in contrast to those of package engine.
package emulated

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine/testkit"
	"moonlark/engine/testkit/wine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// An emulated machine runs a program that was built for another platform.
type emulated struct {
	name string
	env  []string // of the go command
	// run returns the command that runs the program on this machine; nil stands for Wine
	run func(t *testing.T, program string, args ...string) *exec.Cmd
	// sqlite is true if SQLite works there. Wine 8 cannot split reserved memory, as SQLite's memory on
	// Windows needs it.
	sqlite bool
	// killed is true if a program that exits sometimes seems to be killed by a signal: Wine ends its
	// threads in this way
	killed bool
}

var emulatedMachines = []emulated{
	{"windows on amd64", []string{"GOOS=windows", "GOARCH=amd64"}, nil, false, true},
	{"linux on arm64", []string{"GOOS=linux", "GOARCH=arm64"}, qemu("qemu-aarch64"), true, false},
	{"linux on arm", []string{"GOOS=linux", "GOARCH=arm", "GOARM=6"}, qemu("qemu-arm"), true, false},
}

// qemu returns a function that runs programs with QEMU's emulator of one processor.
func qemu(emulator string) func(*testing.T, string, ...string) *exec.Cmd {
	return func(_ *testing.T, program string, args ...string) *exec.Cmd {
		return exec.Command(emulator, append([]string{program}, args...)...)
	}
}

const emulatedScript = `
	state.loads = (state.loads or 0) + 1
	local function count() -- in a file
		local n = tonumber(fs.read("greetings.txt") or 0) + 1
		assert(fs.write("greetings.txt", tostring(n)))
		return n
	end
	if SQLITE then
		function count() -- in two databases
			assert(store.set("greetings", (store.get("greetings") or 0) + 1))
			local d = db.open("greetings.db")
			assert(d:exec("CREATE TABLE IF NOT EXISTS t (x TEXT)"))
			assert(d:exec("INSERT INTO t VALUES (?)", "hello"))
			assert(d:value("SELECT count(*) FROM t") == store.get("greetings"))
			return store.get("greetings")
		end
	end
	register_tool { name = "greet", phrases = { "greet me" }, handler = function()
		sleep(0.01)
		return ("VERSION, load %d, %d greetings"):format(state.loads, count())
	end }
`

// TestTheProgramRunsOnEmulatedMachines builds the program for the other platforms and runs it with
// Wine and QEMU: the first steps of a newcomer, a tool that stores values, and a reload.
func TestTheProgramRunsOnEmulatedMachines(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program for other platforms")
	}
	for _, m := range emulatedMachines {
		t.Run(m.name, func(t *testing.T) {
			run := m.run
			if run == nil {
				machine := wine.Start(t)
				run = func(_ *testing.T, program string, args ...string) *exec.Cmd { return machine.Command(program, args...) }
			} else if emulator := run(t, "").Args[0]; runtime.GOOS != "linux" {
				t.Skip("QEMU emulates only Linux on Linux")
			} else if _, err := exec.LookPath(emulator); err != nil {
				t.Skipf("QEMU is not installed: %v", err)
			}
			script := strings.ReplaceAll(emulatedScript, "SQLITE", strconv.FormatBool(m.sqlite))
			runOnEmulatedMachine(t, testkit.Build(t, m.env, "build", "-tags", "static", "moonlark"), script, m.killed, run)
		})
	}
}

// emulatedPackages are packages whose tests do not take long on an emulated processor. .ci/long runs the
// tests of all modules in this way.
var emulatedPackages = []string{
	"bit", "csv", "datetext", "hash", "image", "json", "keys", "mqttclient", "pattern", "structs", "time", "timers", "url", "utf8",
}

// TestTheModulesPassTheirTestsOnASmallProcessor runs the modules' own tests with QEMU on a processor with
// 32 bits, as the smallest Raspberry Pi has one.
func TestTheModulesPassTheirTestsOnASmallProcessor(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the tests for another platform")
	}
	if runtime.GOOS != "linux" {
		t.Skip("QEMU emulates only Linux on Linux")
	}
	if _, err := exec.LookPath("qemu-arm"); err != nil {
		t.Skipf("QEMU is not installed: %v", err)
	}
	args := []string{"test", "-count=1", "-short", "-timeout=8m", "-tags=static", testkit.SQLiteFlags, "-exec=qemu-arm"}
	for _, name := range emulatedPackages {
		args = append(args, "moonlark/luastd/"+name)
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm", "GOARM=6", "CGO_ENABLED=0", "GOFLAGS=", "MOONLARK_TEST_EMULATED=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func runOnEmulatedMachine(t *testing.T, program, script string, killed bool, run func(*testing.T, string, ...string) *exec.Cmd) {
	folder := t.TempDir()
	save := func(name, source string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	start := func(args ...string) *testkit.Process {
		cmd := run(t, program, args...)
		return testkit.Start(t, testkit.Command{Path: cmd.Path, Args: cmd.Args[1:], Dir: folder, Env: cmd.Environ()})
	}
	succeeds := func(p *testkit.Process) bool {
		code := p.Wait(time.Minute)
		return code == 0 || killed && code == -1
	}
	output := func(want string, args ...string) {
		t.Helper()
		p := start(args...)
		p.CloseInput()
		if !succeeds(p) || !strings.Contains(p.Stdout.String(), want) {
			t.Fatalf("%v printed %q and %q, want %q", args, p.Stdout.String(), p.Stderr.String(), want)
		}
	}
	hello, err := os.ReadFile("../../scripts/hello.lua")
	if err != nil {
		t.Fatal(err)
	}
	save("hello.lua", string(hello))
	output("go1.", "version")
	output("I rolled ", "call", "hello.lua", "roll_dice", "count=3")
	output("It is ", "run", "--say", "what time is it", "hello.lua")

	save("greet.lua", strings.ReplaceAll(script, "VERSION", "first"))
	p := start("run", "--data", "data", "greet.lua")
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s\n%s", p.Stdout.String(), p.Stderr.String())
		}
	})
	see := func(what string) {
		t.Helper()
		testkit.Until(t, what, func() bool {
			return strings.Contains(p.Stdout.String(), what) || strings.Contains(p.Stderr.String(), what)
		})
	}
	see("connected")
	p.Enter("greet me")
	see("first, load 1, 1 greetings")
	save("greet.lua", strings.ReplaceAll(script, "VERSION", "second"))
	see("greet.lua reloaded")
	p.Enter("greet me")
	see("second, load 2, 2 greetings")
	p.CloseInput()
	if !succeeds(p) {
		t.Errorf("the program has failed: %v", p.Err())
	}
	output("second, load 1, 3 greetings", "call", "--data", "data", "greet.lua", "greet")
}
