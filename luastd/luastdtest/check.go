package luastdtest

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"moonlark/luastd"
)

// Want runs the Lua code source, as Run does, and fails the test if its result is not want. In the
// result, paths of files in the script's folder are only names.
func (s *Script) Want(source, want string) {
	s.t.Helper()
	if got := strings.ReplaceAll(s.Run(source), s.Folder+string(filepath.Separator), ""); got != want {
		s.t.Errorf("%s: got %s, want %s", source, got, want)
	}
}

// Reload loads the script again, with more at its end.
func (s *Script) Reload(more string) {
	s.t.Helper()
	path := filepath.Join(s.Folder, "test.lua")
	source, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, append(source, more...), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.Scripts.Reload(path); err != nil {
		s.t.Fatal(err)
	}
}

// CheckReloads loads the script with these options and modules, loads it again and again, and closes it. It
// fails the test if goroutines or open files are left. Under -short, it loads the script only a few
// times.
func CheckReloads(t *testing.T, opts Options, modules ...luastd.Module) {
	t.Helper()
	reloads := 200
	if testing.Short() {
		reloads = 10
	}
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
	s := Open(t, opts, modules...)
	for range reloads {
		s.Reload("")
	}
	s.Scripts.Close()
	deadline := time.Now().Add(20 * time.Second)
	for runtime.NumGoroutine() > goroutines || openDescriptors() > descriptors {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines and %d descriptors, before %d and %d\n%s", runtime.NumGoroutine(), openDescriptors(),
				goroutines, descriptors, stacks[:runtime.Stack(stacks, true)])
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// openDescriptors returns the number of open files of this process, or 0 if the system does not
// say.
func openDescriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}
