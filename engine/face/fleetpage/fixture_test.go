package fleetpage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlark/engine/face/control"
	"moonlark/engine/face/web"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/center/centertest"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/message"
	"moonlark/engine/testkit"
	"moonlark/engine/testkit/browser"
)

var chromium *browser.Browser

func TestMain(m *testing.M) { os.Exit(browser.Main(m, &chromium)) }

// A fixture is a server with the page, and a hub in memory.
type fixture struct {
	testing.TB
	hub *centertest.Hub
	url string // of the server; set by serve
	seq int64  // of the last state or event
}

func newFixture(t testing.TB) *fixture { return &fixture{TB: t, hub: centertest.NewHub()} }

// serve starts the server for the hub of the fixture. It ends with the test.
func (f *fixture) serve(opts control.Options) { f.url = serveHub(f.TB, f.hub, opts) }

// serveHub starts a server with the page for a hub, and returns its URL. The server ends with the test.
func serveHub(t testing.TB, hub center.Hub, opts control.Options) (url string) {
	t.Helper()
	page := New(Options{Hub: hub, By: "anna@office", Version: "v1"})
	opts.Addr = "127.0.0.1:0"
	server := control.New(opts)
	server.Mount(control.Mount{Path: "/web/", Handler: web.SharedFiles(), Public: true, MaxOpen: 32})
	for _, m := range page.Mounts() {
		server.Mount(m)
	}
	if err := server.OpenPages(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); page.Run(ctx) }()
	t.Cleanup(func() {
		server.Close()
		cancel()
		<-done
	})
	return server.URL()
}

// report makes a device report a state. change may change the state; it may be nil.
func (f *fixture) report(device string, change func(*message.State)) {
	f.seq++
	s := message.State{
		Header: message.Header{Device: device, Boot: "boot-" + device, Seq: f.seq, Time: time.Now()},
		Groups: []string{"kiosk"}, Moonlark: "v1.4.0", OK: true, Status: "waiting",
		Running: message.Running{Name: "shop 16", Version: 16, Digest: f.digest(16), Phase: message.Good},
	}
	if change != nil {
		change(&s)
	}
	f.hub.Report(s)
}

// happens makes an event happen on a device. fields are those of the event as JSON.
func (f *fixture) happens(device string, kind message.Kind, fields string) {
	f.seq++
	f.hub.Event(kind, message.Event{Header: message.Header{Device: device, Boot: "b", Seq: f.seq, Time: time.Now()}, Event: json.RawMessage(fields)})
}

// bundleOfVersion returns the bundle with this version, as the fixture publishes it.
func bundleOfVersion(version int64) fleettest.Bundle {
	return fleettest.Bundle{Version: version, Files: map[string]string{"kiosk.lua": ""}}
}

// digest returns the digest of a bundle.
func (f *fixture) digest(version int64) string {
	text, _ := bundleOfVersion(version).Manifest()
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// publish publishes a bundle for the group kiosk.
func (f *fixture) publish(version int64, plan center.Plan) {
	f.Helper()
	b, err := bundle.Open(bundleOfVersion(version).Write(f.TempDir()))
	if err != nil {
		f.Fatal(err)
	}
	defer b.Close()
	plan.To = "group:kiosk"
	if _, err := center.Publish(f.Context(), f.hub, b, plan); err != nil {
		f.Fatal(err)
	}
}

// shop makes the fleet that most tests show: a rollout in progress, in which one device has gone back, a device
// in trouble, and one that has been away for 23 days.
func (f *fixture) shop() {
	f.Helper()
	now := f.hub.Fast
	f.hub.Fast = -23 * 24 * time.Hour
	f.report("kiosk-04", func(s *message.State) {
		s.Running = message.Running{Name: "shop 12", Version: 12, Digest: "12", Phase: message.Good}
	})
	f.hub.Fast = now
	for _, name := range []string{"kiosk-00", "kiosk-01", "kiosk-02"} {
		f.report(name, nil)
	}
	f.publish(16, center.Plan{AtOnce: true})
	f.publish(17, center.Plan{First: []string{"kiosk-00", "kiosk-01", "kiosk-02"}, Waves: []int{500, 10_000}, Hold: 30 * time.Minute, By: "anna@office"})
	next := message.Wanted{Name: "shop 17", Digest: f.digest(17)}
	f.report("kiosk-00", func(s *message.State) {
		s.Status, s.Running = "connected", message.Running{Name: "shop 17", Version: 17, Digest: f.digest(17), Phase: message.Good}
		s.Wanted = &message.Wanted{Name: next.Name, Digest: next.Digest, Phase: message.Good}
		s.Reported = map[string]json.RawMessage{"paper": json.RawMessage("0.4"), "door": json.RawMessage(`{"open":true}`)}
	})
	f.report("kiosk-01", func(s *message.State) {
		s.Wanted = &message.Wanted{Name: next.Name, Digest: next.Digest, Phase: message.Back, Why: "kiosk.lua:88: attempt to index 'printer' (a nil value)"}
	})
	f.report("kiosk-02", func(s *message.State) {
		s.Running = message.Running{Name: "shop 17", Version: 17, Digest: f.digest(17), Phase: message.Trial}
		s.Wanted = &message.Wanted{Name: next.Name, Digest: next.Digest, Phase: message.Trial}
	})
	f.report("kiosk-03", func(s *message.State) { s.OK, s.Troubles = false, []string{"microphone: no such device"} })
	f.report("lab-1", func(s *message.State) { s.Groups, s.Running = []string{"lab"}, message.Running{Phase: "factory"} })
	for _, e := range []struct {
		device string
		kind   message.Kind
		fields string
	}{
		{"kiosk-00", message.EventKind, `{"type":"bundle","fleet":"shop","version":17,"phase":"good"}`},
		{"kiosk-01", message.EventKind, `{"type":"bundle","fleet":"shop","version":17,"phase":"back","text":"attempt to index 'printer'"}`},
		{"kiosk-03", message.LogKind, `{"type":"log","level":"warn","text":"the paper is almost empty","script":"kiosk.lua"}`},
		{"kiosk-00", message.EventKind, `{"type":"connected","conversation_id":"conv_1"}`},
		{"kiosk-00", message.EventKind, `{"type":"user","text":"When are you open?"}`},
		{"kiosk-00", message.CallKind, `{"type":"tool_call","tool":"opening_hours","call_id":"1","args":{"day":"today"}}`},
		{"kiosk-00", message.CallKind, `{"type":"tool_result","tool":"opening_hours","call_id":"1","result":"9 to 17","seconds":0.2}`},
		{"kiosk-00", message.EventKind, `{"type":"agent","text":"We are open from 9 to 17."}`},
	} {
		f.happens(e.device, e.kind, e.fields)
	}
}

// commands makes devices answer commands, and returns those that they got, such as "kiosk-00 say {...}".
func (f *fixture) commands(answer message.Answer) (got func() []string) {
	commands := make(chan string, 100)
	f.hub.Answer(func(device, verb string, body []byte) (message.Answer, error) {
		commands <- strings.TrimSpace(device + " " + verb + " " + string(body))
		return answer, nil
	})
	var all []string
	return func() []string {
		for len(commands) > 0 {
			all = append(all, <-commands)
		}
		return slices.Clone(all)
	}
}

// status returns how the fleet fares now.
func (f *fixture) status() center.Status {
	f.Helper()
	fleet, err := center.Look(f.Context(), f.hub)
	if err != nil {
		f.Fatal(err)
	}
	return center.StatusOf(fleet, nil)
}

// until waits for a condition.
func (f *fixture) until(what string, condition func() bool) {
	f.Helper()
	testkit.Until(f.TB, what, condition)
}
