package cli

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/fleettest"
)

// A signature of another text can be replaced by the right one of the same key.
func TestASignatureReplacesTheOneOfTheSameKey(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := fleettest.Bundle{Version: 17, Files: map[string]string{"kiosk.lua": ""}}.Write(folder)
	public, private := fleettest.Key("shop")
	keys, err := bundle.NewKeys(1, public)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, row := range []struct {
		text []byte
		ok   bool
	}{{[]byte("another text"), false}, {b.ManifestBytes, true}} {
		s, err := bundle.Sign(private, row.text, "", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, "shop.minisig")
		if err := os.WriteFile(file, bundle.EncodeSignatures([]bundle.Signature{s}), 0o600); err != nil {
			t.Fatal(err)
		}
		c := bundleSignCommand{Bundle: path, Signature: file}
		if err := c.Run(t.Context(), &console{stdout: newOutput(null)}); err != nil {
			t.Fatal(err)
		}
		signed, err := bundle.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := signed.Verify(keys); (err == nil) != row.ok || len(signed.Signatures) != 1 {
			t.Errorf("%d signatures, %v", len(signed.Signatures), err)
		}
		signed.Close()
	}
}

// A bundle that is a symbolic link stays one.
func TestSigningFollowsALink(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, link := filepath.Join(folder, "shop.mlb"), filepath.Join(folder, "link.mlb")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("shop.mlb", link); err != nil {
		t.Skip("this system allows no links:", err)
	}
	if err := replaceFile(link, func(w io.Writer) error { _, err := w.Write([]byte("new")); return err }); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if text, _ := os.ReadFile(path); err != nil || string(text) != "new" || !info.Mode().IsRegular() {
		t.Errorf("the file has %q, %v, %v", text, info, err)
	}
	if target, err := os.Readlink(link); err != nil || target != "shop.mlb" {
		t.Errorf("the link leads to %q, %v", target, err)
	}
}
