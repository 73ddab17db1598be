package fleet

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// newMountFixture makes a fixture whose store is on a small file system of its own.
func newMountFixture(t *testing.T) *fixture {
	f := newFixture(t)
	if err := os.Mkdir(f.store, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", f.store, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("only root can mount a small file system: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(f.store, syscall.MNT_DETACH) })
	return f
}

// fill uses up the space of the store, and returns a function that gives it back.
func (f *fixture) fill() (free func()) {
	file := filepath.Join(f.store, "full")
	if err := os.WriteFile(file, make([]byte, 512<<10), 0o600); err == nil {
		f.t.Fatal("the file system is not full")
	}
	return func() { os.Remove(file) }
}

// readOnly makes the store read-only, and returns a function that undoes that.
func (f *fixture) readOnly() (undo func()) {
	if err := syscall.Mount("", f.store, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		f.t.Fatal(err)
	}
	return func() {
		if err := syscall.Mount("", f.store, "", syscall.MS_REMOUNT, ""); err != nil {
			f.t.Fatal(err)
		}
	}
}

// A disk that cannot be written is reported once. The good bundle runs on, and the device switches to
// the new one when the disk works again.
func TestADiskThatCannotBeWrittenKeepsTheGoodBundle(t *testing.T) {
	for name, row := range map[string]struct {
		damage  func(*fixture) func()
		trouble string
	}{
		"full":      {(*fixture).fill, "no space left on device"},
		"read-only": {(*fixture).readOnly, "read-only file system"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newMountFixture(t)
			synctest.Test(t, func(t *testing.T) {
				f.t = t
				f.start()
				f.makeGood(16, "v16")
				f.Set(func() { f.Conversation = "connected" })
				f.install(17, "v17", nil)
				time.Sleep(2 * time.Second)
				f.want("v16", "ready 17")
				synctest.Wait() // for the tick of this second
				repair := row.damage(f)
				f.Set(func() { f.Conversation = "waiting" })
				time.Sleep(5 * time.Minute)
				if trouble := f.device.Health().Trouble; !strings.Contains(trouble, row.trouble) {
					t.Errorf("the trouble is %q", trouble)
				}
				f.wantTrouble(row.trouble)
				if err := f.tryInstall(18, "v18", nil, false); err == nil || !strings.Contains(err.Error(), row.trouble) {
					t.Errorf("an installation: %v", err)
				}
				f.stop()

				// a start that cannot be counted does not run the new bundle
				f.start()
				time.Sleep(5 * time.Minute)
				f.wantTrouble(row.trouble)
				repair()
				time.Sleep(2 * time.Minute)
				f.want("v17", "ready 17", "trial 17")
				if trouble := f.device.Health().Trouble; trouble != "" {
					t.Errorf("the trouble is still %q", trouble)
				}

				// the trial is not over before that can be written
				synctest.Wait()
				repair = row.damage(f)
				time.Sleep(20 * time.Minute)
				f.takeEvents()
				f.want("v17")
				repair()
				time.Sleep(2 * time.Minute)
				f.want("v17", "good 17")
				f.stop()
			})
		})
	}
}

// wantTrouble fails the test unless the only event since the last call is a log line about the store that
// contains text, and the good bundle 16 runs.
func (f *fixture) wantTrouble(text string) {
	f.t.Helper()
	events := f.takeEvents()
	if len(events) != 1 || !strings.HasPrefix(events[0], "error: the fleet store cannot be written: ") || !strings.Contains(events[0], text) {
		f.t.Errorf("the events are %q", events)
	}
	f.want("v16")
}

// A trial that cannot be counted at a start goes on when the disk works again.
func TestATrialGoesOnWhenItsStartCanBeCounted(t *testing.T) {
	f := newMountFixture(t)
	synctest.Test(t, func(t *testing.T) {
		f.t = t
		f.start()
		f.makeGood(16, "v16")
		f.install(17, "v17", nil)
		time.Sleep(2 * time.Minute)
		f.want("v17", "ready 17", "trial 17")
		f.stop()
		repair := f.readOnly()
		f.start()
		time.Sleep(time.Second)
		f.wantTrouble("read-only file system")
		repair()
		time.Sleep(2 * time.Minute)
		f.want("v17", "trial 17")
		time.Sleep(10 * time.Minute)
		f.want("v17", "good 17")
		f.stop()
	})
}

// A store that has never existed and cannot be made leaves the factory scripts.
func TestAStoreThatCannotBeMadeLeavesTheFactoryScripts(t *testing.T) {
	f := newMountFixture(t)
	defer f.readOnly()()
	f.store = filepath.Join(f.store, "store")
	f.start()
	events := f.takeEvents()
	f.want("factory")
	if len(events) != 1 || !strings.Contains(events[0], "read-only file system") {
		t.Errorf("the events are %q", events)
	}
	f.stop()
	f.store = filepath.Dir(f.store)
}
