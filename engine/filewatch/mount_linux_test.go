package filewatch

import (
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"moonlark/engine/testkit"
)

// A single file of the host may be mounted into a container. The test mounts a file in the same way.
func TestAFileThatIsAMountIsWatched(t *testing.T) {
	f := newFolder(t, map[string]string{"a.lua": "1", "host/a.lua": "1"}, map[string][]string{"a.lua": nil})
	if err := unix.Mount(f.path("host/a.lua"), f.path("a.lua"), "", unix.MS_BIND, ""); err != nil {
		t.Skip("this test needs the right to mount: ", err)
	}
	t.Cleanup(func() { unix.Unmount(f.path("a.lua"), unix.MNT_DETACH) })
	f.load(f.path("a.lua"))
	f.poll()
	f.write("host/a.lua", "2")
	f.waitFor("a.lua", "2")
	f.write("host/new.lua", "3")
	f.rename("host/new.lua", "host/a.lua") // the mounted path still shows the old file
	testkit.Until(t, "a warning", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.warnings) > 0 && strings.Contains(f.warnings[0], "mount its folder instead")
	})
}

// A program that copies a file may pause between two writes.
func TestAFileThatIsStillBeingWrittenIsWaitedFor(t *testing.T) {
	t.Parallel()
	f := newFolder(t, map[string]string{"a.lua": "1"}, map[string][]string{"a.lua": nil})
	f.watch()
	file, err := os.OpenFile(f.path("a.lua"), os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	file.WriteString("first half, ")
	if !isOpenForWriting(f.path("a.lua")) {
		t.Skip("this file system has no leases")
	}
	time.Sleep(10 * settleTime)
	file.WriteString("second half")
	file.Close()
	if r := f.next(); r.files["a.lua"] != "first half, second half" {
		t.Errorf("reloaded %+v, want both halves", r)
	}
}
