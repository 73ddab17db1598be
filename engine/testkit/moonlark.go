package testkit

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// Moonlark builds the command moonlark from this module and returns the path of the binary. If the
// tests use the race detector, the binary uses it too.
//
// The binary is kept in the user's cache folder, one for each copy of the module, because go build
// takes only 0.2 s when the binary is up to date, and more than 1 s otherwise. All test binaries of
// one go test run share the binary.
func Moonlark(t TB) string {
	t.Helper()
	path, err := moonlark()
	if err != nil {
		t.Fatalf("build moonlark: %v", err)
	}
	return path
}

var moonlark = sync.OnceValues(func() (string, error) {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "moonlark").Output()
	if err != nil {
		return "", fmt.Errorf("go list: %w", err)
	}
	args := []string{"build"}
	if Race {
		args = append(args, "-race")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	key := sha256.Sum256([]byte(strings.Join(append(args, string(root)), "\x00")))
	folder := filepath.Join(cache, "moonlark-test", fmt.Sprintf("%x", key[:8]))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(folder, "lock")).Lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	path := filepath.Join(folder, "moonlark")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if out, err := exec.Command("go", append(args, "-o", path, "moonlark")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})
