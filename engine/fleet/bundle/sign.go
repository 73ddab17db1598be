package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"aead.dev/minisign"
)

// A PrivateKey makes signatures. It is a key of minisign.
type PrivateKey = minisign.PrivateKey

// GenerateKey makes a new key. It returns the texts of its two files, as minisign writes them. The text
// of the secret key is encrypted with the password unless that is empty. Encrypting takes about a
// second, and 1 GB of memory, so that passwords cannot be guessed fast.
func GenerateKey(password string) (public PublicKey, secretFile, publicFile []byte, err error) {
	public, private, err := minisign.GenerateKey(nil)
	if err != nil {
		return public, nil, nil, err
	}
	if password == "" {
		secretFile, err = private.MarshalText()
	} else {
		secretFile, err = minisign.EncryptKey(password, private)
	}
	if err != nil {
		return public, nil, nil, err
	}
	publicFile, err = public.MarshalText()
	return public, append(secretFile, '\n'), append(publicFile, '\n'), err
}

// ReadPrivateKey reads the file of a secret key that minisign or moonlark bundle keygen has made. It
// calls password if the key is encrypted. Decrypting takes as long and as much memory as
// [GenerateKey].
func ReadPrivateKey(path string, password func() (string, error)) (PrivateKey, error) {
	var key PrivateKey
	text, err := readLimited(path, 4<<10)
	if err != nil {
		return key, err
	}
	text = bytes.ReplaceAll(bytes.TrimSpace(text), []byte("\r\n"), []byte("\n"))
	if !minisign.IsEncrypted(text) {
		if err := key.UnmarshalText(text); err != nil {
			return key, fmt.Errorf("%s: not a secret key of minisign", path)
		}
		return key, nil
	}
	given, err := password()
	if err != nil {
		return key, err
	}
	if key, err = minisign.DecryptKey(given, text); err != nil {
		return key, fmt.Errorf("%s: %w", path, errPassword)
	}
	return key, nil
}

var errPassword = errors.New("the password is wrong, or the file is damaged")

// Sign returns a signature of text, as minisign -S makes it. The comment is signed too; the time and
// the comment are for people, and must not contain line ends.
func Sign(key PrivateKey, text []byte, comment string, now time.Time) (Signature, error) {
	var s Signature
	r := minisign.NewReader(bytes.NewReader(text))
	if _, err := bytes.NewBuffer(nil).ReadFrom(r); err != nil {
		return s, err
	}
	trusted := fmt.Sprintf("timestamp:%d\t%s\thashed", now.Unix(), comment)
	err := s.UnmarshalText(r.SignWithComments(key, trusted, "signature from minisign secret key"))
	return s, err
}
