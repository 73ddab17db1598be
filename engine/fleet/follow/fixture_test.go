package follow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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
	"moonlark/engine/fleet"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/message"
	"moonlark/engine/health"
)

func TestMain(m *testing.M) {
	if scenario := os.Getenv(killVariable); scenario != "" {
		runScenario(scenario)
		return
	}
	goleak.VerifyTestMain(m)
}

// A fixture is a device of the fleet shop that follows the wishes of a hub.
type fixture struct {
	*fleettest.Agent
	t        *testing.T
	folder   string // of the factory script
	store    string
	hub      *hub
	bus      *bus.Bus
	device   *fleet.Device
	follower *Follower
	options  func(*Options)    // may change the options before the start; nil for none
	step     func(name string) // as fleet.Options.Step
	stop     func()            // ends the device as the end of its process does

	mu       sync.Mutex // guards the fields below
	logged   []string   // lines of level warn and above
	commands []string   // that were carried out, as "verb body"
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{t: t, folder: t.TempDir(), store: filepath.Join(t.TempDir(), "store"), hub: newHub()}
	f.prepare()
	return f
}

// withDevice runs a test with a fixture that has been started, and that is stopped after the test. The
// time is that of a bubble of synctest, and begins in 2026.
func withDevice(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)))
		f := newFixture(t)
		f.start()
		test(t, f)
		f.stop()
	})
}

// prepare makes the store.
func (f *fixture) prepare() {
	f.t.Helper()
	if err := fleet.Prepare(f.store, fleettest.KeySet("shop", 1, "shop"), fleet.Identity{}); err != nil {
		f.t.Fatal(err)
	}
}

// start starts a process with the device.
func (f *fixture) start() {
	f.t.Helper()
	factory := filepath.Join(f.folder, "kiosk.lua")
	if err := os.WriteFile(factory, []byte("factory"), 0o600); err != nil {
		f.t.Fatal(err)
	}
	f.Agent = fleettest.NewAgent()
	f.bus = new(bus.Bus)
	f.bus.Attach(bus.Receiver{Wants: func(t bus.Type, _ string) bool { return t == bus.Log }, Receive: f.note})
	var err error
	if f.device, err = fleet.Open(fleet.Options{Store: f.store, Factory: []string{factory}, Bus: f.bus, Moonlark: "1.4.0", Step: f.step}); err != nil {
		f.t.Fatal(err)
	}
	if err := fleettest.Boot(f.device, f.Agent); err != nil {
		f.t.Fatal(err)
	}
	o := Options{
		Carrier: f.hub, Device: f.device, Bus: f.bus, Moonlark: "1.4.0", Command: f.command,
		Health: func() health.Report { return health.Report{Status: f.Status()} }, OK: func() (bool, []string) { return true, nil },
	}
	if f.options != nil {
		f.options(&o)
	}
	f.follower = New(o)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { f.device.Run(ctx, f.Agent) })
	wg.Go(func() { f.follower.Run(ctx) })
	f.stop = func() {
		cancel()
		wg.Wait()
		f.device.Close()
	}
}

func (f *fixture) note(e bus.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e.Level == "warn" || e.Level == "error" {
		f.logged = append(f.logged, strings.ReplaceAll(e.Text, f.store, "STORE"))
	}
}

func (f *fixture) command(_ context.Context, verb string, body []byte) message.Answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.commands = append(f.commands, strings.TrimSpace(verb+" "+string(body)))
	return message.Answer{Status: 202}
}

// takeLogged returns the lines of level warn and above since the last call.
func (f *fixture) takeLogged() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	logged := f.logged
	f.logged = nil
	return logged
}

// takeCommands returns the commands that were carried out since the last call.
func (f *fixture) takeCommands() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	commands := f.commands
	f.commands = nil
	return commands
}

// want fails the test unless a script with this source runs, and these lines of level warn and above were
// logged since the last call.
func (f *fixture) want(source string, logged ...string) {
	f.t.Helper()
	synctest.Wait()
	if got := f.Runs(); got != source {
		f.t.Errorf("%q runs, want %q", got, source)
	}
	if got := f.takeLogged(); !slices.Equal(got, logged) {
		f.t.Errorf("the log is\n%q, want\n%q", got, logged)
	}
}

// wantLast fails the test unless the last state that the device has reported says this about the bundle
// that it should run, as "name phase: why".
func (f *fixture) wantLast(wanted string) {
	f.t.Helper()
	states := f.hub.states()
	if len(states) == 0 {
		f.t.Errorf("no state is reported, want %q", wanted)
		return
	}
	got := "nothing"
	if w := states[len(states)-1].Wanted; w != nil {
		got = strings.TrimSuffix(fmt.Sprintf("%s %s: %s", w.Name, w.Phase, w.Why), ": ")
	}
	if got != wanted {
		f.t.Errorf("the last state says %q, want %q", got, wanted)
	}
}

// trialTime is longer than the trial of the bundles of shop.
const trialTime = 2 * time.Minute

// shop returns a bundle of the fleet shop with the script kiosk.lua. change may change the manifest.
func shop(version int64, source string, change func(*bundle.Manifest)) fleettest.Bundle {
	return fleettest.Bundle{Version: version, Files: map[string]string{"kiosk.lua": source}, Change: func(m *bundle.Manifest) {
		m.Trial = 60
		if change != nil {
			change(m)
		}
	}}
}

// publish stores a bundle, and makes it the one that all devices should run.
func (f *fixture) publish(b fleettest.Bundle) {
	f.hub.wish(message.All, message.Wish{Stable: f.hub.upload(b)})
}

// makeGood publishes the bundle 16 with the source v16, and lets it pass its trial.
func (f *fixture) makeGood() {
	f.t.Helper()
	f.publish(shop(16, "v16", nil))
	time.Sleep(trialTime)
	f.want("v16")
	f.wantLast("shop 16 good")
	f.hub.chunks()
}

func sumOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// encode returns the JSON of v.
func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

// blobs returns the names of the files that are being fetched.
func (f *fixture) blobs() (names []string) {
	entries, _ := os.ReadDir(filepath.Join(f.store, "blobs")) // without a folder, there are none
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
