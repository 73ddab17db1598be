package fleet

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/fleet/bundle"
)

func TestADamagedStateIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.start()
		f.makeGood(16, "v16")
		f.install(17, "v17", func(m *bundle.Manifest) { m.Floor = 17 })
		time.Sleep(11 * time.Minute)
		f.want("v17", "ready 17", "trial 17", "good 17")
		f.install(18, "v18", nil)
		time.Sleep(time.Minute)
		f.stop()
		for _, damage := range []string{"", "{", `{"current": 1}`, strings.Repeat("x", maxFile+1)} {
			os.WriteFile(filepath.Join(f.store, stateFile), []byte(damage), 0o600)
			f.takeEvents()
			f.start() // 18 has not passed its trial
			events := f.takeEvents()
			f.want("v17")
			if len(events) != 1 || !strings.HasPrefix(events[0], "error: state.json cannot be read (") {
				t.Errorf("the events are %q", events)
			}
			if err := f.tryInstall(15, "v15", nil, false); err == nil {
				t.Error("the floor is forgotten")
			}
			f.stop()
			f.start()
			f.want("v17")
			f.stop()
		}
	})
}

// A bundle that has failed its trial is not good, even if it was marked before that could be written.
func TestADamagedStateDoesNotBringBackAFailedBundle(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood(16, "v16")
		f.install(17, "v17", nil)
		time.Sleep(2 * time.Second)
		if err := f.device.disk.markGood(f.device.Running().Digest); err != nil {
			t.Fatal(err)
		}
		f.stop() // before the bundle is deleted
		f.start()
		f.device.end("it is bad")
		f.stop()
		os.WriteFile(filepath.Join(f.store, stateFile), []byte("{"), 0o600)
		f.start()
		f.takeEvents()
		f.want("v16")
	})
}

// The floor of a bundle that was accepted counts for ever, even if the bundle has failed its trial.
func TestADamagedStateDoesNotLowerTheFloor(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood(16, "v16")
		f.install(18, "v18", func(m *bundle.Manifest) { m.Floor = 17 })
		time.Sleep(2 * time.Second)
		f.Set(func() { f.Hanging = []string{"kiosk.lua"} })
		time.Sleep(time.Minute)
		f.want("v16", "ready 18", "trial 18", "back 18: kiosk.lua does not answer; back to 16")
		f.stop()
		os.WriteFile(filepath.Join(f.store, stateFile), []byte("{"), 0o600)
		for range 2 {
			f.start()
			var refusal *bundle.Refusal
			if err := f.tryInstall(15, "v15", nil, false); !errors.As(err, &refusal) || refusal.Reason != bundle.BelowFloor {
				t.Errorf("below the floor: %v", err)
			}
			if err := f.tryInstall(18, "other", nil, false); !errors.As(err, &refusal) || refusal.Reason != bundle.SameVersion {
				t.Errorf("other bytes: %v", err)
			}
			f.stop()
		}
		f.start()
	})
}
