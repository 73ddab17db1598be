package fleet

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/health"
)

func TestABundleIsTriedAndBecomesGood(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.want("factory")
		f.install(16, "v16", nil)
		time.Sleep(2 * time.Second)
		f.want("v16", "ready 16", "trial 16")
		if h := f.device.Health(); h.Bundle != "shop 16" || h.Version != 16 || h.Phase != Trial || h.Status != "local" {
			t.Errorf("on trial: %+v", h)
		}
		time.Sleep(9 * time.Minute)
		f.want("v16")
		time.Sleep(time.Minute)
		f.want("v16", "good 16")
		if h := f.device.Health(); h.Phase != Good {
			t.Errorf("after the trial: %+v", h)
		}
		f.stop()
		f.start()
		f.want("v16")
	})
}

func TestTheManifestSaysHowLongTheTrialIs(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.install(16, "v16", func(m *bundle.Manifest) { m.Trial = 30 })
		time.Sleep(29 * time.Second)
		f.want("v16", "ready 16", "trial 16")
		time.Sleep(3 * time.Second)
		f.want("v16", "good 16")
	})
}

// What a bundle does in its trial, and how the trial ends.
func TestTheTrialFails(t *testing.T) {
	failing := func(f *fixture, calls, failed int) {
		for i := range calls {
			f.bus.Publish(bus.Event{Type: bus.ToolResult, Tool: "t", IsError: i < failed})
		}
	}
	connect := func(f *fixture, works bool) {
		f.bus.Publish(bus.Event{Type: bus.Status, Status: "connecting"})
		if works {
			f.bus.Publish(bus.Event{Type: bus.Connected})
			f.bus.Publish(bus.Event{Type: bus.Status, Status: "connected"})
			f.bus.Publish(bus.Event{Type: bus.Status, Status: "waiting"})
			return
		}
		f.bus.Publish(bus.Event{Type: bus.Status, Status: "waiting", Reason: "no route to host"})
	}
	script := func(sc health.Script) func(*fixture) {
		return func(f *fixture) { f.Set(func() { f.Report.Scripts = []health.Script{sc} }) }
	}
	const reached = "the agent, which was reached before, was not reached during the trial"
	for name, row := range map[string]struct {
		before, during func(f *fixture)
		why            string // "" means that the bundle becomes good
	}{
		"nothing happens": {},
		"a crash":         {during: script(health.Script{Name: "kiosk.lua", Crashes: 1}), why: "kiosk.lua has crashed"},
		"a crash before":  {before: script(health.Script{Name: "kiosk.lua", Crashes: 1}), during: script(health.Script{Name: "kiosk.lua", Crashes: 1})},
		"a rest":          {during: script(health.Script{Name: "kiosk.lua", Rests: "it has crashed"}), why: "kiosk.lua cannot be used: it has crashed"},
		"a hang":          {during: func(f *fixture) { f.Set(func() { f.Hanging = []string{"kiosk.lua"} }) }, why: "kiosk.lua does not answer"},
		"a short stall": {during: func(f *fixture) {
			time.Sleep(interval / 2) // so that exactly two ticks see the stall
			f.Set(func() { f.Hanging = []string{"kiosk.lua"} })
			time.Sleep(2 * time.Second)
			f.Set(func() { f.Hanging = nil })
		}},
		"a stuck conversation":        {during: func(f *fixture) { f.Set(func() { f.Report.Stuck = "stuck" }) }, why: "stuck"},
		"too many tools fail":         {during: func(f *fixture) { failing(f, 12, 7) }, why: "7 of 12 tool calls failed"},
		"half of the tools fail":      {during: func(f *fixture) { failing(f, 12, 6) }},
		"few tools fail":              {during: func(f *fixture) { failing(f, 9, 9) }},
		"tools that failed before":    {before: func(f *fixture) { failing(f, 12, 12) }, during: func(f *fixture) { failing(f, 12, 12) }},
		"the agent is gone":           {before: func(f *fixture) { connect(f, true) }, during: func(f *fixture) { connect(f, false) }, why: reached},
		"the agent was gone before":   {before: func(f *fixture) { connect(f, true); connect(f, false) }, during: func(f *fixture) { connect(f, false) }},
		"the agent was never reached": {during: func(f *fixture) { connect(f, false) }},
		"nobody asks for the agent":   {before: func(f *fixture) { connect(f, true) }},
		"the agent is reached once":   {before: func(f *fixture) { connect(f, true) }, during: func(f *fixture) { connect(f, false); connect(f, true); connect(f, false) }},
		"retries in vain":             {before: func(f *fixture) { connect(f, true) }, during: func(f *fixture) { f.bus.Publish(bus.Event{Type: bus.Retrying}) }, why: reached},
		"a conversation goes on": {before: func(f *fixture) { connect(f, true) }, during: func(f *fixture) {
			f.Set(func() { f.Conversation = "connected" })
			f.bus.Publish(bus.Event{Type: bus.Retrying})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			withDevice(t, func(t *testing.T, f *fixture) {
				f.makeGood(16, "v16")
				if row.before != nil {
					row.before(f)
				}
				f.install(17, "v17", nil)
				time.Sleep(5 * time.Second)
				f.want("v17", "ready 17", "trial 17")
				if row.during != nil {
					row.during(f)
				}
				time.Sleep(11 * time.Minute)
				if row.why == "" {
					f.want("v17", "good 17")
				} else {
					f.want("v16", "back 17: "+row.why+"; back to 16")
					if last := f.device.Health().Last; last != "bundle shop 17: "+row.why+"; back to 16" {
						t.Errorf("the health says %q", last)
					}
				}
			})
		})
	}
}

func TestAFailedBundleIsNotTriedAgain(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.install(16, "broken", nil)
		time.Sleep(2 * time.Second)
		why := "does not load: kiosk.lua:1: attempt to index 'printer' (a nil value)"
		f.want("factory", "refused 16: "+why)
		if err := f.tryInstall(16, "broken", nil, false); err == nil || !strings.Contains(err.Error(), "has failed on this device (refused: "+why) {
			t.Errorf("the second time: %v", err)
		}
		if err := f.tryInstall(16, "broken", nil, true); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Second)
		f.want("factory", "refused 16: "+why)
		f.install(17, "works", nil)
		time.Sleep(2 * time.Second)
		f.want("works", "ready 17", "trial 17")
	})
}

func TestTheRulesOfVersions(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood(16, "v16")
		f.install(18, "v18", func(m *bundle.Manifest) { m.Floor = 16 })
		time.Sleep(11 * time.Minute)
		f.want("v18", "ready 18", "trial 18", "good 18")
		for name, row := range map[string]struct {
			version int64
			change  func(*bundle.Manifest)
			reason  bundle.Reason
		}{
			"below the floor":           {version: 15, reason: bundle.BelowFloor},
			"other bytes":               {version: 18, reason: bundle.SameVersion},
			"of another fleet":          {version: 19, change: func(m *bundle.Manifest) { m.Fleet = "lab" }, reason: bundle.NotForDevice},
			"of another channel":        {version: 19, change: func(m *bundle.Manifest) { m.Channel = "beta" }, reason: bundle.NotForDevice},
			"for others":                {version: 19, change: func(m *bundle.Manifest) { m.For = []string{"kiosk-2"} }, reason: bundle.NotForDevice},
			"for a newer moonlark":      {version: 19, change: func(m *bundle.Manifest) { m.Moonlark = "1.5" }, reason: bundle.NeedsNewer},
			"that has already expired":  {version: 19, change: func(m *bundle.Manifest) { m.Created, m.Expires = time.Unix(0, 0).UTC(), time.Unix(1, 0).UTC() }, reason: bundle.Expired},
			"the floor is not for ever": {version: 16, change: func(m *bundle.Manifest) { m.Notes = "other bytes" }, reason: bundle.SameVersion},
		} {
			err := f.tryInstall(row.version, "new", row.change, true)
			var refusal *bundle.Refusal
			if !errors.As(err, &refusal) || refusal.Reason != row.reason {
				t.Errorf("a bundle %s: %v, want the reason %s", name, err, row.reason)
			}
		}
		time.Sleep(2 * time.Second)
		f.want("v18")
		// an operator can go back, but not below the floor
		f.makeGood(16, "v16")
		f.install(17, "v17", nil)
		time.Sleep(2 * time.Second)
		f.want("v17", "ready 17", "trial 17")
	})
}

func TestABundleThatExpiresRunsOn(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		expires := time.Now().Add(20 * time.Minute).UTC().Truncate(time.Second)
		f.install(16, "v16", func(m *bundle.Manifest) { m.Created, m.Expires = expires.Add(-2*time.Hour), expires })
		time.Sleep(30 * time.Minute)
		f.want("v16", "ready 16", "trial 16", "good 16")
		f.stop()
		f.start()
		f.want("v16")
	})
}

func TestOnlyTrustedKeysCount(t *testing.T) {
	f := newFixture(t)
	path := writeBundle(f.folder, 16, "v16", nil)
	other, _ := fleettest.Key("other")
	var refusal *bundle.Refusal
	if _, err := Install(path, Installation{Store: f.store}); err == nil || !strings.Contains(err.Error(), "trusts no key yet") {
		t.Errorf("without a key: %v", err)
	}
	if _, err := Install(path, Installation{Store: f.store, Trust: []bundle.PublicKey{other}}); !errors.As(err, &refusal) || refusal.Reason != bundle.BadSignature {
		t.Errorf("with another key: %v", err)
	}
	f.install(16, "v16", nil)
	if _, err := Install(path, Installation{Store: f.store, Trust: []bundle.PublicKey{other}}); err == nil || !strings.Contains(err.Error(), "trusts other keys than") {
		t.Errorf("with another key after the first bundle: %v", err)
	}
	if done, err := Install(path, Installation{Store: f.store}); err != nil || done.Name != "shop 16" || done.Running || done.Already {
		t.Errorf("without a key after the first bundle: %+v, %v", done, err)
	}
}

func TestAnIdentityMakesBundlesFit(t *testing.T) {
	f := newFixture(t)
	public, _ := fleettest.Key("shop")
	path := writeBundle(f.folder, 16, "v16", func(m *bundle.Manifest) { m.Channel, m.For = "beta", []string{"kiosks"} })
	id := Identity{Name: "kiosk-1", Groups: []string{"kiosks"}, Channel: "beta"}
	if _, err := Install(path, Installation{Store: f.store, Trust: []bundle.PublicKey{public}, Identity: id}); err != nil {
		t.Fatal(err)
	}
	// the device keeps its identity
	path = writeBundle(f.folder, 17, "v17", func(m *bundle.Manifest) { m.Channel, m.For = "beta", []string{"kiosk-1"} })
	if _, err := Install(path, Installation{Store: f.store}); err != nil {
		t.Error(err)
	}
	if err := (Identity{Name: "Kiosk"}).Check(); err == nil {
		t.Error("a name with a capital letter is allowed")
	}
}

func TestABundleWaitsForTheEndOfTheConversation(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.Set(func() { f.Conversation = "connected" })
		f.install(16, "v16", nil)
		time.Sleep(50 * time.Minute)
		f.want("factory", "ready 16")
		if next := f.device.Health().Next; next != "shop 16" {
			t.Errorf("the health says that %q waits", next)
		}
		f.Set(func() { f.Conversation = "waiting" })
		time.Sleep(2 * time.Second)
		f.want("v16", "trial 16")
		f.Set(func() { f.Conversation = "connected" })
		time.Sleep(11 * time.Minute)
		f.want("v16", "good 16")
		f.install(17, "v17", nil)
		time.Sleep(2 * time.Second)
		f.install(18, "v18", nil) // takes the place of the other one
		time.Sleep(59 * time.Minute)
		f.want("v16", "ready 17", "ready 18")
		time.Sleep(2 * time.Minute)
		f.want("v18", "trial 18")
	})
}

func TestANewerBundleEndsATrial(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood(16, "v16")
		f.install(17, "v17", nil)
		time.Sleep(time.Minute)
		f.install(18, "v18", nil)
		time.Sleep(2 * time.Second)
		f.want("v18", "ready 17", "trial 17", "ready 18", "trial 18")
		f.Set(func() { f.Hanging = []string{"kiosk.lua"} })
		time.Sleep(time.Minute)
		f.want("v16", "back 18: kiosk.lua does not answer; back to 16")
	})
}

func TestABundleThatDoesNotLoadAtTheStartIsReplaced(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood(16, "v16")
		f.makeGood(17, "v17")
		f.stop()
		f.install(18, "broken", nil)
		f.start()
		f.want("v17", "back 18: kiosk.lua:1: attempt to index 'printer' (a nil value); back to 17")
		f.stop()
		// the last good one does not load any more either
		current := f.script()
		os.WriteFile(current, []byte("broken"), 0o600)
		f.start()
		f.want("v16", "error: the bundle "+filepath.Base(filepath.Dir(filepath.Dir(current)))+" cannot be used: kiosk.lua: 6 bytes instead of 3")
		os.RemoveAll(filepath.Join(f.store, bundlesFolder))
		f.stop()
		f.start()
		f.takeEvents()
		f.want("factory")
	})
}

// script returns the path of the script that runs.
func (f *fixture) script() string { return f.device.inUse.paths[0] }

func TestASwitchThatFailsKeepsTheGoodBundle(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood(16, "v16")
		f.Set(func() { f.Refused = "v17" })
		f.install(17, "v17", nil)
		time.Sleep(2 * time.Second)
		f.want("v16", "ready 17", "back 17: kiosk.lua: refused; back to 16")
	})
}

func TestFactoryScriptsThatDoNotLoadAreTriedOnceAMinute(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.Set(func() { f.Refused = "factory" })
		f.install(16, "v16", nil)
		time.Sleep(2 * time.Second)
		f.Set(func() { f.Hanging = []string{"kiosk.lua"} })
		time.Sleep(10 * time.Minute)
		events := f.takeEvents()
		if n := len(events); n < 8 || n > 15 {
			t.Errorf("there are %d events in 10 minutes, such as %q", n, events[n-1])
		}
		f.Set(func() { f.Refused = "" })
		time.Sleep(2 * time.Minute)
		f.want("factory")
	})
}

func TestOldBundlesAreDeleted(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		for i, source := range []string{"v1", "v2", "v3", "v4"} {
			f.makeGood(int64(i+1), source)
		}
		if n := len(f.device.disk.stored()); n != 2 { // the good one, and the one before
			t.Errorf("%d bundles are kept, want 2", n)
		}
		f.install(5, "v5", nil)
		time.Sleep(time.Minute)
		if n := len(f.device.disk.stored()); n != 3 {
			t.Errorf("%d bundles are kept in a trial, want 3", n)
		}
	})
}

func TestOneProcessUsesAStore(t *testing.T) {
	f := newFixture(t)
	f.start()
	if _, err := Open(Options{Store: f.store, Bus: f.bus}); !errors.Is(err, errLocked) {
		t.Errorf("the second process got %v", err)
	}
	path := writeBundle(f.folder, 16, "v16", nil)
	public, _ := fleettest.Key("shop")
	if done, err := Install(path, Installation{Store: f.store, Trust: []bundle.PublicKey{public}}); err != nil || !done.Running {
		t.Errorf("an installation beside a process: %+v, %v", done, err)
	}
	f.stop()
}

func TestTheScriptsOfAllBundlesHaveOneHome(t *testing.T) {
	d := &Device{disk: disk{dir: "/store"}, opts: Options{Factory: []string{"/etc/shop/kiosk.lua"}}}
	for path, want := range map[string]string{
		"/etc/shop/kiosk.lua":                  "/etc/shop/kiosk.lua",
		"/store/bundles/abc/files/kiosk.lua":   "/etc/shop/kiosk.lua",
		"/store/bundles/def/files/kiosk.lua":   "/etc/shop/kiosk.lua",
		"/store/bundles/def/files/sub/a.lua":   "/etc/shop/sub/a.lua",
		"/elsewhere/bundles/x/files/kiosk.lua": "/elsewhere/bundles/x/files/kiosk.lua",
	} {
		if got := d.Home(path); got != want {
			t.Errorf("Home(%s) = %s, want %s", path, got, want)
		}
	}
	d.opts.Factory = nil
	if got := d.Home("/store/bundles/abc/files/kiosk.lua"); got != "kiosk.lua" {
		t.Errorf("without factory scripts: %s", got)
	}
}
