package fleet

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"

	"moonlark/engine/fleet/bundle"
)

// CredsFile is the name of the file in a store that contains the credentials of the device.
const CredsFile = "device.creds"

// An Enrollment is what a device gets when it joins a fleet: see identity.Accept.
type Enrollment struct {
	Creds  []byte // content of CredsFile
	Name   string
	Groups []string
	Keys   []byte // text of the set of keys of bundles: see bundle.KeySet
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
	return d.replace(CredsFile, e.Creds)
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
