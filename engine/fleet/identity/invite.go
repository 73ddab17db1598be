package identity

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/jwt/v2"
)

const (
	inviteTime  = 24 * time.Hour      // how long an invitation is valid unless it says otherwise
	maxInvite   = 30 * 24 * time.Hour // the longest that it can say
	keepInvite  = 30 * 24 * time.Hour // how long after that a folder remembers it, to answer clearly
	maxInvites  = 10_000
	maxMoonlark = 100 // bytes of the version of a device
)

// An Invitation says who may join with it.
type Invitation struct {
	Name    string        // of the device; empty if the device chooses its name
	Groups  []string      // of the device, in the order in which their wishes count
	Approve bool          // the device must wait until Folder.Approve is called
	Valid   time.Duration // how long; zero means 24 hours, and 30 days is the most
	Hub     string        // URL of the hub
	CA      string        // SHA-256 of the certificate of the hub's CA in hexadecimal; empty for the CAs of the system
}

// An invitation is what a folder keeps of an Invitation.
type invitation struct {
	Secret  string    `json:"secret"` // its SHA-256
	Name    string    `json:"name,omitempty"`
	Groups  []string  `json:"groups,omitempty"`
	Approve bool      `json:"approve,omitempty"`
	Keys    int64     `json:"keys"` // number of the set of keys
	Expires time.Time `json:"expires"`

	Asked *asked    `json:"asked,omitempty"` // the device that has used the invitation, or waits for approval
	Used  time.Time `json:"used,omitzero"`   // when the device got its JWT; zero if it has none
}

// An asked is the request to join that a device has made with an invitation.
type asked struct {
	Name      string    `json:"name"`
	PublicKey string    `json:"key"`
	Moonlark  string    `json:"moonlark"`
	Time      time.Time `json:"time"`
}

// Invite returns the text of an invitation for one device, for [ParseToken]. The folder keeps only a
// hash of its secret.
func (f *Folder) Invite(i Invitation) (string, error) {
	if i.Valid == 0 {
		i.Valid = inviteTime
	}
	if i.Valid < 0 || i.Valid > maxInvite {
		return "", fmt.Errorf("an invitation cannot be valid for %v: at most for %v", i.Valid, maxInvite)
	}
	if err := errors.Join(checkGroups(i.Groups), checkHub(i.Hub, i.CA)); err != nil {
		return "", err
	}
	unlock, err := f.lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	if err := f.checkFree(i.Name); err != nil {
		return "", err
	}
	sets, err := f.KeySets()
	if err != nil {
		return "", err
	}
	if len(sets) == 0 {
		return "", errors.New("the folder has no keys of bundles yet, which devices must trust: add them first")
	}
	keys := sets[len(sets)-1]
	t := Token{
		Fleet: f.fleet, Hub: i.Hub, CA: i.CA, Account: f.id, Signer: f.roles[Device].public, Keys: fingerprint(keys.Text),
		Name: i.Name, Groups: i.Groups, Expires: time.Now().Add(i.Valid).UTC().Truncate(time.Second), Secret: rand.Text(),
	}
	if t.JWT, err = f.bearer(t.Expires); err != nil {
		return "", err
	}
	line, err := t.encode()
	if err != nil {
		return "", err
	}
	list, err := f.invitations()
	if err != nil {
		return "", err
	}
	if len(list) >= maxInvites {
		return "", fmt.Errorf("there are %d invitations already", len(list))
	}
	list = append(list, invitation{
		Secret: fingerprint([]byte(t.Secret)), Name: i.Name, Groups: i.Groups, Approve: i.Approve, Keys: keys.Number, Expires: t.Expires,
	})
	return line, writeJSON(f.path(invitationsFile), list)
}

// checkFree returns an error if somebody has the name. An empty name is free.
func (f *Folder) checkFree(name string) error {
	if name == "" {
		return nil
	}
	if err := checkMember(name); err != nil {
		return err
	}
	records, err := f.records()
	if err != nil {
		return err
	}
	if r, ok := records[name]; ok && r.Revoked.IsZero() {
		return fmt.Errorf("%s: %w: revoke it first", name, errTaken)
	}
	return nil
}

// bearer returns a JWT with which a device can connect without a key. Its only right is to ask to join.
func (f *Folder) bearer(expires time.Time) (string, error) {
	_, public, err := NewKey() // nobody keeps the seed
	if err != nil {
		return "", err
	}
	claims := jwt.NewUserClaims(public)
	claims.SetScoped(true)
	claims.Name, claims.IssuerAccount, claims.Expires = joinName, f.id, expires.Unix()
	return claims.Encode(f.roles[Joiner].key)
}

// invitations returns the invitations, without those that have expired long ago.
func (f *Folder) invitations() ([]invitation, error) {
	var list []invitation
	if err := readJSON(f.path(invitationsFile), &list); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(i invitation) bool { return time.Since(i.Expires) > keepInvite }), nil
}
