package fleet

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/bus"
)

// A bundle that is installed while no process runs is on trial from the next start on.
func TestTheProcessMayStartTwiceWithinATrial(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood(16, "v16")
		f.stop()
		f.install(17, "v17", nil)
		for range 2 {
			f.start()
			f.want("v17", "trial 17")
			time.Sleep(time.Minute)
			f.stop()
		}
		f.start()
		f.want("v16", "back 17: the process has started 3 times within the trial; back to 16")
		f.stop()
		f.start()
		f.want("v16")
	})
}

func TestTheTrialCountsTheTimeOfAllStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.install(16, "v16", nil)
		f.start()
		time.Sleep(6 * time.Minute)
		f.want("v16", "trial 16")
		f.stop()
		time.Sleep(24 * time.Hour) // does not count
		f.start()
		time.Sleep(3 * time.Minute)
		f.want("v16", "trial 16")
		time.Sleep(2 * time.Minute)
		f.want("v16", "good 16")
		f.stop()
	})
}

// What a process has seen within a trial counts for the next one, also after the power has failed.
func TestTheAgentMustBeReachedOnceWithinATrial(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood(16, "v16")
		f.bus.Publish(bus.Event{Type: bus.Connected})
		f.install(17, "v17", nil)
		time.Sleep(2 * time.Second)
		f.bus.Publish(bus.Event{Type: bus.Connected})
		time.Sleep(2 * time.Second)
		text, err := os.ReadFile(filepath.Join(f.store, stateFile))
		if err != nil {
			t.Fatal(err)
		}
		f.stop()
		os.WriteFile(filepath.Join(f.store, stateFile), text, 0o600) // as before stop
		f.start()
		f.bus.Publish(bus.Event{Type: bus.Retrying})
		time.Sleep(11 * time.Minute)
		f.want("v17", "ready 17", "trial 17", "trial 17", "good 17")
	})
}

// A bundle that may have cut the device off from its fleet is not good.
func TestTheHubMustBeReachedOnceWithinATrial(t *testing.T) {
	for name, row := range map[string]struct {
		before, during, after string // the connection before the trial, in its first seconds, and at its end
		good                  bool
	}{
		"it is not reached":          {"connected", "offline", "offline", false},
		"it is reached for a while":  {"connected", "connected", "offline", true},
		"it was not reached before":  {"offline", "offline", "offline", true},
		"there is no fleet any more": {"connected", "local", "local", true},
	} {
		t.Run(name, func(t *testing.T) {
			withDevice(t, func(t *testing.T, f *fixture) {
				link := func(status string) { f.device.ShowLink(status, "", time.Time{}, 0) }
				f.makeGood(16, "v16")
				link(row.before)
				f.install(17, "v17", nil)
				time.Sleep(1500 * time.Millisecond)
				f.want("v17", "ready 17", "trial 17")
				link(row.during)
				time.Sleep(2 * time.Second)
				f.stop()
				f.start() // what was seen before counts
				link(row.after)
				time.Sleep(11 * time.Minute)
				if row.good {
					f.want("v17", "trial 17", "good 17")
				} else {
					f.want("v16", "trial 17", "back 17: the hub, which was reached before, was not reached during the trial; back to 16")
				}
			})
		})
	}
}
