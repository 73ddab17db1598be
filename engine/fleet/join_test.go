package fleet

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/fleettest"
)

// enrollment returns an Enrollment in the fleet, with the set of keys with this number that trusts the
// key with this name.
func enrollment(t *testing.T, fleet string, number int64, key string) Enrollment {
	t.Helper()
	text := fleettest.KeySetText(fleet, number, key)
	return Enrollment{Creds: []byte("secret of " + fleet), Name: "kiosk-07", Groups: []string{"kiosk", "all-floors"}, Keys: text, Hub: HubAddress{URL: "tls://hub.example:4222", CA: "0123"}}
}

func TestADeviceThatHasJoinedTakesOnlyBundlesOfItsFleetAndGroups(t *testing.T) {
	f := newFixture(t)
	if err := Enroll(f.store, enrollment(t, "shop", 1, "shop")); err != nil {
		t.Fatal(err)
	}
	if hub, err := ReadHub(f.store); err != nil || hub.URL != "tls://hub.example:4222" || hub.CA != "0123" {
		t.Errorf("the hub is %+v, %v", hub, err)
	}
	creds := filepath.Join(f.store, CredsFile)
	if text, err := os.ReadFile(creds); err != nil || string(text) != "secret of shop" {
		t.Errorf("the credentials are %q, %v", text, err)
	}
	if info, err := os.Stat(creds); err == nil && runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the credentials have the mode %v", info.Mode())
	}
	try := func(version int64, change func(*bundle.Manifest)) error {
		_, err := Install(writeBundle(f.folder, version, "v", change), Installation{Store: f.store, Moonlark: "1.4.0"})
		return err
	}
	if err := try(1, func(m *bundle.Manifest) { m.For = []string{"lab"} }); err == nil {
		t.Error("a bundle for another group is installed")
	}
	if err := try(2, func(m *bundle.Manifest) { m.Fleet = "lab" }); err == nil {
		t.Error("a bundle of another fleet is installed")
	}
	if err := try(3, func(m *bundle.Manifest) { m.For = []string{"kiosk"} }); err != nil {
		t.Errorf("a bundle for the group is not installed: %v", err)
	}
}

func TestJoiningAgainReplacesNameGroupsAndOlderKeys(t *testing.T) {
	d := disk{dir: t.TempDir()}
	for _, e := range []Enrollment{enrollment(t, "shop", 2, "old"), enrollment(t, "shop", 3, "shop")} {
		if err := d.enroll(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.identify(Identity{Channel: "beta"}); err != nil {
		t.Fatal(err)
	}
	last := enrollment(t, "shop", 2, "old")
	last.Name, last.Groups = "kiosk-08", nil
	if err := d.enroll(last); err != nil {
		t.Fatal(err)
	}
	keys, err := d.keys()
	if err != nil || keys.Number != 3 {
		t.Errorf("the store trusts the keys %+v, %v", keys, err)
	}
	device, err := d.device(keys, "")
	if err != nil || device.Name != "kiosk-08" || len(device.Groups) > 0 || device.Channel != "beta" {
		t.Errorf("the device is %+v, %v", device, err)
	}
}

func TestOtherKeysAreNotReplacedByJoining(t *testing.T) {
	for name, other := range map[string]Enrollment{
		"another fleet":               enrollment(t, "lab", 1, "lab"),
		"another set with the number": enrollment(t, "shop", 1, "other"),
	} {
		d := disk{dir: t.TempDir()}
		if err := d.enroll(enrollment(t, "shop", 1, "shop")); err != nil {
			t.Fatal(err)
		}
		err := d.enroll(other)
		if err == nil || !strings.Contains(err.Error(), "delete "+d.path(keysFile)) {
			t.Errorf("%s: %v", name, err)
		}
		if text, _ := d.read(CredsFile); string(text) != "secret of shop" {
			t.Errorf("%s: the credentials are %q", name, text)
		}
	}
}

func TestADamagedEnrollmentWritesNothing(t *testing.T) {
	for name, change := range map[string]func(*Enrollment){
		"no name":        func(e *Enrollment) { e.Name = "" },
		"a wildcard":     func(e *Enrollment) { e.Name = "*" },
		"a bad group":    func(e *Enrollment) { e.Groups = []string{"a.b"} },
		"no credentials": func(e *Enrollment) { e.Creds = nil },
		"damaged keys":   func(e *Enrollment) { e.Keys = e.Keys[1:] },
	} {
		store := filepath.Join(t.TempDir(), "store")
		e := enrollment(t, "shop", 1, "shop")
		change(&e)
		if err := Enroll(store, e); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if _, err := os.Stat(store); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the store was made", name)
		}
	}
}

// The power fails before each step. A store that has the credentials has everything else too, and
// joining again completes the store.
func TestAStoreWithCredentialsIsCompleteWhereverThePowerFails(t *testing.T) {
	var names []string
	d := disk{dir: t.TempDir(), step: func(name string) { names = append(names, name) }}
	if err := d.enroll(enrollment(t, "shop", 1, "shop")); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(names, "rename "+CredsFile) || len(names) < 9 {
		t.Fatalf("the steps are %q", names)
	}
	for last := range names {
		dir, step := t.TempDir(), 0
		func() {
			defer func() { recover() }() // as if the process had ended, but the lock is given up
			disk{dir: dir, step: func(string) {
				if step++; step > last {
					panic("the power has failed")
				}
			}}.enroll(enrollment(t, "shop", 1, "shop"))
		}()
		d := disk{dir: dir}
		if _, err := d.read(CredsFile); err == nil {
			if keys, err := d.keys(); err != nil || keys.Fleet != "shop" {
				t.Errorf("before %q: credentials without keys: %v", names[last], err)
			}
			var id Identity
			if err := d.readJSON(deviceFile, &id); err != nil || id.Name != "kiosk-07" {
				t.Errorf("before %q: credentials without a name: %v", names[last], err)
			}
		} else if last > slices.Index(names, "rename "+CredsFile) {
			t.Errorf("before %q: no credentials", names[last])
		}
		if err := d.enroll(enrollment(t, "shop", 1, "shop")); err != nil {
			t.Errorf("before %q: joining again: %v", names[last], err)
		}
	}
}
