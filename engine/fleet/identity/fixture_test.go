package identity

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/fleettest"
)

// newFolder returns the folder of the fleet shop, which trusts one key.
func newFolder(t *testing.T) *Folder {
	t.Helper()
	f, err := Init(filepath.Join(t.TempDir(), "shop")+"/", "shop")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.AddKeySet(keySet(t, "shop", 1, "one")); err != nil {
		t.Fatal(err)
	}
	return f
}

// keySet returns the text of a set with one key, and the signatures of these people.
func keySet(t *testing.T, fleet string, number int64, key string, signers ...string) (text, signatures []byte) {
	t.Helper()
	public, _ := fleettest.Key(key)
	set := bundle.KeySet{Format: bundle.KeysFormat, Fleet: fleet, Number: number, Threshold: 1, Keys: []string{public.String()}}
	text, err := set.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range signers {
		_, private := fleettest.Key(name)
		s, err := bundle.Sign(private, text, "test", time.Unix(1, 0))
		if err != nil {
			t.Fatal(err)
		}
		signatures = append(signatures, bundle.EncodeSignatures([]bundle.Signature{s})...)
	}
	return text, signatures
}

const testHub = "tls://hub.example:4222"

// A joiner is a device that wants to join.
type joiner struct {
	t     *testing.T
	token Token
	seed  []byte
	key   string
}

// invited returns a device with an invitation.
func invited(t *testing.T, f *Folder, i Invitation) *joiner {
	t.Helper()
	i.Hub = testHub
	text, err := f.Invite(i)
	if err != nil {
		t.Fatal(err)
	}
	token, err := ParseToken(text)
	if err != nil {
		t.Fatal(err)
	}
	j := &joiner{t: t, token: token}
	j.newKey()
	return j
}

func (j *joiner) newKey() {
	j.t.Helper()
	var err error
	if j.seed, j.key, err = NewKey(); err != nil {
		j.t.Fatal(err)
	}
}

// request returns the request of the device with this name.
func (j *joiner) request(name string) Request {
	j.t.Helper()
	r, err := j.token.Request(j.key, name, "1.4.0")
	if err != nil {
		j.t.Fatal(err)
	}
	return r
}

// ask sends a request to the folder, and returns the reply.
func (j *joiner) ask(f *Folder, name string) Reply {
	j.t.Helper()
	reply, err := f.Join(j.request(name))
	if err != nil {
		j.t.Fatal(err)
	}
	return reply
}

// askAs is ask for a device that does not check its name.
func (j *joiner) askAs(f *Folder, name string) Reply {
	j.t.Helper()
	r := j.request("kiosk-07")
	r.Name = name
	reply, err := f.Join(r)
	if err != nil {
		j.t.Fatal(err)
	}
	return reply
}

// wantError fails the test unless the error contains the text.
func wantError(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("the error is %v, want one with %q", err, text)
	}
}

// read parses credentials by way of a file.
func read(t *testing.T, creds []byte) Creds {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.creds")
	if err := os.WriteFile(path, creds, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := ReadCreds(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
