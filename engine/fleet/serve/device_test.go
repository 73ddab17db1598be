//go:build !nohub

package serve_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"moonlark/engine/bus"
	"moonlark/engine/fleet"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/message"
	"moonlark/engine/fleet/nats"
	"moonlark/engine/health"
)

// A testDevice is a device of the fleet shop: all but the engine that runs the scripts is as in a device.
type testDevice struct {
	*fleettest.Agent
	t       testing.TB
	store   string
	carrier *nats.Device
	device  *fleet.Device
	end     func() // ends the device, as the end of its process does
}

// enroll makes the store of a new device.
func (f *testFleet) enroll(name string) (store string) {
	f.t.Helper()
	sets, err := f.folder.KeySets()
	if err != nil {
		f.t.Fatal(err)
	}
	store = filepath.Join(f.t.TempDir(), "store")
	err = fleet.Enroll(store, fleet.Enrollment{Creds: f.credentials(identity.Device, name), Name: name, Keys: sets[0].Text})
	if err != nil {
		f.t.Fatal(err)
	}
	return store
}

// run starts the device with this store. wrap may change the connection of the device; it may be nil. The device
// is ended with the test.
func (f *testFleet) run(store string, wrap func(follow.Carrier) follow.Carrier) *testDevice {
	f.t.Helper()
	creds, err := os.ReadFile(filepath.Join(store, fleet.CredsFile))
	if err != nil {
		f.t.Fatal(err)
	}
	d := &testDevice{t: f.t, Agent: fleettest.NewAgent(), store: store}
	factory := filepath.Join(f.t.TempDir(), "kiosk.lua")
	if err := os.WriteFile(factory, []byte("factory"), 0o600); err != nil {
		f.t.Fatal(err)
	}
	events := new(bus.Bus)
	if d.device, err = fleet.Open(fleet.Options{Store: store, Factory: []string{factory}, Bus: events, Moonlark: "1.4.0"}); err != nil {
		f.t.Fatal(err)
	}
	if err := fleettest.Boot(d.device, d.Agent); err != nil {
		f.t.Fatal(err)
	}
	if d.carrier, err = nats.DialDevice(f.connection(creds)); err != nil {
		f.t.Fatal(err)
	}
	carrier := follow.Carrier(d.carrier)
	if wrap != nil {
		carrier = wrap(carrier)
	}
	follower := follow.New(follow.Options{
		Carrier: carrier, Device: d.device, Bus: events, Moonlark: "1.4.0", FetchWait: -1,
		Health:  func() health.Report { return health.Report{Status: d.Status()} },
		OK:      func() (bool, []string) { return true, nil },
		Command: func(context.Context, string, []byte) message.Answer { return message.Answer{Status: 202} },
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { d.device.Run(ctx, d.Agent) })
	running.Go(func() { follower.Run(ctx) })
	d.end = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		d.carrier.Close()
		d.device.Close()
	})
	f.t.Cleanup(d.end)
	return d
}

// isGood reports whether the device runs the bundle with this version, and the bundle has passed its trial.
func (d *testDevice) isGood(version int64) bool {
	r := d.device.Running()
	return r.Version == version && r.Phase == message.Good
}

// becomesGood waits until the device runs the bundle with this version, and the bundle has passed its trial.
func (d *testDevice) becomesGood(version int64) {
	d.t.Helper()
	eventually(d.t, "the bundle becomes good", func() bool { return d.isGood(version) })
	if want := shop(version).Files["kiosk.lua"]; d.Runs() != want {
		d.t.Errorf("%q runs, want %q", d.Runs(), want)
	}
}

// reports waits until the hub has a state of the device that says that this version is good.
func (f *testFleet) reports(operator *nats.Center, name string, version int64) {
	f.t.Helper()
	eventually(f.t, name+" reports its bundle", func() bool {
		states, _ := operator.States(f.t.Context()) // the hub may be starting
		for _, s := range states {
			if s.Device == name && s.Running.Version == version && s.Running.Phase == message.Good {
				return true
			}
		}
		return false
	})
}
