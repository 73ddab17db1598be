package script

import (
	"flag"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"moonlark/engine/script/vm"
)

// randomPrograms is how many random programs TestRandomProgramsPrintWhatLua51Prints runs.
var randomPrograms = flag.Int("programs", 600, "random Lua programs to compare with lua5.1")

// programsInFile is how many random programs run in one process of lua5.1.
const programsInFile = 60

// endOfProgram is the line that a file prints after the output of each program.
const endOfProgram = "--- end of program ---"

// notANumber replaces the texts that stand for NaN, because the operator .. of gopher-lua has a text of
// its own: see docs/lua.md.
var notANumber = strings.NewReplacer("-nan", "nan", "NaN", "nan")

// comparePrograms runs the random programs for a seed with Moonlark and with lua5.1. It fails the
// test if a program prints something else with lua5.1.
func comparePrograms(t *testing.T, seed uint64) {
	var programs []string
	var file strings.Builder
	file.WriteString(programLibrary)
	for i := range uint64(programsInFile) {
		programs = append(programs, writeProgram(seed, i))
		fmt.Fprintf(&file, "print(program(%d, [==[\n%s]==])) print('%s')\n", i, programs[i], endOfProgram)
	}
	command := exec.Command("lua5.1", "-")
	command.Stdin = strings.NewReader(file.String())
	theirs, err := command.Output()
	if err != nil {
		t.Fatalf("seed %d: lua5.1: %v", seed, err)
	}
	heap := vm.NewHeap(1 << 30)
	t.Cleanup(heap.Close)
	f := newFixture(t, Options{Heap: heap, Limits: Limits{Burst: time.Minute, BurstWarning: time.Minute}, LoadTimeout: time.Minute})
	f.write("a.lua", file.String())
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var ours strings.Builder
	for _, line := range f.lines {
		if text, ok := strings.CutPrefix(line, "print: "); ok {
			ours.WriteString(text + "\n")
		}
	}
	want := strings.Split(notANumber.Replace(string(theirs)), endOfProgram)
	got := strings.Split(notANumber.Replace(ours.String()), endOfProgram)
	if len(got) != len(want) {
		t.Fatalf("seed %d: %d programs ran here and %d with lua5.1", seed, len(got), len(want))
	}
	for i, program := range programs {
		if got[i] != want[i] {
			t.Fatalf("seed %d, program %d: %s\n\nprogram:\n%s", seed, i, firstDifference(got[i], want[i]), program)
		}
	}
}

// firstDifference describes the first line in which two outputs differ.
func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d of the output is %q, and lua5.1 prints %q", i, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, and lua5.1 prints %d", len(a), len(b))
}

func requireLua51(t testing.TB) {
	if _, err := exec.LookPath("lua5.1"); err != nil {
		t.Skip("lua5.1 is not installed")
	}
}

func TestRandomProgramsPrintWhatLua51Prints(t *testing.T) {
	requireLua51(t)
	if testing.Short() {
		t.Skip("runs for several seconds")
	}
	for seed := range uint64(*randomPrograms / programsInFile) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { comparePrograms(t, seed) })
	}
}

// FuzzPrograms checks that random programs print the same with Moonlark and with lua5.1.
func FuzzPrograms(f *testing.F) {
	requireLua51(f)
	f.Add(uint64(1))
	f.Fuzz(comparePrograms)
}
