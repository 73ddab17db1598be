package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"moonlark/engine/durable"
	"moonlark/engine/fleet/bundle"
)

// A KeySet is a set of keys of bundles that the fleet trusts, as devices get it. See bundle.KeySet.
type KeySet struct {
	Number     int64
	Text       []byte // the exact bytes that are signed
	Signatures []byte // as bundle.ParseSignatures reads them; may be empty for number 1
}

// fingerprint returns the SHA-256 of a text in hexadecimal.
func fingerprint(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func keySetFile(number int64) string     { return fmt.Sprintf("keys.%d", number) }
func signaturesFile(number int64) string { return keySetFile(number) + ".minisig" }

// AddKeySet adds a set of keys that sign the bundles of the fleet. The first has number 1, and needs no
// signatures. Each following one must be signed as bundle.KeySet.Next requires. Adding the newest set
// again does nothing.
func (f *Folder) AddKeySet(text, signatures []byte) error {
	unlock, err := f.lock()
	if err != nil {
		return err
	}
	defer unlock()
	sets, err := f.KeySets()
	if err != nil {
		return err
	}
	signed, err := bundle.ParseSignatures(signatures)
	if err != nil {
		return err
	}
	next, err := bundle.ParseKeySet(text)
	if err != nil {
		return err
	}
	if len(sets) == 0 {
		if next.Number != 1 || next.Fleet != f.fleet {
			return fmt.Errorf("keys: number %d of fleet %q: the first set must have number 1 and the fleet %q", next.Number, next.Fleet, f.fleet)
		}
	} else if newest := sets[len(sets)-1]; string(newest.Text) == string(text) {
		return nil
	} else {
		current, err := bundle.ParseKeySet(newest.Text)
		if err != nil {
			return err
		}
		if _, err := current.Next(text, signed); err != nil {
			return err
		}
	}
	// the set counts as soon as its own file is there
	if err := durable.Replace(f.path(signaturesFile(next.Number)), signatures); err != nil {
		return err
	}
	return durable.Replace(f.path(keySetFile(next.Number)), text)
}

// KeySets returns the sets of keys of the fleet, from number 1 to the newest. All of them belong on the
// hub: a device that was away goes from one to the next.
func (f *Folder) KeySets() ([]KeySet, error) {
	var sets []KeySet
	for n := int64(1); ; n++ {
		s, err := f.keySet(n)
		if errors.Is(err, fs.ErrNotExist) {
			return sets, nil
		}
		if err != nil {
			return nil, err
		}
		sets = append(sets, s)
	}
}

// keySet returns the set of keys with this number. The error wraps fs.ErrNotExist if there is none.
func (f *Folder) keySet(n int64) (KeySet, error) {
	s := KeySet{Number: n}
	var err error
	if s.Text, err = readFile(f.path(keySetFile(n)), maxKeyFile); err != nil {
		return s, err
	}
	if set, err := bundle.ParseKeySet(s.Text); err != nil || set.Number != n || set.Fleet != f.fleet {
		return s, fmt.Errorf("%s is damaged, or is not number %d of the fleet %s", f.path(keySetFile(n)), n, f.fleet)
	}
	if s.Signatures, err = readFile(f.path(signaturesFile(n)), maxKeyFile); err != nil {
		return s, fmt.Errorf("%s: %v", f.path(signaturesFile(n)), err) // not a missing set
	}
	if _, err := bundle.ParseSignatures(s.Signatures); err != nil {
		return s, fmt.Errorf("%s is damaged: %w", f.path(signaturesFile(n)), err)
	}
	return s, nil
}
