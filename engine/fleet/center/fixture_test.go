package center_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/center/centertest"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/message"
)

// waves are those of most tests.
var waves = []int{500, 2500, 10_000}

// A shop is a fleet with a hub and devices in memory. Use it within a synctest bubble.
type shop struct {
	testing.TB
	hub     *centertest.Hub
	devices centertest.Devices
}

// newShop returns a fleet of n devices of the group kiosk, which have reported once.
func newShop(t testing.TB, n int) *shop {
	s := &shop{TB: t, hub: centertest.NewHub()}
	s.hub.Fast = 40 * time.Minute // so that a use of the wrong clock is noticed
	s.devices.Hub = s.hub
	for i := range n {
		s.devices.Each = append(s.devices.Each, &centertest.Device{Name: fmt.Sprintf("kiosk-%04d", i), Groups: []string{"kiosk"}})
	}
	s.devices.Step(t.Context())
	return s
}

// bundle returns the bundle with this version.
func (s *shop) bundle(version int64, change func(*bundle.Manifest)) *bundle.Bundle {
	s.Helper()
	files := map[string]string{"kiosk.lua": fmt.Sprintf("-- version %d", version)}
	b, err := bundle.Open(fleettest.Bundle{Version: version, Files: files, Change: change}.Write(s.TempDir()))
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { b.Close() })
	return b
}

// publish publishes the bundle with this version, by default for the group kiosk.
func (s *shop) publish(version int64, plan center.Plan) center.Publication {
	s.Helper()
	if plan.To == "" {
		plan.To = "kiosk"
	}
	p, err := center.Publish(s.Context(), s.hub, s.bundle(version, nil), plan)
	if err != nil {
		s.Fatal(err)
	}
	return p
}

// settle publishes a bundle for all at once, and waits until it is good.
func (s *shop) settle(version int64) {
	s.Helper()
	s.publish(version, center.Plan{AtOnce: true})
	s.devices.Pass(s.Context(), 15*time.Minute)
	if n := s.running(version); n != len(s.devices.Each) {
		s.Fatalf("%d devices run version %d", n, version)
	}
}

// control starts a Controller, which ends with the test.
func (s *shop) control(notify func(key, text string)) {
	c := center.Controller{Hub: s.hub, Notify: notify}
	go c.Run(s.Context())
}

// running returns how many devices run a version.
func (s *shop) running(version int64) (n int) {
	for _, d := range s.devices.Each {
		if d.Runs() == version {
			n++
		}
	}
	return n
}

// wish returns the wish for the group kiosk.
func (s *shop) wish() message.Wish {
	s.Helper()
	w, _, err := s.hub.Wish(s.Context(), "grp.kiosk")
	if err != nil {
		s.Fatal(err)
	}
	return w
}

// status returns the status of the fleet now.
func (s *shop) status() center.Status {
	s.Helper()
	f, err := center.Look(s.Context(), s.hub)
	if err != nil {
		s.Fatal(err)
	}
	return center.StatusOf(f, nil)
}

// inShop runs a test with a fleet of n devices, with a time of its own.
func inShop(t *testing.T, n int, test func(*testing.T, *shop)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newShop(t, n)) })
}
