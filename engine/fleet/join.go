package fleet

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"

	"moonlark/engine/fleet/bundle"
)

// The files of a store that belong to the connection with the hub.
const (
	CredsFile = "device.creds" // the credentials of the device
	keyFile   = "device.nk"    // the key of a device that has not joined yet
	hubFile   = "hub.json"     // a HubAddress
)

// A HubAddress says where the hub of the fleet is.
type HubAddress struct {
	URL string `json:"url"`
	CA  string `json:"ca,omitempty"` // SHA-256 of the certificate of the hub's authority in hexadecimal; empty for the CAs of the system
}

// ReadHub returns the address of the hub of the fleet that the device has joined. The error wraps
// fs.ErrNotExist if it has joined none.
func ReadHub(store string) (hub HubAddress, err error) {
	err = disk{dir: store}.readJSON(hubFile, &hub)
	return hub, err
}

// KeyPath returns the path of the key of a device that is about to join a fleet: see identity.LoadKey. It makes
// the store if it does not exist. Enroll deletes the file.
func KeyPath(store string) (string, error) {
	d := disk{dir: store}
	return d.path(keyFile), d.makeFolders()
}

// An Enrollment is what a device gets when it joins a fleet: see identity.Accept.
type Enrollment struct {
	Creds  []byte // content of CredsFile
	Name   string
	Groups []string
	Keys   []byte // text of the set of keys of bundles: see bundle.KeySet
	Hub    HubAddress
}

// Enroll writes an Enrollment into a store, which it makes if it does not exist. A process that uses the
// store learns of it at its next start. The credentials are written last: a store that has them has the
// rest. Enroll returns an error if the store trusts other keys.
func Enroll(store string, e Enrollment) error { return disk{dir: store}.enroll(e) }

func (d disk) enroll(e Enrollment) error {
	if e.Name == "" || len(e.Creds) == 0 {
		return errors.New("an enrollment needs a name and credentials")
	}
	if err := (Identity{Name: e.Name, Groups: e.Groups}).Check(); err != nil {
		return err
	}
	set, err := bundle.ParseKeySet(e.Keys)
	if err != nil {
		return err
	}
	if err := d.makeFolders(); err != nil {
		return err
	}
	unlock, err := d.lockWithin(installLock, installTimeout)
	if err != nil {
		return err
	}
	defer unlock()
	if err := d.trustSet(set, e.Keys); err != nil {
		return err
	}
	var id Identity
	if err := d.readJSON(deviceFile, &id); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	id.Name, id.Groups = e.Name, e.Groups
	if err := d.replaceJSON(deviceFile, id); err != nil {
		return err
	}
	if err := d.replaceJSON(hubFile, e.Hub); err != nil {
		return err
	}
	if err := d.replace(CredsFile, e.Creds); err != nil {
		return err
	}
	return d.remove(keyFile) // the credentials contain it
}

// trustSet makes the store trust a set of keys with this text. It keeps a newer set of the same fleet,
// and replaces an older one: a device that was away for long joins again with the newest set.
func (d disk) trustSet(set *bundle.KeySet, text []byte) error {
	old, err := d.keys()
	if errors.Is(err, fs.ErrNotExist) {
		return d.replace(keysFile, text)
	}
	if err != nil {
		return err
	}
	oldText, err := old.Encode()
	switch {
	case err != nil:
		return err
	case old.Fleet == set.Fleet && old.Number > set.Number, bytes.Equal(oldText, text):
		return nil
	case old.Fleet != set.Fleet || old.Number == set.Number:
		return fmt.Errorf("the store trusts other keys than the fleet %s: to trust these instead, delete %s", set.Fleet, d.path(keysFile))
	}
	return d.replace(keysFile, text)
}
