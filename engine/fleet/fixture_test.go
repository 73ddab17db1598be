package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine/bus"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/health"
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

// A fakeAgent runs scripts by reading them. A script whose source contains "broken" does not load.
type fakeAgent struct {
	mu      sync.Mutex // guards the fields below
	running string     // the source of the script that runs
	status  string
	report  health.Report
	silent  []string
	refuse  string // Switch refuses scripts that contain it; "" refuses none
}

func (a *fakeAgent) Status() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.status
}

func (a *fakeAgent) Health() health.Report {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.report
}

func (a *fakeAgent) Silent(context.Context) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.silent
}

func (a *fakeAgent) set(change func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change()
}

func (a *fakeAgent) Check(paths []string) error {
	_, err := readScripts(paths)
	return err
}

func (a *fakeAgent) Switch(paths []string) error {
	text, err := readScripts(paths)
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil && a.refuse != "" && strings.Contains(text, a.refuse) {
		err = errors.New("kiosk.lua: refused")
	}
	if err == nil {
		a.running = text
	}
	return err
}

// readScripts returns the text of scripts.
func readScripts(paths []string) (string, error) {
	var all string
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		if strings.Contains(string(text), "broken") {
			return "", errors.New("kiosk.lua:1: attempt to index 'printer' (a nil value)")
		}
		all += string(text)
	}
	return all, nil
}

// A fixture is a Device with a store in a temporary folder, and an agent that runs its scripts.
type fixture struct {
	*fakeAgent
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

// start starts a process that uses the store, with the factory script.
func (f *fixture) start() {
	f.t.Helper()
	factory := filepath.Join(f.folder, "kiosk.lua")
	if err := os.WriteFile(factory, []byte("factory"), 0o600); err != nil {
		f.t.Fatal(err)
	}
	f.fakeAgent = &fakeAgent{status: "waiting"}
	f.bus = new(bus.Bus)
	f.bus.Attach(bus.Receiver{Wants: func(bus.Type, string) bool { return true }, Receive: f.note})
	d, err := Open(Options{Store: f.store, Factory: []string{factory}, Bus: f.bus, Moonlark: "1.4.0", Step: f.step})
	if err != nil {
		f.t.Fatal(err)
	}
	f.device = d
	boot(f.t, d, f.fakeAgent)
	ctx, cancel := context.WithCancel(f.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.Run(ctx, f.fakeAgent)
	}()
	f.stop = func() {
		cancel()
		<-ended
		d.Close()
	}
}

// boot starts the scripts of a Device.
func boot(t testing.TB, d *Device, agent *fakeAgent) {
	paths, ok := d.Boot(), true
	for err := agent.Switch(paths); err != nil; err = agent.Switch(paths) {
		if paths, ok = d.Failed(err); !ok {
			t.Fatalf("nothing loads: %v", err)
		}
	}
	d.Loaded()
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

// want fails the test unless these are the events since the last call, and a script with this source runs.
func (f *fixture) want(source string, events ...string) {
	f.t.Helper()
	f.mu.Lock()
	got := f.events
	f.events = nil
	f.mu.Unlock()
	if !slices.Equal(got, events) {
		f.t.Errorf("the events are\n%q, want\n%q", got, events)
	}
	f.fakeAgent.mu.Lock()
	defer f.fakeAgent.mu.Unlock()
	if f.running != source {
		f.t.Errorf("%q runs, want %q", f.running, source)
	}
}

// makeGood installs the bundle with this version and source, and lets it pass its trial.
func (f *fixture) makeGood(version int64, source string) {
	f.t.Helper()
	f.install(version, source, nil)
	time.Sleep(11 * time.Minute)
	f.want(source, fmt.Sprint("ready ", version), fmt.Sprint("trial ", version), fmt.Sprintf("good %d", version))
}
