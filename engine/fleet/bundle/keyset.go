package bundle

import (
	"fmt"
)

// KeysFormat is the name of the format of key sets, with its number.
const KeysFormat = "moonlark keys 1"

const keysPrefix = `{"format":"` + KeysFormat + `",`

// A KeySet states which keys a fleet trusts. The sets of a fleet are numbered. A device begins with one
// set, and goes to the next with [KeySet.Next] whenever the keys have changed while it was away.
type KeySet struct {
	Format    string   `json:"format"`          // the constant KeysFormat
	Fleet     string   `json:"fleet,omitempty"` // fleet that the keys are for; empty if there is none
	Number    int64    `json:"number"`          // 1 for the first set, then one more for each change
	Threshold int      `json:"threshold"`       // how many of Keys must have signed a text
	Keys      []string `json:"keys"`            // public keys as minisign writes them, beginning with "RW"
}

// ParseKeySet reads the bytes of a key set, without any check of signatures: for the first set of a
// device. As for manifests, there is only one encoding.
func ParseKeySet(text []byte) (*KeySet, error) {
	s := new(KeySet)
	if err := decode(text, keysPrefix, MaxManifest, s); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return s, s.check()
}

// Encode returns the bytes of the set, for signing. It returns an error if the set breaks a rule of the
// format.
func (s *KeySet) Encode() ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return encode(s)
}

// Trusted returns the keys of the set with their threshold.
func (s *KeySet) Trusted() (Keys, error) {
	var public []PublicKey
	for _, text := range s.Keys {
		key, err := ParsePublicKey(text)
		if err != nil {
			return Keys{}, fmt.Errorf("keys: %w", err)
		}
		if key.String() != text {
			return Keys{}, fmt.Errorf("keys: %.80q is not as minisign writes it", text)
		}
		public = append(public, key)
	}
	return NewKeys(s.Threshold, public...)
}

// Next returns the key set in text if it can follow s: it has the next number and the same fleet, and
// its signatures reach the threshold of s and its own. The error is a [*Refusal] if the signatures do
// not suffice.
func (s *KeySet) Next(text []byte, signatures []Signature) (*KeySet, error) {
	old, err := s.Trusted()
	if err != nil {
		return nil, err
	}
	if err := old.Verify(text, signatures); err != nil {
		return nil, fmt.Errorf("keys %d: by the keys %d: %w", s.Number+1, s.Number, err)
	}
	next, err := ParseKeySet(text)
	if err != nil {
		return nil, err
	}
	if next.Number != s.Number+1 || next.Fleet != s.Fleet {
		return nil, fmt.Errorf("keys: number %d of fleet %q does not follow number %d of fleet %q", next.Number, next.Fleet, s.Number, s.Fleet)
	}
	trusted, err := next.Trusted()
	if err != nil {
		return nil, err
	}
	if err := trusted.Verify(text, signatures); err != nil {
		return nil, fmt.Errorf("keys %d: by its own keys: %w", next.Number, err)
	}
	return next, nil
}

// check returns an error if the set breaks a rule of the format.
func (s *KeySet) check() error {
	if s.Format != KeysFormat {
		return fmt.Errorf("keys: format %.80q: only %q is known", s.Format, KeysFormat)
	}
	if s.Number < 1 || s.Number > MaxVersion {
		return fmt.Errorf("keys: number %d: not between 1 and %d", s.Number, int64(MaxVersion))
	}
	if err := CheckName(s.Fleet); s.Fleet != "" && err != nil {
		return fmt.Errorf("keys: fleet: %w", err)
	}
	_, err := s.Trusted()
	return err
}
