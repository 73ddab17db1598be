//go:build unix

package fleet

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hide makes each attempt to open a file of the store fail for another reason than that the file does not
// exist, as a fault of the disk does. The function that it returns undoes that.
func (f *fixture) hide(path string) (show func()) {
	f.t.Helper()
	if err := errors.Join(os.Rename(path, path+".hidden"), os.Symlink(filepath.Base(path), path)); err != nil {
		f.t.Fatal(err)
	}
	return func() {
		if err := errors.Join(os.Remove(path), os.Rename(path+".hidden", path)); err != nil {
			f.t.Fatal(err)
		}
	}
}

// wantFaults fails the test unless the events since the last call are faults of the disk after which another
// attempt follows, and a script with this source runs.
func (f *fixture) wantFaults(source string) {
	f.t.Helper()
	events := f.takeEvents()
	if len(events) == 0 || len(events) > 3 {
		f.t.Errorf("there are %d events: %q", len(events), events)
	}
	for _, e := range events {
		if !strings.HasPrefix(e, "error: ") || !strings.HasSuffix(e, ": another attempt follows") {
			f.t.Errorf("there is the event %q", e)
		}
	}
	f.want(source)
}

// files returns the path of the folder with the files of the stored bundle whose script has this source.
func (f *fixture) files(source string) string {
	f.t.Helper()
	for _, digest := range (disk{dir: f.store}).stored() {
		folder := (disk{dir: f.store}).bundlePath(digest, filesFolder)
		if text, _ := os.ReadFile(filepath.Join(folder, "kiosk.lua")); string(text) == source {
			return folder
		}
	}
	f.t.Fatalf("no bundle with %s is stored", source)
	return ""
}

func TestAFaultOfTheDiskIsNotOneOfTheBundle(t *testing.T) {
	for name, hidden := range map[string]func(*fixture) string{
		"the request": func(f *fixture) string { return filepath.Join(f.store, nextFile) },
		"the keys":    func(f *fixture) string { return filepath.Join(f.store, keysFile) },
		"the files":   func(f *fixture) string { return f.files("v17") },
	} {
		t.Run(name, func(t *testing.T) {
			withDevice(t, func(t *testing.T, f *fixture) {
				f.makeGood(16, "v16")
				f.install(17, "v17", nil) // before the next tick
				show := f.hide(hidden(f))
				time.Sleep(90 * time.Second)
				f.wantFaults("v16")
				show()
				time.Sleep(2 * time.Minute)
				f.want("v17", "ready 17", "trial 17")
			})
		})
	}
}

func TestABundleThatCannotBeReadAtTheStartRunsLater(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood(16, "v16")
		f.stop()

		show := f.hide(f.files("v16"))
		f.start()
		time.Sleep(90 * time.Second)
		f.wantFaults("factory")
		show()
		f.Set(func() { f.Conversation = "connected" })
		time.Sleep(2 * time.Minute)
		f.want("factory")
		f.Set(func() { f.Conversation = "waiting" })
		time.Sleep(2 * time.Second)
		f.want("v16")

		f.install(17, "v17", nil)
		time.Sleep(time.Minute)
		f.want("v17", "ready 17", "trial 17")
		f.stop()
		show = f.hide(f.files("v17"))
		f.start()
		time.Sleep(90 * time.Second)
		f.wantFaults("v16")
		show()
		time.Sleep(time.Minute)
		f.want("v17", "trial 17")
		time.Sleep(10 * time.Minute)
		f.want("v17", "good 17")
	})
}
