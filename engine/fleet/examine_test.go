package fleet

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/fleettest"
)

func TestExamineSaysWhatIsInAStore(t *testing.T) {
	store := filepath.Join(t.TempDir(), "store")
	if _, err := Examine(store); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a store: %v", err)
	}
	d := disk{dir: store}
	if err := d.makeFolders(); err != nil {
		t.Fatal(err)
	}
	c, err := Examine(store)
	if err != nil || len(c.Bundles) != 0 || !errors.Is(c.KeysErr, fs.ErrNotExist) || c.Damage != nil || c.Trial {
		t.Errorf("an empty store: %+v, %v", c, err)
	}

	keys := fleettest.KeySet("shop", 1, "shop")
	trusted, err := keys.Trusted()
	if err != nil {
		t.Fatal(err)
	}
	if err := Enroll(store, Enrollment{Creds: []byte("not used"), Name: "kiosk-1", Keys: fleettest.KeySetText("shop", 1, "shop")}); err != nil {
		t.Fatal(err)
	}
	digests := map[int64]string{}
	for _, version := range []int64{16, 17} {
		files := map[string]string{"kiosk.lua": fmt.Sprintf("-- version %d", version)}
		b, err := bundle.Open(fleettest.Bundle{Version: version, Files: files}.Write(t.TempDir()))
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if err := b.Verify(trusted); err != nil {
			t.Fatal(err)
		}
		digests[version] = b.Digest
		if err := d.add(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.replaceJSON(stateFile, state{Current: digests[17], Good: digests[16], Trial: &trial{Starts: 1}}); err != nil {
		t.Fatal(err)
	}
	c, err = Examine(store)
	if err != nil || c.Keys == nil || c.Keys.Number != 1 || !c.Trial || len(c.Bundles) != 2 {
		t.Fatalf("a store with bundles: %+v, %v", c, err)
	}
	for i, name := range []string{"shop 17", "shop 16"} {
		if b := c.Bundles[i]; b.Name() != name || b.Err != nil {
			t.Errorf("bundle %d is %s, %v", i, b.Name(), b.Err)
		}
	}

	damage := filepath.Join(c.Bundles[0].Folder, "kiosk.lua")
	if err := os.WriteFile(damage, []byte("-- other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(d.bundlePath(digests[16], manifestFile)); err != nil {
		t.Fatal(err)
	}
	c, err = Examine(store)
	if err != nil || len(c.Bundles) != 2 || c.Bundles[0].Err == nil || c.Bundles[1].Err == nil || c.Bundles[1].Name() != digests[16] {
		t.Errorf("with damaged bundles: %+v, %v", c, err)
	}
	if err := os.WriteFile(d.path(stateFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err = Examine(store); err != nil || c.Damage == nil {
		t.Errorf("with a damaged state: %+v, %v", c, err)
	}
	if text, err := os.ReadFile(d.path(stateFile)); err != nil || string(text) != "{" {
		t.Errorf("the state was changed: %s, %v", text, err)
	}
	if _, err := Examine(d.path(stateFile)); err == nil {
		t.Error("a file is a store")
	}
}
