package testkit

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// npmVariable is the name of the environment variable that lets tests install packages with npm.
const npmVariable = "MOONLARK_TEST_NPM"

// NodeFolder returns a folder of the test in which programs of Node.js find these npm packages, each
// with its version, such as "@modelcontextprotocol/sdk@1.32.2". It skips the test if there is no
// Node.js, or if the packages are not there.
//
// The packages are kept in the user's cache folder. They are installed there only if the variable
// MOONLARK_TEST_NPM is 1. If that fails, the test fails.
func NodeFolder(t testing.TB, packages ...string) string {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("needs Node.js")
	}
	modules, err := nodeModules(packages)
	if err != nil {
		t.Fatal(err)
	}
	if modules == "" {
		t.Skipf("needs npm packages: with %s=1, the test installs %s", npmVariable, strings.Join(packages, " "))
	}
	folder := t.TempDir()
	if err := os.Symlink(modules, filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return folder
}

// nodeModules returns the folder node_modules with the packages, or "" if they are not there and may
// not be installed.
func nodeModules(packages []string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	packages = slices.Sorted(slices.Values(packages))
	key := sha256.Sum256([]byte(strings.Join(packages, "\x00")))
	folder := filepath.Join(cache, "moonlark-test", "npm", fmt.Sprintf("%x", key[:8]))
	modules, installed := filepath.Join(folder, "node_modules"), filepath.Join(folder, "installed")
	if _, err := os.Stat(installed); err == nil {
		return modules, nil
	}
	if os.Getenv(npmVariable) != "1" {
		return "", nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(folder, "lock")).Lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(installed); err == nil { // by another test
		return modules, nil
	}
	install := exec.Command("npm", append([]string{"install", "--prefix", folder, "--ignore-scripts"}, packages...)...)
	if out, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm install: %w\n%s", err, out)
	}
	return modules, os.WriteFile(installed, []byte(strings.Join(packages, "\n")+"\n"), 0o600)
}
