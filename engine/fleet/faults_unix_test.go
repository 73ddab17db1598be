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

// A state that cannot be read for a while is neither replaced nor used for decisions.
func TestAStateThatCannotBeReadIsReadLater(t *testing.T) {
	for name, hidden := range map[string]string{"the state": stateFile, "the good bundle too": bundlesFolder} {
		t.Run(name, func(t *testing.T) {
			withDevice(t, func(t *testing.T, f *fixture) {
				f.makeGood(16, "v16")
				f.install(17, "broken", nil)
				time.Sleep(2 * time.Second)
				f.takeEvents()
				f.stop()
				before, err := os.ReadFile(filepath.Join(f.store, stateFile))
				if err != nil {
					t.Fatal(err)
				}
				show := f.hide(filepath.Join(f.store, stateFile))
				if hidden != stateFile {
					showToo := f.hide(f.files("v16"))
					showState := show
					show = func() { showState(); showToo() }
				}
				f.start()
				time.Sleep(90 * time.Second)
				events := f.takeEvents()
				if len(events) == 0 || !strings.HasPrefix(events[0], "error: the fleet store cannot be read: open STORE/state.json: ") {
					t.Errorf("the events are %q", events)
				}
				if trouble := f.device.Health().Trouble; !strings.Contains(trouble, "cannot be read") {
					t.Errorf("the trouble is %q", trouble)
				}
				if err := f.tryInstall(18, "v18", nil, false); err == nil || !strings.Contains(err.Error(), stateFile) {
					t.Errorf("an installation: %v", err)
				}
				if _, err := f.device.Store().Waiting(); err == nil {
					t.Error("the store says what waits, but cannot know it")
				}
				show()
				time.Sleep(2 * time.Minute)
				f.want("v16")
				if trouble := f.device.Health().Trouble; trouble != "" {
					t.Errorf("the trouble is still %q", trouble)
				}
				if after, err := os.ReadFile(filepath.Join(f.store, stateFile)); err != nil || string(after) != string(before) {
					t.Errorf("the state was\n%s, and is, %v,\n%s", before, err, after)
				}
				if err := f.tryInstall(17, "broken", nil, false); err == nil || !strings.Contains(err.Error(), "has failed on this device") {
					t.Errorf("the bundle that has failed: %v", err)
				}
			})
		})
	}
}

// The start of a process counts for a trial even if that is known only later.
func TestATrialThatCannotBeReadAtTheStartGoesOnLater(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood(16, "v16")
		f.install(17, "v17", nil)
		time.Sleep(time.Minute)
		f.want("v17", "ready 17", "trial 17")
		for _, source := range []string{"v17", "v17", "v16"} {
			f.stop()
			show := f.hide(filepath.Join(f.store, stateFile))
			f.start()
			time.Sleep(90 * time.Second)
			f.takeEvents()
			f.want("v16")
			show()
			time.Sleep(2 * time.Minute)
			f.takeEvents()
			f.want(source)
		}
	})
}
