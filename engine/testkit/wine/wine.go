// Package wine runs programs for Windows in tests on Linux, with Wine.
package wine

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// A Machine is a Windows machine as Wine imitates it, with an empty drive C. It ends with the test.
type Machine struct {
	t      testing.TB
	prefix string // the folder of the machine
}

// Start makes a Machine. It skips the test if Wine is not installed, if this is not Linux on amd64, or
// if -short is set.
func Start(t testing.TB) *Machine {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Wine")
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("programs for Windows on amd64 run only there")
	}
	if _, err := exec.LookPath("wine"); err != nil {
		t.Skipf("Wine is not installed: %v", err)
	}
	m := &Machine{t: t, prefix: filepath.Join(t.TempDir(), "wine")}
	t.Cleanup(func() {
		cmd := m.Command("wineboot", "--kill") // ends all programs, which have files open in the folder
		cmd.Path, cmd.Args = mustFind(t, "wineserver"), []string{"wineserver", "--kill", "--wait"}
		_ = cmd.Run() // fails if nothing runs
	})
	if out, err := m.Command("wineboot", "--init").CombinedOutput(); err != nil {
		t.Fatalf("wineboot: %v\n%s", err, out)
	}
	path := filepath.Join(m.prefix, "drive_c", "windows", "system32", "bcryptprimitives.dll")
	if _, err := os.Stat(path); err != nil { // Wine before 9.0 does not have it, and Go needs it
		if err := os.WriteFile(path, forwarder("bcryptprimitives.dll", "ProcessPrng", "ADVAPI32.SystemFunction036"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// mustFind returns the path of a program that belongs to Wine. Debian installs wineserver where the
// shell does not look for it.
func mustFind(t testing.TB, name string) string {
	t.Helper()
	for _, place := range []string{name, "/usr/lib/wine/" + name, "/usr/lib/wine/" + name + "64"} {
		if path, err := exec.LookPath(place); err == nil {
			return path
		}
	}
	t.Fatalf("%s is not installed", name)
	return ""
}

// Command returns a command that runs a program for Windows, or one of Wine's own programs. name is a
// path of this machine. The program finds no sound server, except if the caller adds the variable
// PULSE_SERVER to the environment.
func (m *Machine) Command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command("wine", append([]string{name}, args...)...)
	cmd.Env = append(os.Environ(), "WINEPREFIX="+m.prefix, "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml=", "DISPLAY=",
		"PULSE_SERVER=", "HOME="+m.prefix)
	return cmd
}
