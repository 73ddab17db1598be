//go:build unix

package permit_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/permit"
)

func TestTheSharedFolder(t *testing.T) {
	data, folder := t.TempDir(), t.TempDir()
	b, err := permit.Settings{Data: data, ID: "home"}.Broker(filepath.Join(folder, "a.lua"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	p, err := b.ResolveShared("x.db", false)
	if want := filepath.Join(data, "home", ".shared", "x.db"); !errors.Is(err, fs.ErrNotExist) || p.Path != want {
		t.Errorf("before the first write: %s, %v", p.Path, err)
	}
	if p, err = b.ResolveShared("x.db", true); err != nil {
		t.Fatal(err)
	}
	f, err := p.OpenFile(os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	for name, want := range map[string]string{
		"../a/y":       "a.lua may not leave the shared data folder with the path ../a/y",
		"secrets.toml": "because it may have secrets",
	} {
		if _, err := b.ResolveShared(name, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(data, "home", ".shared", "link")); err != nil {
		t.Fatal(err)
	}
	if p, err := b.ResolveShared("link", false); err == nil {
		if _, err = p.OpenFile(os.O_RDONLY, 0); err == nil {
			t.Error("a link out of the folder was followed")
		}
	}
	if _, err := b.Resolve(filepath.Join(data, "home", ".shared", "x.db"), false); err == nil {
		t.Error("the shared folder can be read without a grant")
	}

	none, err := permit.Settings{}.Broker(filepath.Join(folder, "a.lua"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer none.Close()
	if _, err := none.ResolveShared("x.db", true); err == nil || !strings.Contains(err.Error(), "because the script has no data folder") {
		t.Errorf("without a data folder: %v", err)
	}
}
