package fleet

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/message"
)

// A Store is the store of a Device, for engine/fleet/follow, which puts bundles from the hub into it. Its
// methods can be called from any goroutine while the Device runs.
type Store struct {
	disk   disk
	device *Device
}

// Store returns the store of the Device.
func (d *Device) Store() Store { return Store{disk: d.disk, device: d} }

// Keys returns the keys that the device trusts. The error wraps fs.ErrNotExist if there are none.
func (s Store) Keys() (*bundle.KeySet, error) { return s.disk.keys() }

// AdvanceKeys makes the device trust the key set in text, if it can follow the set that the device
// trusts now: see bundle.KeySet.Next.
func (s Store) AdvanceKeys(text, signatures []byte) error {
	signed, err := bundle.ParseSignatures(signatures)
	if err != nil {
		return err
	}
	unlock, err := s.disk.lockWithin(installLock, installTimeout)
	if err != nil {
		return err
	}
	defer unlock()
	keys, err := s.disk.keys()
	if err != nil {
		return err
	}
	if _, err := keys.Next(text, signed); err != nil {
		return err
	}
	return s.disk.replace(keysFile, text)
}

// Identify records the name and the groups of the device.
func (s Store) Identify(name string, groups []string) error {
	if err := (Identity{Name: name, Groups: groups}).Check(); err != nil {
		return err
	}
	unlock, err := s.disk.lockWithin(installLock, installTimeout)
	if err != nil {
		return err
	}
	defer unlock()
	var id Identity
	if err := s.disk.readJSON(deviceFile, &id); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if id.Name == name && slices.Equal(id.Groups, groups) {
		return nil
	}
	return s.disk.replaceJSON(deviceFile, Identity{Name: name, Groups: groups, Channel: id.Channel})
}

// A Standing is what a device does with a bundle.
type Standing struct {
	// Phase is a phase of message.Wanted, or "" if the device may use the bundle and does not do so yet.
	Phase string
	Why   string // why Phase is Waiting, Back or Refused; may be empty if it is Waiting
	Order Order  // of the request, if Phase is Waiting
}

// Consider returns what the device does with a bundle, whose signatures Consider verifies. The error
// says why the store cannot be read.
func (s Store) Consider(b *bundle.Bundle) (Standing, error) {
	st, r, err := s.read()
	if err != nil {
		return Standing{}, err
	}
	if f, failed := st.Failed[b.Digest]; failed {
		return Standing{Phase: f.Phase, Why: f.Why}, nil
	}
	if phase, err := s.inUse(b.Digest, st); phase != "" || err != nil {
		return Standing{Phase: phase}, err
	}
	keys, err := s.disk.keys()
	if err != nil {
		return Standing{}, err
	}
	trusted, err := keys.Trusted()
	if err != nil {
		return Standing{}, err
	}
	device, err := s.disk.device(keys, s.device.opts.Moonlark)
	if err != nil {
		return Standing{}, err
	}
	if err = b.Verify(trusted); err == nil && b.Digest != st.Current {
		err = bundle.Acceptable(b, device, st.seen(), time.Now())
	}
	if err != nil {
		return Standing{Phase: message.Refused, Why: err.Error()}, nil
	}
	if r.Digest == b.Digest {
		return Standing{Phase: message.Waiting, Why: s.device.Health().Waiting, Order: r.Order}, nil
	}
	return Standing{}, nil
}

// inUse returns Trial or Good if the bundle runs, or is undamaged and will run soon.
func (s Store) inUse(digest string, st state) (phase string, err error) {
	if r := s.device.Running(); r.Digest == digest {
		return r.Phase, nil
	}
	if digest != st.Current {
		return "", nil
	}
	if _, err := s.disk.check(digest); isTransient(err) {
		return "", err
	} else if err != nil {
		return "", nil // it is damaged, and can be fetched again
	}
	if st.Trial != nil {
		return message.Trial, nil
	}
	return message.Good, nil
}

// read returns the state of the Device, and the request that the Device has not handled yet; the zero
// request if there is none. The error says that one of the two cannot be read now.
func (s Store) read() (st state, r request, err error) {
	// The Device writes the state before it deletes the request, so the request must be read first.
	none := s.disk.readJSON(nextFile, &r)
	if isUnreadable(none) {
		return st, r, none
	}
	st, _, err = s.disk.readState() // the Device reports the damage
	if none != nil || r.ID == st.Request {
		r = request{}
	}
	return st, r, err
}

// Waiting returns the digest of the bundle that waits to run, or "". The error says why the store cannot be
// read.
func (s Store) Waiting() (digest string, err error) {
	_, r, err := s.read()
	return r.Digest, err
}

// Withdraw makes the Device forget the bundle that waits, if the fleet has wanted it.
func (s Store) Withdraw() error {
	_, r, err := s.read()
	if err == nil && r.Fleet {
		err = s.disk.removeRequest(r.ID, installTimeout)
	}
	return err
}

// ErrDamaged is the error of Done when the list is damaged for ever.
var ErrDamaged = errors.New("the list is damaged")

// Done returns the IDs of the commands that have been begun, with the times when the commands expire. If the
// error does not wrap ErrDamaged, the list may be read later.
func (s Store) Done() (ids map[string]time.Time, err error) {
	err = s.disk.readJSON(doneFile, &ids)
	switch {
	case err == nil, isUnreadable(err):
		return ids, err
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	}
	damaged := s.disk.path(doneFile + ".damaged") // for people
	os.Remove(damaged)
	os.Link(s.disk.path(doneFile), damaged) // SetDone replaces the original
	return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
}

// SetDone replaces what Done returns. It returns when that is on the disk.
func (s Store) SetDone(ids map[string]time.Time) error {
	unlock, err := s.disk.lockWithin(installLock, installTimeout) // clean deletes temporary files
	if err != nil {
		return err
	}
	defer unlock()
	return s.disk.replaceJSON(doneFile, ids)
}
