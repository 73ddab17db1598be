package permit

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The folder that these tests write is a fake of /sys and /proc.
func TestFilesOfTheSystem(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no /sys")
	}
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(Options{Script: "a.lua", Folder: t.TempDir(), Root: root, Grants: []Grant{{Kind: Sys, Value: "brightness"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	os.MkdirAll(filepath.Join(root, "sys/class/a"), 0o700)
	os.WriteFile(filepath.Join(root, "sys/class/a/value"), []byte(" 12\n"), 0o600)
	os.WriteFile(filepath.Join(root, "sys/long"), []byte(strings.Repeat("x", maxSystemFile+1)), 0o600)
	os.Symlink("a", filepath.Join(root, "sys/class/b"))
	if got, err := b.ReadSystem("/sys/class/b/value"); got != "12" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := b.ReadSystem("/sys/long"); len(got) != maxSystemFile || err != nil {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	if got, err := b.ListSystem("/sys/class"); strings.Join(got, " ") != "a b" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := b.ResolveSystem("/sys/class/b"); got != "/sys/class/a" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := b.WriteSystem("x", "brightness", "/sys/class/a/value", "13"); err != nil {
		t.Error(err)
	}
	if got, _ := b.ReadSystem("/sys/class/a/value"); got != "13" {
		t.Errorf("got %q", got)
	}
	if err := b.WriteSystem("x", "reboot", "/sys/class/a/value", "14"); err == nil {
		t.Error("a file was written without a permission")
	}
	for _, path := range []string{"/etc/passwd", "/sys/../etc/passwd", "sys/long", "", "/sysx"} {
		if _, err := b.ReadSystem(path); err == nil || !strings.Contains(err.Error(), "is not a file of the system") {
			t.Errorf("%q: %v", path, err)
		}
	}
	if _, err := b.ReadSystem("/sys/class"); err == nil {
		t.Error("a folder was read")
	}
}
