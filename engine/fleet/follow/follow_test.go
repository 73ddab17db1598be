package follow

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/message"
)

func TestAPublishedBundleIsTriedAndBecomesGood(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.publish(shop(16, "v16", nil))
		time.Sleep(10 * time.Second)
		f.want("v16")
		f.wantLast("shop 16 trial")
		time.Sleep(trialTime)
		f.want("v16")
		states := f.hub.states()
		s := states[len(states)-1]
		if s.Device != "kiosk-1" || !s.OK || s.Moonlark != "1.4.0" || s.Status != "waiting" || !slices.Equal(s.Groups, f.hub.groups) {
			t.Errorf("the state is %+v", s)
		}
		if s.Running != f.device.Running() || s.Running.Name != "shop 16" || s.Running.Version != 16 || s.Running.Phase != message.Good ||
			s.Running.Digest != s.Wanted.Digest || s.Wanted.Phase != message.Good {
			t.Errorf("the device runs %+v, and wants %+v", s.Running, s.Wanted)
		}
		if h := f.device.Health(); h.Status != "connected" || time.Since(h.LastHeard) > 2*time.Minute || h.Dropped != 0 {
			t.Errorf("the health is %+v", h)
		}
		if n := len(f.blobs()); n != 0 {
			t.Errorf("%d blobs are left", n)
		}
	})
}

func TestABundleThatFailsIsNotTriedAgain(t *testing.T) {
	for name, row := range map[string]struct {
		source string
		why    string
	}{
		"it does not load": {"broken", "shop 17 refused: does not load: kiosk.lua:1: attempt to index 'printer' (a nil value)"},
		"it hangs":         {"v17", "shop 17 back: kiosk.lua does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			withDevice(t, func(t *testing.T, f *fixture) {
				f.makeGood()
				stable := f.hub.upload(shop(16, "v16", nil))
				roll := func(version int64, source string) {
					f.hub.wish(message.All, message.Wish{Stable: stable, Next: f.hub.upload(shop(version, source, nil)), Share: message.Shares})
				}
				roll(17, row.source)
				time.Sleep(3 * time.Second)
				f.Set(func() { f.Hanging = []string{"kiosk.lua"} })
				time.Sleep(time.Minute)
				f.Set(func() { f.Hanging = nil })
				f.takeLogged()
				f.wantLast(row.why)
				if n := f.hub.chunks(); n != 1 {
					t.Errorf("%d chunks were fetched, want 1", n)
				}
				time.Sleep(3 * time.Hour) // the wishes are read several times
				f.want("v16")
				f.wantLast(row.why)
				f.stop()
				f.start()
				time.Sleep(time.Hour)
				f.takeLogged()
				f.want("v16")
				if n := f.hub.chunks(); n != 0 {
					t.Errorf("%d chunks of the bundle that has failed were fetched again", n)
				}
				roll(18, "v18")
				time.Sleep(trialTime)
				f.want("v18")
				f.wantLast("shop 18 good")
			})
		})
	}
}

// A device goes back when the next bundle is taken out of the wish, and can try the bundle again later.
func TestABundleIsWithdrawn(t *testing.T) {
	for name, trial := range map[string]time.Duration{"in its trial": 30 * time.Second, "when it is good": trialTime} {
		t.Run(name, func(t *testing.T) {
			withDevice(t, func(t *testing.T, f *fixture) {
				f.makeGood()
				stable, next := f.hub.upload(shop(16, "v16", nil)), f.hub.upload(shop(17, "v17", nil))
				rollout := message.Wish{Stable: stable, Next: next, Share: message.Shares}
				f.hub.wish(message.All, rollout)
				time.Sleep(trial)
				f.want("v17")
				f.hub.wish(message.All, message.Wish{Stable: stable})
				time.Sleep(trialTime)
				f.want("v16")
				f.wantLast("shop 16 good")
				f.hub.wish(message.All, rollout)
				time.Sleep(trialTime)
				f.want("v17")
				f.wantLast("shop 17 good")
			})
		})
	}
}

// A bundle that waits is withdrawn too, with and without another one in its place.
func TestABundleThatWaitsIsWithdrawn(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood()
		next := f.hub.upload(shop(17, "v17", nil))
		for _, w := range []message.Wish{{Stable: f.hub.upload(shop(16, "v16", nil))}, {}} {
			f.Set(func() { f.Conversation = "connected" })
			f.hub.wish(message.All, message.Wish{Stable: next})
			time.Sleep(10 * time.Second)
			f.wantLast("shop 17 waiting: for the end of the conversation")
			f.hub.wish(message.All, w)
			time.Sleep(10 * time.Second)
			f.Set(func() { f.Conversation = "waiting" })
			time.Sleep(tickInterval / 2) // between the ticks
			for range 60 {
				time.Sleep(tickInterval)
				f.want("v16")
			}
		}
		f.wantLast("nothing")
		f.hub.wish(message.All, message.Wish{Stable: next})
		time.Sleep(10 * time.Second)
		f.want("v17")
		f.wantLast("shop 17 trial")
	})
}

func TestAWindowAndForceReachTheDevice(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood()
		from := time.Now().Add(3 * time.Hour).Local()
		w := message.Wish{
			Stable: f.hub.upload(shop(17, "v17", nil)),
			Window: &message.Window{From: from.Format("15:04"), To: from.Add(time.Hour).Format("15:04")},
		}
		f.hub.wish(message.All, w)
		time.Sleep(2 * time.Hour)
		f.want("v16")
		f.wantLast("shop 17 waiting: for the time from " + w.Window.From + " to " + w.Window.To)
		f.Set(func() { f.Conversation = "connected" })
		w.Force = true
		f.hub.wish(message.All, w)
		time.Sleep(10 * time.Second)
		f.want("v17")
	})
}

// A bundle that the Device refuses for a reason that may pass is not put into the store again and again.
func TestABundleThatIsDamagedInTheStoreIsFetchedAgainLater(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood()
		f.stop()
		var repaired atomic.Bool
		f.step = func(name string) {
			if name != "write next.json" || repaired.Load() {
				return
			}
			scripts, _ := filepath.Glob(filepath.Join(f.store, "bundles", "*", "files", "kiosk.lua"))
			for _, path := range scripts {
				if text, _ := os.ReadFile(path); string(text) == "v17" {
					os.WriteFile(path, []byte("v18"), 0o600)
				}
			}
		}
		f.start()
		f.publish(shop(17, "v17", nil))
		time.Sleep(10 * time.Minute)
		f.want("v16", "fleet: bundle shop 17: kiosk.lua: the content is not what the manifest lists")
		if n := f.hub.chunks(); n != 1 {
			t.Errorf("%d chunks were fetched, want 1", n)
		}
		f.wantLast("shop 17 refused: kiosk.lua: the content is not what the manifest lists")
		repaired.Store(true)
		time.Sleep(40 * time.Minute)
		f.want("v17")
		f.wantLast("shop 17 good")
	})
}

// Files that the store has are not fetched, and no more than four chunks are asked for at once.
func TestOnlyWhatIsMissingIsFetched(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		large := strings.Repeat("0123456789abcdef", 100_000) // 13 chunks
		files := map[string]string{"kiosk.lua": "v16", "a.wav": large, "b.wav": large, "empty": ""}
		f.publish(fleettest.Bundle{Version: 16, Files: files})
		time.Sleep(15 * time.Minute)
		f.want("v16")
		if n := f.hub.chunks(); n != 14 {
			t.Errorf("%d chunks were fetched, want 14", n)
		}
		if f.hub.most > maxRequests {
			t.Errorf("there were %d requests at once", f.hub.most)
		}
		files["kiosk.lua"] = "v17"
		f.publish(fleettest.Bundle{Version: 17, Files: files})
		time.Sleep(10 * time.Second) // the device does not wait for so little
		f.want("v17")
		if n := f.hub.chunks(); n != 1 {
			t.Errorf("%d chunks were fetched, want 1", n)
		}
	})
}

// Not all devices ask the hub for a large bundle at once.
func TestALargeBundleIsFetchedAfterAWait(t *testing.T) {
	for name, row := range map[string]struct {
		size           int
		wait           time.Duration // Options.FetchWait
		least, longest time.Duration
	}{
		"a small bundle":              {size: 60_000},
		"a large bundle":              {size: 70_000, least: 1, longest: time.Minute},
		"a large bundle, by a second": {size: 70_000, wait: time.Second, least: 1, longest: time.Second},
		"a large bundle at once":      {size: 70_000, wait: -1},
	} {
		t.Run(name, func(t *testing.T) {
			withDevice(t, func(t *testing.T, f *fixture) {
				f.stop()
				f.options = func(o *Options) { o.FetchWait = row.wait }
				f.start()
				time.Sleep(2 * time.Second)
				var began time.Time
				f.hub.damage = func(_ string, _ int, content []byte) ([]byte, error) {
					f.hub.set(func() {
						if began.IsZero() {
							began = time.Now()
						}
					})
					return content, nil
				}
				b := shop(16, "v16", nil)
				b.Files["a.wav"] = strings.Repeat("x", row.size)
				published := time.Now()
				f.publish(b)
				time.Sleep(2 * time.Minute)
				f.want("v16")
				if waited := began.Sub(published); waited < row.least || waited > row.longest {
					t.Errorf("the device waited for %v, want %v to %v", waited, row.least, row.longest)
				}
			})
		})
	}
}

// A lost connection does not make the device fetch again what it has.
func TestFetchingGoesOnWhereItStopped(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood()
		lost := 0
		f.hub.damage = func(_ string, n int, content []byte) ([]byte, error) {
			time.Sleep(time.Second)
			if n%5 == 4 && lost < 3 {
				lost++
				go f.hub.connect(false)
				time.Sleep(time.Second)
				return nil, ErrOffline
			}
			return content, nil
		}
		large := bytes.Repeat([]byte("0123456789abcdef"), 160_000)
		f.publish(fleettest.Bundle{Version: 17, Files: map[string]string{"kiosk.lua": "v17", "a.wav": string(large)}})
		for range 3 {
			time.Sleep(5 * time.Minute)
			f.hub.connect(true)
		}
		time.Sleep(15 * time.Minute)
		f.takeLogged()
		f.want("v17")
		if f.hub.most != maxRequests {
			t.Errorf("there were up to %d requests at once, want %d", f.hub.most, maxRequests)
		}
		if n := f.hub.chunks(); n > 21+3*maxRequests {
			t.Errorf("%d chunks were asked for, and the bundle has 21", n)
		}
	})
}

// A hub that has lost its disk has no wishes. The device keeps its bundle.
func TestAHubWithoutWishesChangesNothing(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood()
		f.hub.set(func() {
			clear(f.hub.values)
			clear(f.hub.files)
			f.hub.sequence = 0
		})
		f.hub.notify(Notice{Connected: true})
		time.Sleep(time.Hour)
		f.want("v16")
		f.wantLast("nothing")
		f.publish(shop(17, "v17", nil))
		time.Sleep(trialTime)
		f.want("v17")
	})
}

// Five weeks without power, and a day without a hub: the keys have changed twice, three versions were
// missed, and the device goes to the newest one.
func TestADeviceThatWasAwayGoesToTheNewest(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood()
		f.hub.connect(false)
		time.Sleep(time.Hour)
		f.want("v16", "fleet: no connection with the fleet shop: no route to host")
		if h := f.device.Health(); h.Status != "offline" || h.Reason != "no route to host" || time.Since(h.LastHeard) < time.Hour-time.Minute {
			t.Errorf("the health is %+v", h)
		}
		f.stop()
		f.putKeys(2, "new", "shop", "new")
		for version := int64(17); version < 20; version++ {
			b := shop(version, "old", nil)
			b.Keys = []string{"new"}
			f.publish(b)
		}
		f.putKeys(3, "newer", "new", "newer")
		b := shop(20, "v20", func(m *bundle.Manifest) { m.Floor = 18 })
		b.Keys = []string{"newer"}
		f.publish(b)
		time.Sleep(5 * 7 * 24 * time.Hour)
		f.start()
		time.Sleep(time.Hour)
		f.takeLogged()
		f.want("v16")
		f.hub.connect(true)
		time.Sleep(trialTime)
		f.want("v20")
		f.wantLast("shop 20 good")
		if n := f.hub.chunks(); n != 1 {
			t.Errorf("%d chunks were fetched, want 1", n)
		}
	})
}

// putKeys stores the key set with this number and key, which the other keys sign.
func (f *fixture) putKeys(number int64, key string, signers ...string) {
	text, err := fleettest.KeySet("shop", number, key).Encode()
	if err != nil {
		f.t.Fatal(err)
	}
	f.hub.put(message.KeySet(number), encode(message.Signed{Text: text, Signatures: fleettest.Sign(text, signers...)}))
}
