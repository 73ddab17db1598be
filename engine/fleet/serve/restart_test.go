//go:build !nohub

package serve_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/message"
)

// The steps of an update.
const (
	filesStored  = "files stored"
	wishWritten  = "wish written"
	noticeSent   = "notice sent"
	chunkFetched = "chunk fetched"
	trial        = "trial"
	good         = "good"
)

// A breaker calls do once, at a step of an update.
type breaker struct {
	step  string
	do    func()
	armed atomic.Bool
	once  sync.Once
}

func (b *breaker) at(step string) {
	if step == b.step && b.armed.Load() {
		b.once.Do(b.do)
	}
}

// A brokenHub is the connection of an operator that is broken at a step.
type brokenHub struct {
	center.Hub
	breaker *breaker
}

func (h brokenHub) PutFile(ctx context.Context, sha256 string, content []byte) error {
	err := h.Hub.PutFile(ctx, sha256, content)
	h.breaker.at(filesStored)
	return err
}

func (h brokenHub) SetWish(ctx context.Context, key string, w message.Wish, revision uint64) error {
	err := h.Hub.SetWish(ctx, key, w, revision)
	h.breaker.at(wishWritten)
	return err
}

// A brokenCarrier is the connection of a device that is broken at a step.
type brokenCarrier struct {
	follow.Carrier
	breaker *breaker
}

func (c brokenCarrier) Read(ctx context.Context, key string) ([]byte, uint64, error) {
	c.breaker.at(noticeSent)
	return c.Carrier.Read(ctx, key)
}

func (c brokenCarrier) Chunk(ctx context.Context, sha256 string, n int) ([]byte, error) {
	content, err := c.Carrier.Chunk(ctx, sha256, n)
	c.breaker.at(chunkFetched)
	return content, err
}

// The hub is killed at a step of an update, is away for a while, and is started again. The device always runs the
// bundle before or the new one, and has the new one in the end.
func TestAnUpdateSurvivesAKillOfTheHubAtEachStep(t *testing.T) {
	skipShort(t)
	t.Parallel()
	for _, step := range []string{filesStored, wishWritten, noticeSent, chunkFetched, trial, good} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t)
			f.startProcess()
			ended := make(chan struct{})
			b := &breaker{step: step, do: func() {
				f.stop()
				close(ended)
			}}
			operator := f.operator()
			d := f.run(f.enroll("kiosk-1"), func(c follow.Carrier) follow.Carrier { return brokenCarrier{c, b} })
			mustPublish(t, operator, shop(16))
			d.becomesGood(16)
			b.armed.Store(true)
			published := make(chan error, 1)
			go func() { published <- publish(t, brokenHub{operator, b}, shop(17), center.Plan{AtOnce: true}) }()
			awaitEnd(d, b, ended)
			stayAway(d, step)
			f.startProcess()
			// An operator who is told that the hub was not there repeats the command. The wish may have been written.
			for err := <-published; err != nil; err = publish(t, operator, shop(17), center.Plan{AtOnce: true}) {
				if strings.Contains(err.Error(), "runs shop 17 already") {
					break
				}
				if !errors.Is(err, follow.ErrOffline) {
					t.Fatal(err)
				}
			}
			d.becomesGood(17)
			f.reports(operator, "kiosk-1", 17)
		})
	}
}

// awaitEnd waits until the hub was killed.
func awaitEnd(d *testDevice, b *breaker, ended <-chan struct{}) {
	d.t.Helper()
	eventually(d.t, "the update comes to the step", func() bool {
		if r := d.device.Running(); r.Version == 17 {
			b.at(trial)
			if r.Phase == message.Good {
				b.at(good)
			}
		}
		select {
		case <-ended:
			return true
		default:
			return false
		}
	})
}

// stayAway watches what the device runs while the hub is away.
func stayAway(d *testDevice, step string) {
	d.t.Helper()
	if step == trial || step == good {
		d.becomesGood(17) // it has all that it needs
		return
	}
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if got := d.Runs(); got != "v16" {
			d.t.Fatalf("%q runs without the hub, want v16", got)
		}
	}
}

// A rollout in waves goes on where it was, however often the centre is ended.
func TestARolloutGoesOnAfterRestartsOfTheCentre(t *testing.T) {
	skipShort(t)
	t.Parallel()
	f := newFleet(t)
	f.start()
	operator := f.operator()
	mustPublish(t, operator, shop(16))
	var devices []*testDevice
	for _, name := range []string{"kiosk-1", "kiosk-2", "kiosk-3"} {
		devices = append(devices, f.run(f.enroll(name), nil))
	}
	for _, d := range devices {
		d.becomesGood(16)
		f.reports(operator, d.carrier.Name(), 16)
	}
	err := publish(t, operator, shop(17), center.Plan{First: []string{"kiosk-1"}, Waves: []int{1, 5000, 10_000}, Hold: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < 10; n++ {
		eventually(t, "a device gets the bundle", func() bool { return isAny(devices, 17) })
		time.Sleep(2 * time.Second) // the wave is over
		f.stop()
		f.start() // the controller looks at once
		w, _, err := operator.Wish(t.Context(), message.All)
		for errors.Is(err, follow.ErrOffline) {
			w, _, err = operator.Wish(t.Context(), message.All)
		}
		if err != nil {
			t.Fatal(err)
		}
		if w.Next == nil {
			break
		}
	}
	for _, d := range devices {
		d.becomesGood(17)
	}
	eventually(t, "the rollout is done", func() bool {
		w, _, err := operator.Wish(t.Context(), message.All)
		return err == nil && w.Next == nil && w.Stable != nil
	})
}

func isAny(devices []*testDevice, version int64) bool {
	for _, d := range devices {
		if d.isGood(version) {
			return true
		}
	}
	return false
}

// A hub that has lost its disk knows nothing. The devices keep what they run, and report again. What is published
// anew is as before.
func TestAHubThatLostItsDisk(t *testing.T) {
	skipShort(t)
	t.Parallel()
	f := newFleet(t)
	f.start()
	operator := f.operator()
	d := f.run(f.enroll("kiosk-1"), nil)
	mustPublish(t, operator, shop(16))
	d.becomesGood(16)
	f.reports(operator, "kiosk-1", 16)
	f.stop()
	if err := os.RemoveAll(f.path("store")); err != nil {
		t.Fatal(err)
	}
	f.start()
	eventually(t, "the operator is back", func() bool { return operator.Link().Connected })
	if w, revision, err := operator.Wish(t.Context(), message.All); err != nil || revision != 0 || w.Stable != nil {
		t.Fatalf("the new hub has a wish: %+v, %d, %v", w, revision, err)
	}
	if keys, err := operator.Keys(t.Context()); err != nil || keys == nil {
		t.Errorf("the new hub has no keys: %v", err)
	}
	f.reports(operator, "kiosk-1", 16)
	if !d.isGood(16) {
		t.Errorf("the device runs %+v", d.device.Running())
	}
	mustPublish(t, operator, shop(16))
	mustPublish(t, operator, shop(17))
	d.becomesGood(17)
	f.reports(operator, "kiosk-1", 17)
}
