package luastdtest

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
)

// killVariable is the environment variable with the folder for data of the child process of a
// KillTest.
const killVariable = "MOONLARK_TEST_KILL"

// A KillTest runs a child process that makes changes on the disk, and kills it in the middle of a
// change. No change that the child process has reported may be lost.
type KillTest struct {
	// Child is the name of the test that calls KillTest.RunChild in the child process.
	Child string
	// Source is the Lua code of the script.
	Source string
	// Change is the Lua code of one change. It returns the number of the change, which is 1 for the
	// first one of all rounds.
	Change string
	// Check is Lua code that returns true if all changes up to the number last are there.
	Check string
}

// RunChild makes changes until the process is killed. It skips the test in all other processes.
func (k KillTest) RunChild(t *testing.T) {
	data := os.Getenv(killVariable)
	if data == "" {
		t.Skip("runs as the child of another test")
	}
	s := k.open(t, data)
	for {
		fmt.Println("change", s.Run(k.Change))
	}
}

func (k KillTest) open(t *testing.T, data string) *Script {
	return Open(t, Options{Source: k.Source, Permissions: permit.Settings{Data: data, ID: "test"}})
}

// Run kills the child process several times, with -long 50 times after 1000 changes each. After
// each kill, it calls intact and Check with the script in a new state.
func (k KillTest) Run(t *testing.T, intact func(s *Script) error) {
	rounds, changes := 4, 50
	if *testkit.Long {
		rounds, changes = 50, 1000
	}
	data := t.TempDir()
	for round := range rounds {
		last := k.changeAndKill(t, data, changes)
		s := k.open(t, data)
		if err := intact(s); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if got := s.Run(fmt.Sprintf("local last = %d %s", last, k.Check)); got != "true" {
			t.Errorf("round %d, after change %d: %s", round, last, got)
		}
		s.Scripts.Close()
	}
}

// changeAndKill runs the child process and kills it after about n changes. It returns the number of
// the last change that the child has reported.
func (k KillTest) changeAndKill(t *testing.T, data string, n int) (last int) {
	child := exec.Command(os.Args[0], "-test.run=^"+k.Child+"$", "-test.v")
	child.Env = append(os.Environ(), killVariable+"="+data)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); errors.Is(err, syscall.ENOEXEC) {
		t.Skip("this machine cannot run the test again as a program of its own, because an emulator runs it")
	} else if err != nil {
		t.Fatal(err)
	}
	timeout := time.AfterFunc(5*time.Minute, func() { child.Process.Kill() })
	defer timeout.Stop()
	count := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if number, ok := strings.CutPrefix(lines.Text(), "change "); ok {
			if _, err := fmt.Sscan(number, &last); err != nil {
				t.Errorf("the child reported %s", number)
			}
			if count++; count == n {
				go child.Process.Kill()
			}
		}
	}
	child.Wait()
	if count < n {
		t.Fatalf("the child made %d changes", count)
	}
	return last
}
