package follow

import (
	"errors"
	"testing"
	"time"

	"moonlark/engine/fleet/message"
)

// The hub may return old values for a while after a notice.
func TestOldWishesAreReadAgain(t *testing.T) {
	for name, row := range map[string]struct {
		stale int // how many reads return old values
		wait  time.Duration
	}{
		"a moment later": {stale: 8, wait: 5 * time.Second},
		"a minute later": {stale: 4 * staleReads, wait: 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			withDevice(t, func(t *testing.T, f *fixture) {
				f.makeGood()
				f.hub.set(func() { f.hub.stale = row.stale })
				f.publish(shop(17, "v17", nil))
				time.Sleep(row.wait)
				f.want("v17")
			})
		})
	}
}

// A hub that fails for a moment after a notice is asked for the new wish, not for any.
func TestAFaultOfTheHubMakesNoOldWishNew(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood()
		f.hub.set(func() { f.hub.fault = errors.New("the hub answers 500") })
		f.publish(shop(17, "v17", nil))
		time.Sleep(time.Second)
		f.hub.set(func() { f.hub.fault, f.hub.stale = nil, 4*3 }) // the next 3 readings of the 4 wishes are old
		time.Sleep(15 * time.Second)
		f.want("v17", "fleet: reading the wishes: the hub answers 500")
	})
}

func TestADeletedWishIsReadOnce(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood()
		f.hub.set(func() { f.hub.reads = 0 })
		f.hub.put(message.All, nil)
		time.Sleep(5 * time.Second)
		f.want("v16")
		f.wantLast("nothing")
		f.hub.set(func() {
			if f.hub.reads != 5 { // of the 4 wishes, and of the keys
				t.Errorf("%d values were read", f.hub.reads)
			}
		})
	})
}

// A device that never gets a notice reads the wishes anyway.
func TestALostNoticeDelaysTheDeviceOnly(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood()
		f.hub.put(message.All, []byte{})
		w := message.Wish{Stable: f.hub.upload(shop(17, "v17", nil))}
		text, err := w.Encode()
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		f.hub.set(func() { f.hub.values[message.All] = value{text: text, sequence: 100} })
		time.Sleep(20 * time.Minute)
		f.want("v17", "fleet: the wish all: wish: unexpected end of JSON input")
	})
}

// The most exact wish decides, and the wish says which devices take the next bundle.
func TestTheMostExactWishDecides(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood()
		f.hub.wish(message.Group("hall"), message.Wish{Stable: f.hub.upload(shop(18, "v18", nil))})
		time.Sleep(10 * time.Second)
		f.want("v18")
		f.hub.wish(message.Group("kiosks"), message.Wish{Stable: f.hub.upload(shop(17, "v17", nil)), Next: f.hub.upload(shop(19, "v19", nil)), First: []string{"kiosk-2"}})
		time.Sleep(10 * time.Second)
		f.want("v17")
		f.hub.wish(message.Device("kiosk-1"), message.Wish{Stable: f.hub.upload(shop(20, "v20", nil))})
		time.Sleep(10 * time.Second)
		f.want("v20")
		f.hub.wish(message.Device("kiosk-2"), message.Wish{Stable: f.hub.upload(shop(21, "v21", nil))})
		f.hub.wish(message.Device("kiosk-1"), message.Wish{})
		time.Sleep(10 * time.Second)
		f.want("v17")
		f.hub.wish(message.Group("kiosks"), message.Wish{Stable: f.hub.upload(shop(17, "v17", nil)), Next: f.hub.upload(shop(19, "v19", nil)), First: []string{"kiosk-1"}})
		time.Sleep(10 * time.Second)
		f.want("v19")
	})
}
