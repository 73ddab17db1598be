package luastdtest

import (
	"os/exec"
	"strings"
	"testing"
)

// SQLite3 runs SQL on a file with the program sqlite3 and returns the output. It skips the test if
// sqlite3 is not installed.
func SQLite3(t testing.TB, path, sql string) string {
	t.Helper()
	program, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("the program sqlite3 is not installed")
	}
	out, err := exec.Command(program, "-cmd", ".timeout 10000", path, sql).CombinedOutput()
	if err != nil {
		t.Fatalf("sqlite3: %v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}
