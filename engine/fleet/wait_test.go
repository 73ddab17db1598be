package fleet

import (
	"testing"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/message"
)

// order asks the device to switch to the bundle with this version and source, as a fleet does.
func (f *fixture) order(version int64, source string, order Order) {
	f.t.Helper()
	b, err := bundle.Open(writeBundle(f.folder, version, source, nil))
	if err != nil {
		f.t.Fatal(err)
	}
	defer b.Close()
	order.Fleet = true
	if _, err := f.device.disk.install(b, Installation{Moonlark: "1.4.0"}, order); err != nil {
		f.t.Fatal(err)
	}
}

// windowIn returns a window of an hour that begins in d.
func windowIn(d time.Duration) *message.Window {
	from := time.Now().Add(d).Local()
	return &message.Window{From: from.Format("15:04"), To: from.Add(time.Hour).Format("15:04")}
}

// wantWaiting fails the test unless the health says that the bundle waits for this reason.
func (f *fixture) wantWaiting(next, why string) {
	f.t.Helper()
	if h := f.device.Health(); h.Next != next || h.Waiting != why {
		f.t.Errorf("%q waits: %q, want %q: %q", h.Next, h.Waiting, next, why)
	}
}

func TestABundleWaitsForItsWindow(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood(16, "v16")
		w := windowIn(3 * time.Hour)
		f.order(17, "v17", Order{Window: w})
		time.Sleep(2 * time.Hour) // more than maxWait
		f.want("v16", "ready 17")
		f.wantWaiting("shop 17", "for the time from "+w.From+" to "+w.To)

		// a start outside of the window changes nothing
		f.stop()
		f.start()
		time.Sleep(time.Minute)
		f.want("v16", "ready 17")

		// in the window, it waits for the end of the conversation
		f.Set(func() { f.Conversation = "connected" })
		time.Sleep(65 * time.Minute)
		f.want("v16")
		f.wantWaiting("shop 17", "for the end of the conversation")
		f.Set(func() { f.Conversation = "waiting" })
		time.Sleep(2 * time.Second)
		f.want("v17", "trial 17")
		f.wantWaiting("", "")

		// the way back to the good bundle does not wait for the window
		f.order(16, "v16", Order{Window: w})
		time.Sleep(2 * time.Hour)
		f.want("v16", "ready 16", "good 16")
	})
}

func TestAnOrderThatIsForcedDoesNotWait(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood(16, "v16")
		f.Set(func() { f.Conversation = "connected" })
		f.order(17, "v17", Order{Window: windowIn(3 * time.Hour)})
		time.Sleep(time.Minute)
		f.want("v16", "ready 17")
		// the same bundle with another order
		f.order(17, "v17", Order{Window: windowIn(3 * time.Hour), Force: true})
		time.Sleep(2 * time.Second)
		f.want("v17", "trial 17")
	})
}

func TestAScriptDefersTheSwitch(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood(16, "v16")
		f.device.Defer(5 * time.Minute)
		f.order(17, "v17", Order{})
		time.Sleep(4 * time.Minute)
		f.want("v16", "ready 17")
		f.wantWaiting("shop 17", "a script has asked to wait")
		time.Sleep(2 * time.Minute)
		f.want("v17", "trial 17")
		time.Sleep(10 * time.Minute)
		f.want("v17", "good 17")

		// it cannot do so for ever
		f.order(18, "v18", Order{})
		for range 118 {
			f.device.Defer(100 * time.Hour)
			time.Sleep(30 * time.Second)
		}
		f.want("v17", "ready 18")
		time.Sleep(2 * time.Minute)
		f.want("v18", "trial 18")
	})
}

// The fleet withdraws what it has ordered, and nothing else.
func TestAnOrderIsWithdrawn(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood(16, "v16")
		f.Set(func() { f.Conversation = "connected" })
		f.order(17, "v17", Order{})
		time.Sleep(time.Minute)
		f.want("v16", "ready 17")
		unlock, err := f.device.disk.lock(installLock)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, unlock) // the end of an installation
		if err := f.device.Store().Withdraw(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		f.wantWaiting("", "")
		f.Set(func() { f.Conversation = "waiting" })
		time.Sleep(time.Minute)
		f.want("v16")

		f.Set(func() { f.Conversation = "connected" })
		f.install(18, "v18", nil)
		time.Sleep(2 * time.Second)
		if err := f.device.Store().Withdraw(); err != nil {
			t.Fatal(err)
		}
		f.Set(func() { f.Conversation = "waiting" })
		time.Sleep(time.Minute)
		f.want("v18", "ready 18", "trial 18")
	})
}
