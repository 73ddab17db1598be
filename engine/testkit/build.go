package testkit

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// SQLiteFlags is the flag of the go command with which tests compile SQLite for other platforms, without
// optimization, which takes one core most of a minute.
const SQLiteFlags = "-gcflags=github.com/ncruces/go-sqlite3-wasm/...=-N -l"

// Build builds a program without cgo for another platform, which env names in the form "GOOS=windows",
// and returns its path. args are the arguments of the go command, such as "build" and a package.
func Build(t testing.TB, env []string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program.exe")
	flags := []string{args[0], "-o", path, SQLiteFlags}
	cmd := exec.Command("go", append(flags, args[1:]...)...)
	cmd.Env = append(append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS="), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, out)
	}
	return path
}
