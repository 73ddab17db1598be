package identity

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/jwt/v2"
)

func TestCredentialsSayWhoSomebodyIs(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	account, err := f.Account()
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []Role{Device, Worker, Host, Operator, Hub} {
		groups := []string{"zoo", "kiosk"} // in another order than the alphabet
		creds, err := f.Credentials(role, "a-"+string(role), groups)
		if err != nil {
			t.Fatal(err)
		}
		c := read(t, creds)
		if c.Name != "a-"+string(role) || c.Role != role || c.Fleet != "shop" || !slices.Equal(c.Groups, groups) || c.Account != account.PublicKey {
			t.Errorf("%v", c)
		}
	}
}

func TestBadNamesAreNotSigned(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	for _, name := range []string{"", "*", ">", "a.b", "a b", "A", "ä", "-a", "{{name()}}", "join", "a\nb", strings.Repeat("a", 64)} {
		if _, err := f.Credentials(Device, name, nil); err == nil {
			t.Errorf("the name %q is signed", name)
		}
		if _, err := f.Invite(Invitation{Name: name, Hub: testHub}); err == nil && name != "" {
			t.Errorf("the name %q is invited", name)
		}
		if name == "join" {
			continue // no group receives the replies to joiners
		}
		if _, err := f.Credentials(Device, "good", []string{name}); err == nil {
			t.Errorf("the group %q is signed", name)
		}
		if _, err := f.Invite(Invitation{Groups: []string{name}, Hub: testHub}); err == nil {
			t.Errorf("the group %q is invited", name)
		}
	}
	wantError(t, second(f.Credentials(Device, "good", []string{"a", "a"})), "given twice")
	wantError(t, second(f.Credentials(Device, "good", make([]string, maxGroups+1))), "more than")
	wantError(t, second(f.Credentials(Joiner, "good", nil)), "invitation")
	wantError(t, second(f.Credentials("root", "good", nil)), "root")
	wantError(t, second(f.Issue(Device, "good", nil, f.id)), "public key of a user")
	if devices, err := f.Devices(); len(devices) > 0 || err != nil {
		t.Errorf("%v, %v", devices, err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestCredentialsAreValidForTenYears(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	_, key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	token, err := f.Issue(Device, "kiosk-07", nil, key)
	if err != nil {
		t.Fatal(err)
	}
	claims, err := jwt.DecodeUserClaims(token)
	if err != nil || time.Unix(claims.Expires, 0).Before(time.Now().AddDate(10, 0, 0)) {
		t.Errorf("until %v, %v", time.Unix(claims.Expires, 0), err)
	}
}

func TestANameIsForOneKeyUntilItIsRevoked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFolder(t)
		_, first, _ := NewKey()
		_, other, _ := NewKey()
		token, err := f.Issue(Device, "kiosk-07", []string{"lab"}, first)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if again, err := f.Issue(Device, "kiosk-07", []string{"lab"}, first); again != token || err != nil {
			t.Errorf("asking again: %v", err)
		}
		for _, row := range []struct {
			role   Role
			groups []string
			key    string
		}{{Device, []string{"lab"}, other}, {Device, []string{"shop"}, first}, {Worker, []string{"lab"}, first}} {
			if _, err := f.Issue(row.role, "kiosk-07", row.groups, row.key); !errors.Is(err, errTaken) {
				t.Errorf("%+v: %v", row, err)
			}
		}
		wantError(t, second(f.Issue(Device, "kiosk-08", nil, first)), "that of kiosk-07")

		if err := f.Revoke("kiosk-07"); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		changed, err := f.Issue(Device, "kiosk-07", []string{"shop"}, first)
		if err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited > 2*time.Second {
			t.Errorf("it waited %v", waited)
		}
		if revoked(t, f, changed) || !revoked(t, f, token) {
			t.Error("the new JWT is revoked, or the old one is not")
		}
		devices, err := f.Devices()
		if err != nil || len(devices) != 1 || !devices[0].Revoked.IsZero() || !slices.Equal(devices[0].Groups, []string{"shop"}) {
			t.Errorf("the devices are %+v, %v", devices, err)
		}
	})
}

// revoked reports whether the account refuses the JWT.
func revoked(t *testing.T, f *Folder, token string) bool {
	t.Helper()
	user, err := jwt.DecodeUserClaims(token)
	if err != nil {
		t.Fatal(err)
	}
	account, err := f.claims()
	if err != nil {
		t.Fatal(err)
	}
	if !account.DidSign(user) {
		t.Error("the account has not signed the JWT")
	}
	return account.IsClaimRevoked(user)
}

func TestRevokedCredentialsAreListed(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	wantError(t, f.Revoke("kiosk-07"), "nobody is called")
	if _, err := f.Credentials(Worker, "kiosk-07", nil); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := f.Revoke("kiosk-07"); err != nil {
			t.Fatal(err)
		}
	}
	devices, err := f.Devices()
	if err != nil || len(devices) != 1 || devices[0].Revoked.IsZero() || devices[0].Role != Worker {
		t.Errorf("%+v, %v", devices, err)
	}
}

func TestDamagedCredentialsAreRefused(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	creds, err := f.Credentials(Device, "kiosk-07", nil)
	if err != nil {
		t.Fatal(err)
	}
	other, err := f.Credentials(Device, "kiosk-08", nil)
	if err != nil {
		t.Fatal(err)
	}
	system, err := f.SystemCredentials()
	if err != nil {
		t.Fatal(err)
	}
	seed := bytes.Index(creds, []byte("-----BEGIN USER"))
	for name, text := range map[string][]byte{
		"empty":               nil,
		"cut off":             creds[:seed],
		"with another key":    append(bytes.Clone(creds[:seed]), other[bytes.Index(other, []byte("-----BEGIN USER")):]...),
		"changed":             bytes.Replace(creds, []byte("eyJ0"), []byte("eyJ1"), 1),
		"of a system account": system,
		"far too long":        bytes.Repeat([]byte("x"), maxKeyFile+1),
	} {
		path := filepath.Join(t.TempDir(), "device.creds")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := ReadCreds(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
}

func TestTheOwnerHasCredentialsInTheFolder(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	own := func(role Role) Creds {
		t.Helper()
		path, err := f.OwnCredentials(role)
		if err != nil {
			t.Fatal(err)
		}
		c, err := ReadCreds(path)
		if err != nil || c.Role != role || filepath.Dir(path) != f.dir {
			t.Fatalf("%s: %v, %v", path, c, err)
		}
		return c
	}
	first := own(Hub)
	if again := own(Hub); again.PublicKey != first.PublicKey {
		t.Error("they are new each time")
	}
	if err := f.Revoke(first.Name); err != nil {
		t.Fatal(err)
	}
	second := own(Hub)
	if second.PublicKey == first.PublicKey {
		t.Error("they are still the revoked ones")
	}
	path := f.path("hub.creds")
	if err := os.Remove(path); err != nil { // as if the power had failed before it was written
		t.Fatal(err)
	}
	if third := own(Hub); third.PublicKey == second.PublicKey {
		t.Error("the lost key is there again")
	}
	if own(Operator).Name != "operator" {
		t.Error("the operator has another name")
	}
	for _, name := range []string{"operator", "hub"} {
		_, err := f.Credentials(Worker, name, nil)
		wantError(t, err, "reserved for the owner")
		_, err = f.Invite(Invitation{Name: name, Hub: testHub})
		wantError(t, err, "reserved for the owner")
		wantReply(t, invited(t, f, Invitation{}).askAs(f, name), "reserved for the owner")
	}
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := f.OwnCredentials(Hub)
	wantError(t, err, path)
	_, err = f.OwnCredentials(Device)
	wantError(t, err, "owner")
}

func TestADeviceKeepsItsKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "device.nk")
	seed, public, err := LoadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	again, same, err := LoadKey(path)
	if err != nil || !bytes.Equal(seed, again) || public != same {
		t.Errorf("the second time: %v", err)
	}
	if got, err := keyOf(seed); err != nil || got != public {
		t.Errorf("the public key is %s, want %s, %v", public, got, err)
	}
	f := newFolder(t)
	_, _, err = LoadKey(f.path("account.nk"))
	wantError(t, err, "account.nk: not the key of a device")
	_, _, err = LoadKey(f.path("account.jwt"))
	wantError(t, err, "account.jwt")
}
