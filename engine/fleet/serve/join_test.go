//go:build !nohub

package serve_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/fleet"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/nats"
)

// A joining is a machine that has an invitation.
type joining struct {
	f       *testFleet
	token   identity.Token
	seed    []byte
	request identity.Request
}

// invite makes an invitation for a device, which must be approved, and lets a new machine read it.
func (f *testFleet) invite(name, store string) joining {
	f.t.Helper()
	f.mu.Lock()
	url := "nats://" + f.address
	f.mu.Unlock()
	text, err := f.folder.Invite(identity.Invitation{Name: name, Groups: []string{"kiosk"}, Approve: true, Hub: url})
	if err != nil {
		f.t.Fatal(err)
	}
	j := joining{f: f}
	if j.token, err = identity.ParseToken(text); err != nil {
		f.t.Fatal(err)
	}
	path, err := fleet.KeyPath(store)
	if err != nil {
		f.t.Fatal(err)
	}
	seed, public, err := identity.LoadKey(path)
	if err != nil {
		f.t.Fatal(err)
	}
	if j.seed = seed; err == nil {
		j.request, err = j.token.Request(public, name, "1.4.0")
	}
	if err != nil {
		f.t.Fatal(err)
	}
	return j
}

// ask asks the centre once.
func (j joining) ask(ctx context.Context) (identity.Accepted, error) {
	text, err := json.Marshal(j.request)
	if err != nil {
		return identity.Accepted{}, err
	}
	answer, err := nats.Join(ctx, nats.JoinOptions{Token: j.token.JWT, InProcess: j.f.dial}, text)
	if err != nil {
		return identity.Accepted{}, err
	}
	reply, err := identity.ParseReply(answer)
	if err != nil {
		return identity.Accepted{}, err
	}
	return identity.Accept(j.token, j.request, j.seed, reply)
}

// A device joins through the hub, waits for approval over a restart of the hub, runs what is published, and is
// thrown out. The next start of the hub refuses it too.
func TestADeviceJoinsAndIsRevoked(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.start()
	operator := f.operator()
	store := filepath.Join(t.TempDir(), "store")
	j := f.invite("kiosk-2", store)
	if _, err := j.ask(t.Context()); !errors.Is(err, identity.ErrPending) {
		t.Fatalf("before the approval: %v", err)
	}
	if !f.logs("a device waits for approval: moonlark fleet approve kiosk-2") {
		t.Error("the centre does not say that a device waits")
	}
	f.stop()
	if _, err := j.ask(t.Context()); err == nil || errors.Is(err, identity.ErrPending) {
		t.Fatalf("without a hub: %v", err)
	}
	f.start()
	if err := f.folder.Approve("kiosk-2"); err != nil {
		t.Fatal(err)
	}
	a, err := j.ask(t.Context())
	if err == nil {
		err = fleet.Enroll(store, fleet.Enrollment{Creds: a.Creds, Name: a.Name, Groups: a.Groups, Keys: a.Keys})
	}
	if err != nil {
		t.Fatal(err)
	}
	d := f.run(store, nil)
	eventually(t, "the operator is back", func() bool { return operator.Link().Connected })
	mustPublish(t, operator, shop(16))
	d.becomesGood(16)
	f.reports(operator, "kiosk-2", 16)

	if err := f.folder.Revoke("kiosk-2"); err != nil {
		t.Fatal(err)
	}
	refused := func() bool { return strings.Contains(d.carrier.Link().Reason, "the hub refuses the credentials") }
	eventually(t, "the connection ends", refused)
	f.stop()
	d.end()
	f.start()
	d = f.run(store, nil)
	eventually(t, "the next hub refuses the device", refused)
	if _, _, err := d.carrier.Read(t.Context(), "all"); !errors.Is(err, follow.ErrOffline) {
		t.Errorf("a revoked device reads the wish: %v", err)
	}
	if !d.isGood(16) {
		t.Errorf("the revoked device runs %+v", d.device.Running())
	}
}

// A device that was away while the keys have changed twice goes from the first keys to the third.
func TestKeysThatChangedWhileADeviceWasAway(t *testing.T) {
	skipShort(t)
	t.Parallel()
	f := newFleet(t)
	f.start()
	operator := f.operator()
	store := f.enroll("kiosk-1")
	d := f.run(store, nil)
	mustPublish(t, operator, shop(16))
	d.becomesGood(16)
	d.end()
	f.addKeys(2, "second", "shop")
	f.addKeys(3, "third", "second")
	eventually(t, "the hub has the keys", func() bool {
		keys, err := operator.Keys(t.Context())
		return err == nil && keys != nil && keys.Number == 3
	})
	mustPublish(t, operator, shop(17, "third"))
	d = f.run(store, nil)
	if d.Runs() != "v16" {
		t.Errorf("%q runs at the start", d.Runs())
	}
	d.becomesGood(17)
	if keys, err := d.device.Store().Keys(); err != nil || keys.Number != 3 {
		t.Errorf("the device trusts %+v, %v", keys, err)
	}
	mustPublish(t, unaware{operator}, shop(18, "shop")) // with a key that is no longer trusted
	eventually(t, "the device refuses the bundle", func() bool {
		states, err := operator.States(t.Context())
		return err == nil && len(states) == 1 && states[0].Wanted != nil && states[0].Wanted.Phase == "refused"
	})
	if !d.isGood(17) {
		t.Errorf("the device runs %+v", d.device.Running())
	}
}

// unaware is the hub for an operator who does not know which keys the devices trust.
type unaware struct{ *nats.Center }

// Keys returns no keys.
func (unaware) Keys(context.Context) (*bundle.KeySet, error) { return nil, nil }
