//go:build unix

package exec_test

import (
	"fmt"
	"os"
	osexec "os/exec"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"moonlark/engine/permit"
	"moonlark/luastd/luastdtest"
)

func TestMain(m *testing.M) {
	runHelper()
	goleak.VerifyTestMain(m)
}

// runHelper makes the test binary a helper program if HELPER is set: a program that starts a child
// in another session, which keeps standard output open for a minute, prints the child's process id,
// and exits.
func runHelper() {
	if os.Getenv("HELPER") == "" {
		return
	}
	child := osexec.Command("/bin/sleep", "60")
	child.Stdout, child.SysProcAttr = os.Stdout, &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		panic(err)
	}
	fmt.Println(child.Process.Pid)
	os.Exit(0)
}

// all grants everything.
var all = permit.Settings{Grants: permit.All("a test")}

func TestExecExamples(t *testing.T) {
	luastdtest.ExamplesInUse(t, "testdata/*.lua", luastdtest.Options{Permissions: all})
}

// open loads a script that may run all programs.
func open(t *testing.T) *luastdtest.Script {
	t.Helper()
	return luastdtest.Open(t, luastdtest.Options{Permissions: all})
}

func want(t *testing.T, s *luastdtest.Script, source, want string) {
	t.Helper()
	if got := s.Run(source); got != want {
		t.Errorf("%s:\ngot  %s\nwant %s", source, got, want)
	}
}

func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(b), ") Z ")
}

func number(t *testing.T, text string) (n int) {
	t.Helper()
	if _, err := fmt.Sscan(text, &n); err != nil {
		t.Fatalf("%q is not a number", text)
	}
	return n
}
