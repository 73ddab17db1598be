package identity

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/jwt/v2"
)

func TestAFolderIsForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("modes are those of Unix")
	}
	f := newFolder(t)
	if _, err := f.Credentials(Device, "kiosk-07", nil); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := os.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestInitOverwritesNothing(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	dir := filepath.Join(parent, "shop")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Init(dir, "shop"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("with an empty folder: %v", err)
	}
	if _, err := Init(filepath.Join(parent, "other"), "Shop!"); err == nil {
		t.Error("a bad name is accepted")
	}
	if entries, _ := os.ReadDir(parent); len(entries) != 1 {
		t.Errorf("it left %v", entries)
	}
}

func TestAFolderIsTheSameWhenItIsOpenedAgain(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	again, err := Open(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	first, err := f.Account()
	if err != nil {
		t.Fatal(err)
	}
	second, err := again.Account()
	if err != nil {
		t.Fatal(err)
	}
	if first != second || f.OperatorJWT() != again.OperatorJWT() || f.SystemAccount() != again.SystemAccount() || again.Fleet() != "shop" {
		t.Error("it is another one")
	}
	operator, err := jwt.DecodeOperatorClaims(again.OperatorJWT())
	if err != nil || operator.SystemAccount != again.SystemAccount().PublicKey {
		t.Errorf("the operator is %v, %v", operator, err)
	}
}

// Each file in turn is cut off, is empty, is missing or is that of another fleet.
func TestADamagedFileIsNamed(t *testing.T) {
	t.Parallel()
	f, other := newFolder(t), newFolder(t)
	for _, folder := range []*Folder{f, other} {
		if _, err := folder.Credentials(Device, "kiosk-07", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := folder.Invite(Invitation{Hub: testHub}); err != nil {
			t.Fatal(err)
		}
	}
	use := func() error {
		f, err := Open(f.dir)
		if err != nil {
			return err
		}
		_, err = f.Devices()
		_, err2 := f.Waiting()
		_, err3 := f.KeySets()
		return errors.Join(err, err2, err3)
	}
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		path := f.path(e.Name())
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		check := func(how string) {
			t.Helper()
			if err := use(); err == nil || !strings.Contains(err.Error(), e.Name()) {
				t.Errorf("%s %s: %v", e.Name(), how, err)
			}
		}
		if len(content) == 0 { // the lock, and the signatures of the first set of keys
			continue
		}
		os.WriteFile(path, content[:len(content)/2], 0o600)
		check("cut off")
		os.WriteFile(path, nil, 0o600)
		check("empty")
		os.WriteFile(path, bytes.Repeat([]byte("x"), maxKeyFile+1), 0o600)
		check("far too long")
		if filepath.Ext(e.Name()) != ".json" && !strings.HasPrefix(e.Name(), "keys.") {
			os.Remove(path)
			check("missing")
			foreign, err := os.ReadFile(other.path(e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			os.WriteFile(path, foreign, 0o600)
			if err := use(); err == nil || !strings.Contains(err.Error(), strings.TrimSuffix(e.Name(), filepath.Ext(e.Name()))) && !strings.Contains(err.Error(), operatorName) {
				t.Errorf("%s of another fleet: %v", e.Name(), err)
			}
		}
		os.WriteFile(path, content, 0o600)
		if err := use(); err != nil {
			t.Fatalf("%s is as before: %v", e.Name(), err)
		}
	}
}

func TestKeySetsFollowEachOther(t *testing.T) {
	t.Parallel()
	f, err := Init(filepath.Join(t.TempDir(), "shop"), "shop")
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, f.AddKeySet(keySet(t, "lab", 1, "one")), `"lab"`)
	wantError(t, f.AddKeySet(keySet(t, "shop", 2, "one")), "number 1")
	for range 2 {
		if err := f.AddKeySet(keySet(t, "shop", 1, "one")); err != nil {
			t.Fatal(err)
		}
	}
	wantError(t, f.AddKeySet(keySet(t, "shop", 2, "two", "two")), "by the keys 1")
	wantError(t, f.AddKeySet(keySet(t, "shop", 2, "two", "one")), "by its own keys")
	wantError(t, f.AddKeySet(keySet(t, "shop", 3, "two", "one", "two")), "number 3")
	text, signatures := keySet(t, "shop", 2, "two", "one", "two")
	if err := f.AddKeySet(text, signatures); err != nil {
		t.Fatal(err)
	}
	sets, err := f.KeySets()
	if err != nil || len(sets) != 2 || !bytes.Equal(sets[1].Text, text) || !bytes.Equal(sets[1].Signatures, signatures) || sets[1].Number != 2 {
		t.Errorf("the sets are %+v, %v", sets, err)
	}
}

func TestUpdateRightsReplacesOldRightsOnly(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	if changed, err := f.UpdateRights(); changed || err != nil {
		t.Fatalf("of a new folder: %v, %v", changed, err)
	}
	claims, err := f.claims()
	if err != nil {
		t.Fatal(err)
	}
	old := scope(Device, f.roles[Device].public)
	old.Template.Pub.Allow.Add("everything.>")
	claims.SigningKeys.AddScopedSigner(old)
	claims.Revoke("UABC")
	if err := f.signAccount(claims); err != nil {
		t.Fatal(err)
	}
	if changed, err := f.UpdateRights(); !changed || err != nil {
		t.Fatalf("of an older folder: %v, %v", changed, err)
	}
	if claims, err = f.claims(); err != nil {
		t.Fatal(err)
	}
	if !sameJSON(claims.SigningKeys[old.Key], scope(Device, old.Key)) || len(claims.Revocations) != 1 {
		t.Errorf("the account is %v", claims)
	}
}

// The server drops all entries with a queue from a list that has a template.
func TestNoTemplateIsLostBecauseOfAQueue(t *testing.T) {
	t.Parallel()
	for _, role := range roles {
		r := rightsOf(role)
		all := strings.Join(slices.Concat(r.publish, r.subscribe), "\n")
		if hasScope(role) && strings.Contains(all, " ") {
			t.Errorf("%s has a scope and a queue", role)
		}
		if len(r.publish) == 0 || len(r.subscribe) == 0 {
			t.Errorf("%s may do everything: an empty list allows all", role)
		}
	}
	want := []string{"a.kiosk-07", "b.x", "b.y", "c.* workers"}
	got := expand([]string{"a.{{name()}}", "b.{{tag(group)}}", "c.* workers"}, "kiosk-07", []string{"x", "y"})
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := expand([]string{"b.{{tag(group)}}"}, "kiosk-07", nil); len(got) > 0 {
		t.Errorf("without groups: %q", got)
	}
}

func TestChangesFromManySidesAreAllKept(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	var wg sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		wg.Go(func() {
			own, err := Open(f.dir) // as another process
			if err == nil {
				_, err = own.Credentials(Device, name, nil)
			}
			if err == nil {
				err = own.Revoke(name)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	claims, err := f.claims()
	if err != nil {
		t.Fatal(err)
	}
	if devices, err := f.Devices(); len(devices) != 8 || len(claims.Revocations) != 8 || err != nil {
		t.Errorf("%d devices, %d revocations, %v", len(devices), len(claims.Revocations), err)
	}
}
