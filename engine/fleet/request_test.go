package fleet

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/fleet/bundle"
)

// A request that is written while the device handles the one before is not deleted with it.
func TestANewerRequestIsHandledToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		installed := false
		f.step = func(name string) {
			if name == "write "+stateFile && !installed {
				installed = true
				if err := f.tryInstall(18, "v18", nil, false); err != nil {
					t.Error(err)
				}
			}
		}
		f.start()
		f.install(17, "v17", nil)
		time.Sleep(3 * time.Second)
		f.want("v18", "ready 17", "trial 17", "ready 18", "trial 18")
		f.stop()
	})
}

func TestARequestIsDeletedAfterTheInstallationThatIsGoingOn(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.Set(func() { f.Conversation = "connected" })
		f.install(17, "v17", nil)
		time.Sleep(2 * time.Second)
		unlock, err := f.device.disk.lock(installLock)
		if err != nil {
			t.Fatal(err)
		}
		f.Set(func() { f.Conversation = "waiting" })
		time.Sleep(2 * time.Second)
		f.want("v17", "ready 17", "trial 17")
		if !f.device.disk.hasRequest() {
			t.Error("the request is deleted during an installation")
		}
		unlock()
		time.Sleep(2 * time.Second)
		if f.device.disk.hasRequest() {
			t.Error("the request is not deleted")
		}
		f.want("v17")
	})
}

// The deletion of old bundles deletes temporary files, so nothing else may write one at the same time.
func TestTheCommandsAreWrittenAfterTheInstallationThatIsGoingOn(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		unlock, err := f.device.disk.lock(installLock)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, unlock)
		began := time.Now()
		if err := f.device.Store().SetDone(map[string]time.Time{"1": began}); err != nil || time.Since(began) < time.Second {
			t.Errorf("the commands are written after %v, %v", time.Since(began), err)
		}
	})
}

// again installs the bundle 16, and returns what Install says.
func (f *fixture) again(change func(*bundle.Manifest)) Installed {
	f.t.Helper()
	done, err := Install(writeBundle(f.folder, 16, "v16", change), Installation{Store: f.store, Moonlark: "1.4.0"})
	if err != nil {
		f.t.Fatal(err)
	}
	return done
}

func TestTheCurrentBundleCanBeInstalledAgainWhenItIsDamaged(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		expires := time.Now().Add(20 * time.Minute).UTC().Truncate(time.Second)
		change := func(m *bundle.Manifest) { m.Created, m.Expires = expires.Add(-time.Hour), expires }
		f.install(16, "v16", change)
		time.Sleep(30 * time.Minute) // it has expired
		f.want("v16", "ready 16", "trial 16", "good 16")
		if !f.again(change).Already {
			t.Error("the undamaged bundle was installed again")
		}

		script := f.script()
		damage := func() {
			if err := os.WriteFile(script, []byte("damaged"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		repaired := func() {
			t.Helper()
			if _, err := f.device.disk.check(f.device.state.Good); err != nil {
				t.Errorf("after the installation: %v", err)
			}
			if _, err := os.Stat(f.device.disk.bundlePath(f.device.state.Good, goodFile)); err != nil {
				t.Errorf("after the installation: %v", err)
			}
		}
		damage()
		if f.again(change).Already {
			t.Error("a damaged bundle is said to run already")
		}
		time.Sleep(2 * time.Second)
		f.want("v16")
		repaired()
		f.stop()

		damage()
		f.start()
		digest := filepath.Base(filepath.Dir(filepath.Dir(script)))
		f.want("factory", "error: the bundle "+digest+" cannot be used: kiosk.lua: 7 bytes instead of 3")
		if f.again(change).Already {
			t.Error("a bundle that does not run is said to run already")
		}
		time.Sleep(2 * time.Second)
		f.want("v16", "ready 16", "good 16")
		repaired()
		f.stop()
		f.start()
		f.want("v16")
	})
}

// Installing the current bundle takes the place of another one that waits.
func TestTheCurrentBundleCanBeInstalledInsteadOfOneThatWaits(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood(16, "v16")
		f.Set(func() { f.Conversation = "connected" })
		f.install(17, "v17", nil)
		time.Sleep(2 * time.Second)
		f.again(nil)
		time.Sleep(2 * time.Second)
		f.Set(func() { f.Conversation = "waiting" })
		time.Sleep(2 * time.Second)
		f.want("v16", "ready 17")
	})
}

func TestABundleWaitsForAConversationThatWasCutOff(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.Set(func() { f.Conversation = "reconnecting" })
		f.install(16, "v16", nil)
		time.Sleep(10 * time.Minute)
		f.want("factory", "ready 16")
		f.Set(func() { f.Conversation = "waiting" })
		time.Sleep(2 * time.Second)
		f.want("v16", "trial 16")
	})
}

// An operator who goes back to the good bundle during a trial ends the trial.
func TestTheGoodBundleIsNotOnTrialAgain(t *testing.T) {
	for name, running := range map[string]bool{"while the process runs": true, "before its start": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				f.start()
				f.makeGood(16, "v16")
				f.install(17, "v17", nil)
				time.Sleep(time.Minute)
				f.want("v17", "ready 17", "trial 17")
				if running {
					f.install(16, "v16", nil)
					time.Sleep(2 * time.Second)
					f.want("v16", "ready 16", "good 16")
				} else {
					f.stop()
					f.install(16, "v16", nil)
					f.start()
					f.want("v16")
				}
				f.Set(func() { f.Hanging = []string{"kiosk.lua"} }) // no trial ends with this
				time.Sleep(11 * time.Minute)
				f.want("v16")
				if _, err := os.Stat(f.device.disk.path(nextFile)); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("the request: %v", err)
				}
				f.stop()
				for range maxStarts {
					f.start()
					f.want("v16")
					f.stop()
				}
			})
		})
	}
}
