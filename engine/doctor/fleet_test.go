package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlark/engine/fleet"
	"moonlark/engine/fleet/fleettest"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/nats"
)

// A place is a device's place in a fleet, for checkFleet.
type place struct {
	*testing.T
	store, creds string
	hub          *nats.Options
	hubErr       error
	device       Device
	now          time.Time
}

// newPlace returns the place of a device that has joined the fleet shop, and runs bundle 17.
func newPlace(t *testing.T) *place {
	folder := t.TempDir()
	p := &place{T: t, store: filepath.Join(folder, "store"), creds: filepath.Join(folder, "device.creds"), now: time.Now()}
	p.device.Space = func(string) (free, total uint64, err error) { return 1 << 30, 8 << 30, nil }
	if err := fleet.Enroll(p.store, fleet.Enrollment{Creds: []byte("not used"), Name: "kiosk-1", Groups: []string{"kiosk"}, Keys: fleettest.KeySetText("shop", 1, "shop")}); err != nil {
		t.Fatal(err)
	}
	return p
}

// run puts a bundle into the store, as the one that has passed its trial.
func (p *place) run(files map[string]string) {
	p.Helper()
	path := fleettest.Bundle{Version: 17, Files: files}.Write(p.TempDir())
	if _, err := fleet.Install(path, fleet.Installation{Store: p.store}); err != nil {
		p.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join(p.store, "bundles"))
	if err != nil || len(entries) != 1 {
		p.Fatal(entries, err)
	}
	p.write("state.json", fmt.Sprintf(`{"current": %q, "good": %[1]q}`, entries[0].Name()))
}

// write writes a file of the store.
func (p *place) write(name, text string) {
	p.Helper()
	if err := os.WriteFile(filepath.Join(p.store, name), []byte(text), 0o600); err != nil {
		p.Fatal(err)
	}
}

// examine returns the findings, one per line, without the suggestions.
func (p *place) examine() string {
	p.Helper()
	var lines strings.Builder
	c := &checker{Options: Options{Device: p.device}, report: func(f Finding) {
		if f.Group != "fleet" {
			p.Errorf("the group is %s", f.Group)
		}
		if f.Level != OK && f.Level != Skipped && f.Fix == "" {
			p.Errorf("no suggestion: %+v", f)
		}
		fmt.Fprintf(&lines, "%s %s: %s\n", f.Level, f.Subject, f.Text)
	}}
	c.Clock = func() (time.Time, time.Duration) { return p.now, 0 }
	c.Fleet = &Fleet{Store: p.store, Creds: p.creds, Hub: p.hub, HubError: p.hubErr}
	c.checkFleet(p.Context())
	return strings.ReplaceAll(lines.String(), p.store, "STORE")
}

// has checks that the findings have all of these parts.
func (p *place) has(parts ...string) {
	p.Helper()
	found := p.examine()
	for _, part := range parts {
		if !strings.Contains("\n"+found, "\n"+part) {
			p.Errorf("%q is not in\n%s", part, found)
		}
	}
}

func TestTheStoreOfADeviceIsChecked(t *testing.T) {
	script := map[string]string{"kiosk.lua": "-- kiosk\n"}
	for _, row := range []struct {
		name   string
		change func(*place)
		want   string
	}{
		{"all is well", func(p *place) { p.run(script) }, `ok store: STORE can be written
ok space: 1024 MiB are free for the store
ok bundle: shop 17 runs, and is undamaged
ok secrets: nothing in shop 17 looks like one
ok keys: the device trusts the keys 1, of which 1 of 1 must sign
`},
		{"no bundle", func(*place) {}, "ok bundle: there is none that has passed its trial: the named scripts run\n"},
		{"no store", func(p *place) { p.store += "-2" }, "error store: there is no folder STORE\n"},
		{"a file", func(p *place) { p.store = filepath.Join(p.store, "keys.json") }, "error store: open STORE: it is not a folder\n"},
		{"read-only", func(p *place) { p.device.CanOpen = func(string, bool) bool { return false } },
			"error store: this user cannot write STORE: the device cannot get new bundles\n"},
		{"little space", func(p *place) {
			p.device.Space = func(string) (free, total uint64, err error) { return 100 << 20, 8 << 30, nil }
		}, "warning space: 100 MiB are free for the store, and a large bundle needs more\n"},
		{"no space", func(p *place) {
			p.device.Space = func(string) (free, total uint64, err error) { return 0, 8 << 30, nil }
		}, "error space: 0 MiB are free for the store: the device cannot get new bundles\n"},
		{"damaged state", func(p *place) { p.write("state.json", "{") }, "warning state: state.json cannot be read"},
		{"damaged keys", func(p *place) { p.write("keys.json", "{") }, "error keys: keys: "},
		{"no keys", func(p *place) { _ = os.Remove(filepath.Join(p.store, "keys.json")) },
			"error keys: the device trusts no keys yet, so it refuses all bundles\n"},
		{"damaged bundle", func(p *place) {
			p.run(script)
			found, _ := filepath.Glob(filepath.Join(p.store, "bundles", "*", "files", "kiosk.lua"))
			if err := os.WriteFile(found[0], []byte("-- other\n"), 0o600); err != nil {
				p.Fatal(err)
			}
		}, "error bundle: shop 17 cannot be used: "},
		{"damaged reserve", func(p *place) {
			p.run(script)
			text, err := os.ReadFile(filepath.Join(p.store, "state.json"))
			if err != nil {
				p.Fatal(err)
			}
			p.write("state.json", strings.Replace(string(text), "}", `, "spare": "abc"}`, 1))
		}, "warning bundle: abc, to which the device would go back, cannot be used: "},
		{"a secret", func(p *place) {
			p.run(map[string]string{"kiosk.lua": "-- kiosk\nlocal key = 'sk-" + strings.Repeat("a", 30) + "'\n"})
		}, "warning secrets: kiosk.lua:2 of shop 17 looks like a key of OpenAI"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := newPlace(t)
			row.change(p)
			p.has(row.want)
		})
	}
}

func TestCredentialsAreChecked(t *testing.T) {
	folder, err := identity.Init(filepath.Join(t.TempDir(), "shop"), "shop")
	if err != nil {
		t.Fatal(err)
	}
	creds, err := folder.Credentials(identity.Device, "kiosk-1", []string{"kiosk", "hall"})
	if err != nil {
		t.Fatal(err)
	}
	const year = 365 * 24 * time.Hour
	for _, row := range []struct {
		name   string
		change func(*place)
		want   string
	}{
		{"all is well", func(p *place) { p.now = p.now.Add(3 * 24 * time.Hour) }, "ok credentials: kiosk-1, device of the fleet shop, in the groups kiosk, hall; issued " + time.Now().Format(time.DateOnly) + " (3 days ago)\n"},
		{"none", func(p *place) { p.creds += "-2" }, "error credentials: there is no file "},
		{"damaged", func(p *place) { p.creds = filepath.Join(p.store, "keys.json") }, "error credentials: STORE/keys.json: not a file of credentials"},
		{"expired", func(p *place) { p.now = p.now.Add(11 * year) }, "error credentials: kiosk-1, device of the fleet shop, in the groups kiosk, hall; they have expired on "},
		{"soon", func(p *place) { p.now = p.now.Add(10 * year) }, "warning credentials: kiosk-1, device of the fleet shop, in the groups kiosk, hall; they expire on "},
		{"clock", func(p *place) { p.now = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }, "error clock: the clock says 2000-01-01 00:00:00, but the credentials were issued at "},
		{"another fleet", func(p *place) {
			if err := os.RemoveAll(p.store); err != nil {
				p.Fatal(err)
			}
			if err := fleet.Enroll(p.store, fleet.Enrollment{Creds: []byte("not used"), Name: "kiosk-1", Keys: fleettest.KeySetText("lab", 1, "shop")}); err != nil {
				p.Fatal(err)
			}
		}, `error credentials: kiosk-1, device of the fleet shop, in the groups kiosk, hall, but the store trusts the keys of the fleet "lab"`},
		{"readable", func(p *place) {
			if err := os.Chmod(p.creds, 0o644); err != nil {
				p.Fatal(err)
			}
		}, "warning credentials: other users of this machine can read "},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.name == "readable" && os.PathSeparator != '/' {
				t.Skip("files have no such permissions here")
			}
			p := newPlace(t)
			p.hubErr = errors.New("ca.pem: there is no certificate")
			if err := os.WriteFile(p.creds, creds, 0o600); err != nil {
				t.Fatal(err)
			}
			row.change(p)
			p.has(row.want)
		})
	}
	p := newPlace(t)
	if err := os.WriteFile(p.creds, creds, 0o600); err != nil {
		t.Fatal(err)
	}
	p.hubErr = errors.New("ca.pem: there is no certificate")
	p.has("error hub: ca.pem: there is no certificate\n")
	p.hubErr = fs.ErrNotExist
	p.creds += "-2"
	p.has("skipped hub: not checked: the problem above comes first\n")
}

func TestAServerWithKnownHolesIsFound(t *testing.T) {
	for version, want := range map[string]string{
		"2.15.3": "true", "2.14.3": "true", "v2.14.9": "true", "2.12.12": "true", "2.12.13": "true", "3.0.0": "true", "2.15.0-RC.1": "true",
		"2.14.2": "false", "2.13.99": "false", "2.12.11": "false", "2.11.30": "false", "1.4.1": "false", "2.14.3-RC.1": "false",
		"": "unknown", "2.14": "unknown", "two": "unknown", "2.-1.3": "unknown", "2.14.3.4": "unknown",
	} {
		safe, ok := isSafeServer(version)
		got := fmt.Sprint(safe)
		if !ok {
			got = "unknown"
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", version, got, want)
		}
	}
}

func TestAnUnreachableHubIsExplained(t *testing.T) {
	for _, row := range []struct {
		err       error
		text, fix string
	}{
		{errors.New("dial tcp: connection refused"), "hub:4222: dial tcp: connection refused", "nothing listens there"},
		{errors.New("hub:4222: the hub has no TLS"), "hub:4222: the hub has no TLS", "somebody may be between"},
		{errors.New("hub:4222: this is not a server of NATS"), "hub:4222: this is", "another program listens there"},
		{context.DeadlineExceeded, "hub:4222: context deadline exceeded", "firewall"},
		{x509.CertificateInvalidError{Reason: x509.Expired, Cert: &x509.Certificate{NotBefore: time.Now().Add(time.Hour)}}, "hub:4222: x509: ", "set this machine's clock"},
		{x509.UnknownAuthorityError{}, "hub:4222: x509: ", "--fleet-ca"},
		{&net.DNSError{Name: "hub", IsNotFound: true}, "hub:4222: lookup hub", "check --fleet, and the network's DNS server"},
		{errors.New("hub:4222: the hub does not show the certificate that was promised"), "hub:4222: the hub does not", "ask the owner"},
		{errors.New("hub:4222: strange"), "hub:4222: strange", "check --fleet, and the network"},
	} {
		text, fix := explainHub(nats.Address{Address: "hub:4222", Err: row.err})
		if !strings.HasPrefix(text, row.text) || !strings.Contains(fix, row.fix) {
			t.Errorf("%v: got %s, %s", row.err, text, fix)
		}
	}
}
