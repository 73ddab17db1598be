package std

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// compareWithLua51 runs the Lua program with the functions of this package and with lua5.1. The
// test fails where the outputs differ. Each line of the program is a chunk that passes at most one
// line of text to the function write. The test is skipped if lua5.1 is not installed.
func compareWithLua51(t *testing.T, program string) {
	lua51, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Skip("lua5.1 is not installed")
	}
	ask := exec.Command(lua51, "-")
	ask.Stdin = strings.NewReader("write = io.write " + program)
	want, err := ask.Output()
	if err != nil {
		t.Fatal(err)
	}

	var got bytes.Buffer
	L := newState(t, &fakeRuntime{})
	L.SetGlobal("write", L.NewFunction(func(L *lua.LState) int {
		got.WriteString(L.CheckString(1))
		return 0
	}))
	for line := range strings.Lines(program) {
		if err := L.DoString(line); err != nil {
			t.Fatal(err)
		}
	}
	programs, wants := strings.Split(program, "\n"), strings.Split(string(want), "\n")
	for i, got := range strings.Split(got.String(), "\n") {
		if got != wants[i] {
			t.Errorf("%s: got %q, want %q", programs[i], got, wants[i])
		}
	}
}
