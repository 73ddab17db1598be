//go:build unix

package filewatch

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"moonlark/engine/script"
	"moonlark/engine/testkit"
)

// poll starts a watcher that gets no notifications from the system and examines the files often. The
// watcher is closed at the end of the test.
func (f *folder) poll() {
	f.watcher = newWatcher(nil, 20*time.Millisecond, f.scripts(), f.files, func(path string) { f.reloads <- f.load(path) }, f.noteWarning)
	f.watcher.start()
	f.t.Cleanup(f.watcher.Close)
}

// setOldTime gives a file the modification time that all files of a Nix store have.
func (f *folder) setOldTime(name string) {
	f.t.Helper()
	if err := os.Chtimes(f.path(name), time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		f.t.Fatal(err)
	}
}

// link makes the symbolic link name, or replaces the link of that name in one step, as programs that
// install releases do.
func (f *folder) link(name, target string) {
	f.t.Helper()
	os.Remove(f.path(name + "~"))
	if err := os.Symlink(target, f.path(name+"~")); err != nil {
		f.t.Fatal(err)
	}
	f.rename(name+"~", name)
}

// The system does not notify the watcher of some of these changes.
func TestChangesAboveTheFolderOfAFileAreSeen(t *testing.T) {
	for _, row := range []struct {
		name string
		// The test makes the changes one after the other. Change number i, counted from 1, gives
		// live/m.lua the text i. A reload must read that text.
		changes []func(f *folder)
	}{
		{"the folder is a link that is switched", []func(f *folder){
			func(f *folder) { f.link("live", "r1") },
			func(f *folder) { f.link("live", "r2") },
			func(f *folder) { f.link("live", "r3") },
			func(f *folder) { f.write("r3/m.lua", "4") },
		}},
		{"a link in the middle is switched, as Kubernetes does", []func(f *folder){
			func(f *folder) {
				f.write("live/unused", "")
				f.link("live/..data", "../r1")
				f.link("live/m.lua", "..data/m.lua")
			},
			func(f *folder) { f.link("live/..data", "../r2") },
			func(f *folder) { f.link("live/..data", "../r3") },
			func(f *folder) { f.write("r3/m.lua", "4") },
		}},
		{"the folder is replaced", []func(f *folder){
			func(f *folder) { f.rename("r1", "live") },
			func(f *folder) { f.rename("live", "gone"); f.rename("r2", "live") },
			func(f *folder) { f.write("live/m.lua", "3") },
			func(f *folder) { f.rename("live", "gone2"); f.rename("r4", "live") },
		}},
	} {
		for _, mode := range []struct {
			name  string
			watch func(*folder)
		}{{"notified", (*folder).watch}, {"polled", (*folder).poll}} {
			t.Run(row.name+", "+mode.name, func(t *testing.T) {
				if testing.Short() && mode.name == "notified" {
					t.Skip("waits for polls")
				}
				t.Parallel()
				f := newFolder(t, map[string]string{"a.lua": "1", "r1/m.lua": "1", "r2/m.lua": "2", "r3/m.lua": "3", "r4/m.lua": "4"},
					map[string][]string{"a.lua": {"live/m.lua"}})
				for _, name := range []string{"r1/m.lua", "r2/m.lua", "r3/m.lua", "r4/m.lua"} {
					f.setOldTime(name)
				}
				row.changes[0](f)
				f.load(f.path("a.lua"))
				mode.watch(f)
				for i, change := range row.changes[1:] { // the first change was made above
					began := time.Now()
					change(f)
					f.waitFor("live/m.lua", fmt.Sprint(i+2))
					if took := time.Since(began); took > 2*pollInterval+pollInterval/2 {
						t.Errorf("change %d was noticed after %v", i+2, took)
					}
				}
			})
		}
	}
}

func TestNothingIsReloadedWithoutAChange(t *testing.T) {
	t.Parallel()
	f := newFolder(t, map[string]string{"a.lua": "1", "m.lua": "1"}, map[string][]string{"a.lua": {"m.lua", "none/x.lua"}})
	f.poll()
	f.write("a.lua", "2")
	f.waitFor("a.lua", "2")
	time.Sleep(10 * 20 * time.Millisecond)
	if n := len(f.reloads); n > 0 {
		t.Errorf("%d reloads without a change", n)
	}
}

// After a failed load, the function files of the watcher returns the files of the running copy as they
// were when it was loaded, and then the files of the failed load.
func TestAScriptThatDoesNotLoadIsReloadedOnceAChange(t *testing.T) {
	t.Parallel()
	f := newFolder(t, map[string]string{"a.lua": "1", "m.lua": "1"}, map[string][]string{"a.lua": {"m.lua"}})
	inUse := f.files(f.path("a.lua"))
	var failed []script.File // the load fails before it reads m.lua
	files := func(string) []script.File { return append(slices.Clone(inUse), failed...) }
	reloads := make(chan struct{}, 100)
	w := newWatcher(nil, 20*time.Millisecond, f.scripts(), files, func(path string) {
		failed = []script.File{script.StatFile(path)}
		reloads <- struct{}{}
	}, f.noteWarning)
	w.start()
	t.Cleanup(w.Close)
	for _, name := range []string{"a.lua", "m.lua"} {
		f.write(name, "broken")
		select {
		case <-reloads:
		case <-time.After(testkit.Timeout):
			t.Fatal("no reload")
		}
		time.Sleep(10 * 20 * time.Millisecond)
		if n := len(reloads); n > 0 {
			t.Errorf("%d more reloads after a change of %s", n, name)
		}
	}
}

func TestAFolderThatCannotBeReadIsPolled(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a poll")
	}
	if os.Getuid() == 0 {
		t.Skip("root may read every folder")
	}
	t.Parallel()
	f := newFolder(t, map[string]string{"a.lua": "1", "lib/m.lua": "1"}, map[string][]string{"a.lua": {"lib/m.lua"}})
	if err := os.Chmod(f.path("lib"), 0o311); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(f.path("lib"), 0o755) })
	f.watch()
	f.write("lib/m.lua", "2")
	f.waitFor("lib/m.lua", "2")
}

func TestTheReasonForPollingIsNamed(t *testing.T) {
	for err, want := range map[error]string{
		syscall.ENOSPC: "fs.inotify.max_user_watches",
		syscall.EMFILE: "fs.inotify.max_user_instances",
		syscall.EACCES: "permission denied",
	} {
		if got := pollsBecause(err); !strings.Contains(got, want) {
			t.Errorf("the text for %v is %q, want %q in it", err, got, want)
		}
	}
}
