//go:build !nohub

package serve_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"

	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/message"
	"moonlark/engine/fleet/nats"
	"moonlark/engine/repeat"
)

var (
	devices = flag.Int("devices", 1000, "number of devices of BenchmarkFleet1000")
	records = flag.Int("records", 3, "log records that each device of BenchmarkFleet1000 hands in")
)

// BenchmarkFleet1000 measures how a hub with TLS in a process of its own serves many devices in this process, over
// the loopback network. The hub writes each record to the disk before it acknowledges the record. The devices are
// simulated: see simulated. The metrics are:
//
//	hub-MB-empty   memory of the process of the hub without devices
//	connect-s      from the first connection until all devices have handed in their states
//	hub-KB/device  memory of the hub for each device, after a garbage collection
//	publish-s      from the call of Publish, for 20 KB, until all devices have the bundle and have said so
//	hub-MB-peak    the highest memory of the process of the hub until then
//	look-s         for an operator to read all states and wishes
//	restart-s      from the start of the hub, after a kill -9, until all devices have handed in their states
//	states/s, logs/s  states and log records that the hub acknowledges
//	store-MB       size of the streams after that
//	state-B, log-B    bytes of their JSON
//	*-cpu-ms/device   processor time of the hub for that
func BenchmarkFleet1000(b *testing.B) {
	n := *devices
	if testing.Short() {
		n = min(n, 100)
	}
	for b.Loop() {
		benchmarkFleet(b, n)
	}
	b.ReportMetric(0, "ns/op")
}

func benchmarkFleet(b *testing.B, n int) {
	f := newFleet(b)
	if err := os.Mkdir(f.path(securedFolder), 0o700); err != nil {
		b.Fatal(err)
	}
	hub := f.startProcess()
	empty := hub.memory()
	s := f.simulate(b, n)
	defer s.close()

	m := &meter{b: b, hub: hub, devices: n}
	operator := f.operator()
	m.measure("connect", func() {
		s.connect()
		s.wait("connected", func(d *simulated) bool { return d.states.Load() > 0 })
	})
	b.ReportMetric((hub.memory()-empty)*1024/float64(n), "hub-KB/device")
	b.ReportMetric(empty, "hub-MB-empty")

	scripts := fleettest.Bundle{Version: 17, Files: map[string]string{"kiosk.lua": strings.Repeat("-- 20 KB\n", 20_000/9)}}
	m.measure("publish", func() {
		if err := publish(b, operator, scripts, center.Plan{AtOnce: true}); err != nil {
			b.Fatal(err)
		}
		s.wait("updated", func(d *simulated) bool { return d.version() == 17 })
	})
	b.ReportMetric(hub.peak(), "hub-MB-peak")

	took := m.measure("states", func() { s.all(func(d *simulated) error { return d.tellState(b.Context()) }) })
	b.ReportMetric(float64(n)/took.Seconds(), "states/s")
	took = m.measure("logs", func() { s.all(func(d *simulated) error { return d.tellLogs(b.Context(), *records) }) })
	b.ReportMetric(float64(n**records)/took.Seconds(), "logs/s")
	state, log := s.sizes()
	b.ReportMetric(state, "state-B")
	b.ReportMetric(log, "log-B")
	b.ReportMetric(f.stored()/1024, "store-MB")
	m.measure("look", func() { // as fleet status does
		if fleet, err := center.Look(b.Context(), operator); err != nil || len(fleet.Reports) != n {
			b.Errorf("%d states of %d devices, %v", len(fleet.Reports), n, err)
		}
	})

	f.stop()
	for _, d := range s.devices {
		d.states.Store(0)
	}
	m.hub = nil // the process is another one
	m.measure("restart", func() {
		m.hub = f.startProcess()
		s.wait("back", func(d *simulated) bool { return d.states.Load() > 0 })
	})
}

// A meter reports how long something takes, and how much processor time the hub needs for that.
type meter struct {
	b       *testing.B
	hub     *process
	devices int
}

func (m *meter) measure(name string, do func()) time.Duration {
	before := 0.0
	if m.hub != nil {
		before = m.hub.processorTime()
	}
	began := time.Now()
	do()
	took := time.Since(began)
	cpu := m.hub.processorTime() - before
	m.b.Logf("%s: %.2f s, %.2f s of the processor of the hub, at most %.0f MB", name, took.Seconds(), cpu, m.hub.peak())
	m.b.ReportMetric(took.Seconds(), name+"-s")
	m.b.ReportMetric(cpu*1000/float64(m.devices), name+"-cpu-ms/device")
	return took
}

// connectAll is how many connections of simulated devices are made at a time. Devices of a real fleet do not all
// start in the same millisecond.
const connectAll = 64

// A simulation is many simulated devices.
type simulation struct {
	b       *testing.B
	options nats.Options
	creds   [][]byte
	devices []*simulated
}

// all calls do for all devices at once, and returns when all calls have returned.
func (s *simulation) all(do func(*simulated) error) {
	var running sync.WaitGroup
	for _, d := range s.devices {
		running.Go(func() {
			if err := do(d); err != nil {
				s.b.Error(d.carrier.Name(), ": ", err)
			}
		})
	}
	running.Wait()
}

// wait waits until done is true for all devices.
func (s *simulation) wait(what string, done func(*simulated) bool) {
	s.b.Helper()
	for end := time.Now().Add(5 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		missing := 0
		for _, d := range s.devices {
			if !done(d) {
				missing++
			}
		}
		if missing == 0 {
			return
		}
		if time.Now().After(end) {
			s.b.Fatalf("%d of %d devices are not %s: %s", missing, len(s.devices), what, s.links())
		}
	}
}

// simulate makes the credentials of devices. A Folder would write the list of all members for each of them.
func (f *testFleet) simulate(b *testing.B, n int) *simulation {
	s := &simulation{b: b, options: f.connection(nil)}
	seed, err := os.ReadFile(f.path("shop/role-device.nk"))
	if err != nil {
		b.Fatal(err)
	}
	role, err := nkeys.FromSeed(bytes.TrimSpace(seed))
	if err != nil {
		b.Fatal(err)
	}
	account, err := f.folder.Account()
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		seed, public, err := identity.NewKey()
		if err != nil {
			b.Fatal(err)
		}
		claims := jwt.NewUserClaims(public)
		claims.SetScoped(true)
		claims.Name, claims.IssuerAccount = fmt.Sprintf("kiosk-%05d", i), account.PublicKey
		claims.Tags.Add("fleet:shop", "role:device", "group:kiosk")
		token, err := claims.Encode(role)
		if err != nil {
			b.Fatal(err)
		}
		creds, err := jwt.FormatUserConfig(token, seed)
		if err != nil {
			b.Fatal(err)
		}
		s.creds = append(s.creds, creds)
	}
	return s
}

// links says how many devices are connected, and why the others are not.
func (s *simulation) links() string {
	reasons := make(map[string]int)
	for _, d := range s.devices {
		l := d.carrier.Link()
		if l.Connected {
			l.Reason = "connected"
		}
		reasons[repeat.Key(l.Reason)]++
	}
	return fmt.Sprint(reasons)
}

// connect starts all devices.
func (s *simulation) connect() {
	free := make(chan struct{}, connectAll)
	for i, creds := range s.creds {
		free <- struct{}{}
		o := s.options
		o.Creds = creds
		carrier, err := nats.DialDevice(o)
		if err != nil {
			s.b.Fatal(err)
		}
		d := &simulated{carrier: carrier, boot: fmt.Sprintf("boot%d", i)}
		d.ctx, d.cancel = context.WithCancel(context.Background())
		carrier.Serve(func(context.Context, string, []byte) message.Answer { return message.Answer{Status: 202} })
		s.devices = append(s.devices, d)
		d.done.Go(func() { d.run(func() { <-free }) })
	}
}

// close ends all devices.
func (s *simulation) close() {
	s.all(func(d *simulated) error {
		d.close()
		return nil
	})
}

// sizes returns the mean sizes of the states and the log records, in bytes.
func (s *simulation) sizes() (state, log float64) {
	for _, d := range s.devices {
		state += float64(d.stateSize.Load())
		log += float64(d.logSize.Load())
	}
	n := float64(len(s.devices))
	return state / n, log / n
}
