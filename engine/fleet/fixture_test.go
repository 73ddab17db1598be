package fleet

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine/bus"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/fleettest"
)

func TestMain(m *testing.M) {
	if scenario := os.Getenv(killVariable); scenario != "" {
		runScenario(scenario)
		return
	}
	goleak.VerifyTestMain(m)
}

// writeBundle writes a bundle of the fleet shop into a file, with the script kiosk.lua, and returns its
// path. change may change the manifest.
func writeBundle(folder string, version int64, source string, change func(*bundle.Manifest)) string {
	files := map[string]string{"kiosk.lua": source, "data/prices.txt": "1"}
	return fleettest.Bundle{Version: version, Files: files, Change: change}.Write(folder)
}

// A fixture is a Device with a store in a temporary folder, and an agent that runs its scripts.
type fixture struct {
	*fleettest.Agent
	t      *testing.T
	folder string // of the bundles that are installed
	store  string
	bus    *bus.Bus
	device *Device
	step   func(name string) // as disk.step; may be nil
	stop   func()            // ends the Device as the end of its process does

	mu     sync.Mutex // guards events
	events []string   // as "phase version: why"; log lines of level warn and above as "level: text"
}

func newFixture(t *testing.T) *fixture {
	return &fixture{t: t, folder: t.TempDir(), store: filepath.Join(t.TempDir(), "store")}
}

// withDevice runs a test with a fixture that has been started, and that is stopped after the test. The
// time is that of a bubble of synctest.
func withDevice(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.start()
		test(t, f)
		f.stop()
	})
}

// start starts a process that uses the store, with the factory script.
func (f *fixture) start() {
	f.t.Helper()
	factory := filepath.Join(f.folder, "kiosk.lua")
	if err := os.WriteFile(factory, []byte("factory"), 0o600); err != nil {
		f.t.Fatal(err)
	}
	f.Agent = fleettest.NewAgent()
	f.bus = new(bus.Bus)
	f.bus.Attach(bus.Receiver{Wants: func(bus.Type, string) bool { return true }, Receive: f.note})
	d, err := Open(Options{Store: f.store, Factory: []string{factory}, Bus: f.bus, Moonlark: "1.4.0", Step: f.step})
	if err != nil {
		f.t.Fatal(err)
	}
	f.device = d
	if err := fleettest.Boot(d, f.Agent); err != nil {
		f.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(f.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.Run(ctx, f.Agent)
	}()
	f.stop = func() {
		cancel()
		<-ended
		d.Close()
	}
}

func (f *fixture) note(e bus.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case e.Type == bus.Bundle:
		text := fmt.Sprintf("%s %d", e.Phase, e.Version)
		if e.Text != "" {
			text += ": " + e.Text
		}
		if e.Fleet != "shop" {
			text += fmt.Sprintf(" (fleet %q)", e.Fleet)
		}
		f.events = append(f.events, text)
	case e.Type == bus.Log && (e.Level == "warn" || e.Level == "error"):
		f.events = append(f.events, e.Level+": "+strings.ReplaceAll(e.Text, f.store, "STORE"))
	}
}

// install installs a bundle: see writeBundle.
func (f *fixture) install(version int64, source string, change func(*bundle.Manifest)) {
	f.t.Helper()
	if err := f.tryInstall(version, source, change, false); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) tryInstall(version int64, source string, change func(*bundle.Manifest), again bool) error {
	public, _ := fleettest.Key("shop")
	_, err := Install(writeBundle(f.folder, version, source, change), Installation{
		Store: f.store, Trust: []bundle.PublicKey{public}, Moonlark: "1.4.0", Again: again,
	})
	return err
}

// takeEvents returns the events since the last call.
func (f *fixture) takeEvents() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	events := f.events
	f.events = nil
	return events
}

// want fails the test unless these are the events since the last call, and a script with this source
// runs.
func (f *fixture) want(source string, events ...string) {
	f.t.Helper()
	if got := f.takeEvents(); !slices.Equal(got, events) {
		f.t.Errorf("the events are\n%q, want\n%q", got, events)
	}
	if got := f.Runs(); got != source {
		f.t.Errorf("%q runs, want %q", got, source)
	}
}

// makeGood installs the bundle with this version and source, and lets it pass its trial.
func (f *fixture) makeGood(version int64, source string) {
	f.t.Helper()
	f.install(version, source, nil)
	time.Sleep(11 * time.Minute)
	f.want(source, fmt.Sprint("ready ", version), fmt.Sprint("trial ", version), fmt.Sprintf("good %d", version))
}
