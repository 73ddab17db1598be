package bundle

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"

	"aead.dev/minisign"
)

// A PublicKey checks signatures. It is a key of minisign.
type PublicKey = minisign.PublicKey

// A Signature is a signature in minisign's format. Its trusted comment is signed too.
type Signature = minisign.Signature

// MaxKeys is how many keys can be trusted at once.
const MaxKeys = 16

// maxSignature is how long the text of one signature can be.
const maxSignature = 1 << 10

// Keys are the public keys that a device trusts. The zero Keys trust nothing.
type Keys struct {
	public    []PublicKey // different keys
	threshold int         // how many of them must have signed; at least 1 unless public is empty
}

// NewKeys returns keys of which at least threshold must have signed. It returns an error if there are
// fewer keys than that, or if one is given twice.
func NewKeys(threshold int, public ...PublicKey) (Keys, error) {
	switch {
	case len(public) > MaxKeys:
		return Keys{}, fmt.Errorf("keys: %d are more than the %d allowed", len(public), MaxKeys)
	case threshold < 1 || threshold > len(public):
		return Keys{}, fmt.Errorf("keys: a threshold of %d does not fit %d keys", threshold, len(public))
	}
	for i, key := range public {
		for _, other := range public[:i] {
			// A key's ID is not part of the key: one key with two IDs must not count twice.
			if key.ID() == other.ID() || bytes.Equal(material(key), material(other)) {
				return Keys{}, fmt.Errorf("keys: %s is given twice", KeyID(key.ID()))
			}
		}
	}
	return Keys{public: public, threshold: threshold}, nil
}

// Signers returns the keys whose signature of text is among signatures. Each key is returned once.
func (k Keys) Signers(text []byte, signatures []Signature) []PublicKey {
	var signers []PublicKey
	for _, key := range k.public {
		for _, s := range signatures {
			signature, err := s.MarshalText()
			if err == nil && s.KeyID == key.ID() && minisign.Verify(key, text, signature) {
				signers = append(signers, key)
				break
			}
		}
	}
	return signers
}

// Verify returns a [*Refusal] unless at least the threshold of keys have signed text.
func (k Keys) Verify(text []byte, signatures []Signature) error {
	if len(k.public) == 0 {
		return refuse(BadSignature, "no key is trusted")
	}
	if len(signatures) == 0 {
		return refuse(BadSignature, "not signed")
	}
	switch n := len(k.Signers(text, signatures)); {
	case n >= k.threshold:
		return nil
	case n > 0:
		return refuse(BadSignature, "signed by %d of the %d trusted keys that are needed", n, k.threshold)
	}
	var ids []string
	for _, s := range signatures {
		ids = append(ids, KeyID(s.KeyID))
	}
	return refuse(BadSignature, "not signed by a trusted key, or changed since: the signatures name %s", strings.Join(ids, ", "))
}

// KeyID returns the ID of a key as minisign writes it.
func KeyID(id uint64) string { return fmt.Sprintf("%016X", id) }

// ReadPublicKey reads a file that minisign or moonlark bundle keygen has made.
func ReadPublicKey(path string) (PublicKey, error) {
	text, err := readLimited(path, 4<<10)
	if err != nil {
		return PublicKey{}, err
	}
	key, err := ParsePublicKey(string(text))
	if err != nil {
		return PublicKey{}, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// ParsePublicKey reads the text of a public key file, or only its second line, which begins with "RW".
func ParsePublicKey(text string) (PublicKey, error) {
	var key PublicKey
	text = strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n")
	if strings.Contains(text, "secret key\n") {
		return key, errors.New("this is a secret key: the public key is in the file that ends with .pub")
	}
	if err := key.UnmarshalText([]byte(text)); err != nil {
		return key, errors.New("not a public key of minisign")
	}
	return key, nil
}

// material returns the 32 bytes of a key, without its ID.
func material(key PublicKey) []byte {
	b, _ := base64.StdEncoding.DecodeString(key.String()) // which String has encoded
	return b[len(b)-32:]
}

// ParseSignatures reads the texts of signatures, one after the other, as minisign writes them.
func ParseSignatures(text []byte) ([]Signature, error) {
	var signatures []Signature
	lines := strings.SplitAfter(string(text), "\n")
	lines = lines[:len(lines)-1] // what follows the last newline
	if len(text) > maxSignatures*maxSignature || len(lines)%4 != 0 || len(text) > 0 && text[len(text)-1] != '\n' {
		return nil, errors.New("signatures: not in minisign's format, or too many")
	}
	for ; len(lines) > 0; lines = lines[4:] {
		var s Signature
		one := strings.Join(lines[:4], "")
		if err := s.UnmarshalText([]byte(one)); err != nil || len(one) > maxSignature {
			return nil, errors.New("signatures: not in minisign's format")
		}
		if signatures = append(signatures, s); len(signatures) > maxSignatures {
			return nil, fmt.Errorf("signatures: more than the %d allowed", maxSignatures)
		}
	}
	return signatures, nil
}

// ReadSignature reads a file with one signature, such as minisign makes beside the file that it signs.
func ReadSignature(path string) (Signature, error) {
	text, err := readLimited(path, maxSignature)
	if err != nil {
		return Signature{}, err
	}
	signatures, err := ParseSignatures(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
	if err != nil {
		return Signature{}, fmt.Errorf("%s: %w", path, err)
	}
	if len(signatures) != 1 {
		return Signature{}, fmt.Errorf("%s: %d signatures instead of one", path, len(signatures))
	}
	return signatures[0], nil
}

// EncodeSignatures returns the text of signatures, for [ParseSignatures].
func EncodeSignatures(signatures []Signature) []byte {
	var text []byte
	for _, s := range signatures {
		text = append(text, s.String()...)
	}
	return text
}

// readLimited returns the content of a file. It returns an error if the file has more than max bytes.
func readLimited(path string, max int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > max {
		return nil, fmt.Errorf("%s: not a file, or larger than %d bytes", path, max)
	}
	return os.ReadFile(path)
}
