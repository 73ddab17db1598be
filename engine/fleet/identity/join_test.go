package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/jwt/v2"
)

func TestADeviceJoinsWithAnInvitation(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	j := invited(t, f, Invitation{Groups: []string{"kiosk", "hall"}})
	if j.token.Hub != testHub || j.token.Fleet != "shop" || time.Until(j.token.Expires) > 24*time.Hour || time.Until(j.token.Expires) < 23*time.Hour {
		t.Errorf("the invitation is %+v", j.token)
	}
	text, err := json.Marshal(j.ask(f, "kiosk-07"))
	if err != nil {
		t.Fatal(err)
	}
	reply, err := ParseReply(text)
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := Accept(j.token, j.request("kiosk-07"), j.seed, reply)
	if err != nil {
		t.Fatal(err)
	}
	c := read(t, accepted.Creds)
	if c.Name != "kiosk-07" || c.Role != Device || c.Fleet != "shop" || !slices.Equal(c.Groups, []string{"kiosk", "hall"}) || c.PublicKey != j.key {
		t.Errorf("the credentials are %v", c)
	}
	if want, _ := keySet(t, "shop", 1, "one"); string(accepted.Keys) != string(want) || accepted.Name != c.Name || !slices.Equal(accepted.Groups, c.Groups) {
		t.Errorf("accepted is %+v", accepted)
	}
	if again := j.ask(f, "kiosk-07"); again.JWT != reply.JWT {
		t.Errorf("asking again: %+v", again)
	}
	wantReply(t, j.ask(f, "kiosk-08"), "with the name kiosk-07")
	j.newKey()
	wantReply(t, j.ask(f, "kiosk-07"), "another device has used the invitation")
}

// wantReply fails the test unless the reply is an error with this text, and nothing else.
func wantReply(t *testing.T, r Reply, text string) {
	t.Helper()
	if !strings.Contains(r.Error, text) || r.JWT != "" || r.Pending {
		t.Errorf("the reply is %+v, want an error with %q", r, text)
	}
}

func TestADeviceMayChooseAnotherNameIfItsNameIsTaken(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	if _, err := f.Credentials(Worker, "kiosk-07", nil); err != nil {
		t.Fatal(err)
	}
	j := invited(t, f, Invitation{})
	wantReply(t, j.ask(f, "kiosk-07"), "kiosk-07 is taken")
	if reply := j.ask(f, "kiosk-08"); reply.JWT == "" {
		t.Errorf("%+v", reply)
	}
}

func TestAnInvitationForANameIsForThatNameOnly(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	j := invited(t, f, Invitation{Name: "kiosk-07"})
	wantError(t, second(j.token.Request(j.key, "kiosk-08", "")), "for kiosk-07")
	r := j.request("")
	r.Name = "kiosk-08" // a device that does not check
	reply, err := f.Join(r)
	if err != nil {
		t.Fatal(err)
	}
	wantReply(t, reply, "for kiosk-07")
	r.Name = ""
	if reply, err = f.Join(r); err != nil || reply.JWT == "" {
		t.Errorf("%+v, %v", reply, err)
	}
	if _, err := f.Invite(Invitation{Name: "kiosk-07", Hub: testHub}); !errors.Is(err, errTaken) {
		t.Errorf("an invitation for a name that is taken: %v", err)
	}
}

func TestBadRequestsAreRefused(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	j := invited(t, f, Invitation{})
	good := j.request("kiosk-07")
	for name, row := range map[string]struct {
		change func(*Request)
		want   string
	}{
		"another secret": {func(r *Request) { r.Secret = "x" }, "does not know the invitation"},
		"no secret":      {func(r *Request) { r.Secret = "" }, "does not know the invitation"},
		"a wildcard":     {func(r *Request) { r.Name = "*" }, "lower-case"},
		"the joiner":     {func(r *Request) { r.Name = "join" }, "reserved"},
		"no name":        {func(r *Request) { r.Name = "" }, "needs a name"},
		"no key":         {func(r *Request) { r.PublicKey = "" }, "public key"},
		"another kind":   {func(r *Request) { r.PublicKey = f.id }, "public key"},
	} {
		r := good
		row.change(&r)
		reply, err := f.Join(r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantReply(t, reply, row.want)
	}
	wantError(t, second(ParseRequest(make([]byte, maxRequest+1))), "more than")
	wantError(t, second(ParseRequest([]byte("{"))), "request")
	wantError(t, second(ParseReply(make([]byte, maxReply+1))), "more than")
	if reply, err := f.Join(good); reply.JWT == "" || err != nil {
		t.Errorf("after them: %+v, %v", reply, err)
	}
}

func TestAnInvitationExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFolder(t)
		text, err := f.Invite(Invitation{Hub: testHub, Valid: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		j := invited(t, f, Invitation{Valid: time.Hour})
		used := invited(t, f, Invitation{Valid: time.Hour})
		first := used.ask(f, "kiosk-08")
		bearer, err := jwt.DecodeUserClaims(j.token.JWT)
		if err != nil || time.Unix(bearer.Expires, 0).After(time.Now().Add(time.Hour)) {
			t.Errorf("the JWT is %v, %v", bearer, err)
		}
		time.Sleep(61 * time.Minute)
		wantError(t, second(ParseToken(text)), "expired")
		wantReply(t, j.ask(f, "kiosk-07"), "expired")
		if again := used.ask(f, "kiosk-08"); again.JWT != first.JWT {
			t.Errorf("a device that has joined: %+v", again)
		}
		time.Sleep(keepInvite)
		wantReply(t, j.ask(f, "kiosk-07"), "does not know")
	})
}

func TestADeviceWaitsForApproval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFolder(t)
		j := invited(t, f, Invitation{Approve: true, Groups: []string{"lab"}})
		since := time.Now()
		var content []byte
		for n := range 2 {
			reply := j.ask(f, "kiosk-07")
			if reply.Device != "kiosk-07" || reply.Again != (n > 0) {
				t.Errorf("reply %d: %+v", n+1, reply)
			}
			text, err := os.ReadFile(f.path(invitationsFile))
			if err != nil || n > 0 && !bytes.Equal(text, content) {
				t.Errorf("the second request changes the invitation to %s, %v", text, err)
			}
			content = text
			time.Sleep(5 * time.Second)
			if _, err := Accept(j.token, j.request("kiosk-07"), j.seed, reply); !errors.Is(err, ErrPending) {
				t.Fatalf("%+v: %v", reply, err)
			}
		}
		thief := *j
		thief.newKey()
		wantReply(t, thief.ask(f, "kiosk-07"), "another device")
		wantReply(t, invited(t, f, Invitation{}).ask(f, "kiosk-07"), "taken")

		waiting, err := f.Waiting()
		if err != nil || len(waiting) != 1 || waiting[0].Name != "kiosk-07" || waiting[0].PublicKey != j.key || waiting[0].Moonlark != "1.4.0" || !waiting[0].Since.Equal(since) {
			t.Fatalf("%+v waits, %v", waiting, err)
		}
		wantError(t, f.Approve("kiosk-08"), "kiosk-08")
		if err := f.Approve("kiosk-07"); err != nil {
			t.Fatal(err)
		}
		if waiting, err := f.Waiting(); len(waiting) > 0 || err != nil {
			t.Errorf("%+v still waits, %v", waiting, err)
		}
		time.Sleep(time.Minute)
		if _, err := Accept(j.token, j.request("kiosk-07"), j.seed, j.ask(f, "kiosk-07")); err != nil {
			t.Error(err)
		}
	})
}

func TestARevokedDeviceNeedsANewInvitation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFolder(t)
		j := invited(t, f, Invitation{Groups: []string{"lab"}})
		old := j.ask(f, "kiosk-07")
		if err := f.Revoke("kiosk-07"); err != nil {
			t.Fatal(err)
		}
		wantReply(t, j.ask(f, "kiosk-07"), "revoked")
		again := invited(t, f, Invitation{Name: "kiosk-07", Groups: []string{"shop"}})
		again.seed, again.key = j.seed, j.key // the same device
		reply := again.ask(f, "")
		if _, err := Accept(again.token, again.request(""), again.seed, reply); err != nil {
			t.Fatal(err)
		}
		if revoked(t, f, reply.JWT) || !revoked(t, f, old.JWT) {
			t.Error("the new JWT is revoked, or the old one is not")
		}
	})
}

// The hub carries the reply, and may have changed it.
func TestADeviceBelievesTheHubNothingElseThanItsInvitation(t *testing.T) {
	t.Parallel()
	f, other := newFolder(t), newFolder(t)
	j := invited(t, f, Invitation{Groups: []string{"kiosk"}})
	request := j.request("kiosk-07")
	good := j.ask(f, "kiosk-07")
	_, stranger, _ := NewKey()
	issue := func(f *Folder, role Role, name string, groups []string, key string) string {
		token, err := f.sign(role, name, groups, key)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	for name, change := range map[string]func(*Reply){
		"another account":       func(r *Reply) { r.Account = other.id },
		"other keys of bundles": func(r *Reply) { r.KeySet, _ = keySet(t, "shop", 1, "evil") },
		"no keys":               func(r *Reply) { r.KeySet = nil },
		"no JWT":                func(r *Reply) { r.JWT = "" },
		"other groups":          func(r *Reply) { r.JWT = issue(f, Device, "kiosk-07", []string{"lab"}, j.key) },
		"no groups":             func(r *Reply) { r.JWT = issue(f, Device, "kiosk-07", nil, j.key) },
		"another name":          func(r *Reply) { r.JWT = issue(f, Device, "kiosk-08", []string{"kiosk"}, j.key) },
		"another role":          func(r *Reply) { r.JWT = issue(f, Worker, "kiosk-07", []string{"kiosk"}, j.key) },
		"another key":           func(r *Reply) { r.JWT = issue(f, Device, "kiosk-07", []string{"kiosk"}, stranger) },
		"another fleet":         func(r *Reply) { r.JWT = issue(other, Device, "kiosk-07", []string{"kiosk"}, j.key) },
		"a forged signature":    func(r *Reply) { r.JWT = r.JWT[:len(r.JWT)-8] + "AAAAAAAA" },
		"an error":              func(r *Reply) { r.Error = "no\x1b[2J" },
	} {
		reply := good
		change(&reply)
		if _, err := Accept(j.token, request, j.seed, reply); err == nil || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Accept(j.token, request, j.seed, good); err != nil {
		t.Error(err)
	}
}

func TestADeviceGetsTheKeysOfItsInvitationAlthoughThereAreNewerOnes(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	j := invited(t, f, Invitation{})
	if err := f.AddKeySet(keySet(t, "shop", 2, "two", "one", "two")); err != nil {
		t.Fatal(err)
	}
	if _, err := Accept(j.token, j.request("kiosk-07"), j.seed, j.ask(f, "kiosk-07")); err != nil {
		t.Error(err)
	}
}

func TestNobodyIsInvitedWithoutKeysOfBundles(t *testing.T) {
	t.Parallel()
	f, err := Init(t.TempDir()+"/shop", "shop")
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, second(f.Invite(Invitation{Hub: testHub})), "no keys of bundles")
}
