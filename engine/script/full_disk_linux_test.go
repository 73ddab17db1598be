package script

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestAFullOrReadOnlyDiskLosesNothing(t *testing.T) {
	f := newFixture(t, Options{})
	if err := syscall.Mount("tmpfs", f.dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("only root can mount a small file system: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(f.dir, syscall.MNT_DETACH) })
	f.write("main.lua", "-- a")
	if _, err := f.Load(f.path("main.lua")); err != nil {
		t.Fatal(err)
	}
	s := &sourceFixture{f}
	if err := os.WriteFile(f.path("full"), make([]byte, 256<<10), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the file system is not full: %v", err)
	}
	check := func(want string) {
		t.Helper()
		err := s.save("", "-- b")
		if err == nil || !strings.HasSuffix(err.Error(), want) || !strings.HasPrefix(err.Error(), "main.lua: ") || s.read("main.lua") != "-- a" {
			t.Errorf("got %v, want %s; %q is on the disk", err, want, s.read("main.lua"))
		}
		entries, err := os.ReadDir(f.dir)
		if err != nil || len(entries) != 2 {
			t.Errorf("temporary files are left: %v, %v", entries, err)
		}
	}
	check("no space left on device")
	if err := syscall.Mount("", f.dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	check("read-only file system")
	if err := syscall.Mount("", f.dir, "", syscall.MS_REMOUNT, "size=1m"); err != nil {
		t.Fatal(err)
	}
	if err := s.save("", "-- b"); err != nil {
		t.Error(err)
	}
}
