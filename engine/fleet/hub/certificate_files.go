package hub

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"moonlark/engine/durable"
	"moonlark/engine/filelock"
)

// The files in the folder of the certificates.
const (
	keyName         = "ca.key"     // of the authority
	authorityName   = "ca.pem"     // its certificate
	serverName      = "server.pem" // certificate and key of the server
	certificateLock = "ca.lock"
)

// The types of the blocks in these files.
const (
	certificateBlock = "CERTIFICATE"
	keyBlock         = "PRIVATE KEY"
)

// openCertificates reads the folder, and writes what is missing in it or out of date.
func openCertificates(dir string, hosts []string) (*authority, *tls.Certificate, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, err
	}
	unlock, err := filelock.LockWithin(filepath.Join(dir, certificateLock), 5*time.Second) // another process may make the same ones
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", dir, err)
	}
	defer unlock()
	ca, err := openAuthority(dir)
	if err != nil {
		return nil, nil, err
	}
	if pair, err := readServer(dir); err == nil && ca.accepts(pair, hosts) {
		return ca, pair, nil
	}
	pair, content, err := ca.issue(hosts)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", dir, err)
	}
	return ca, pair, durable.Replace(filepath.Join(dir, serverName), content)
}

// openAuthority reads the authority, or makes one if there is none. The key is written first: a process
// that was killed before it wrote the certificate has given it to nobody.
func openAuthority(dir string) (*authority, error) {
	key, err := readKey(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(filepath.Join(dir, authorityName)); err == nil {
			return nil, fmt.Errorf("%s is missing: restore it from a copy, or delete the folder and let all devices join again", filepath.Join(dir, keyName))
		}
		key, err = makeKey(dir)
	}
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, authorityName)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		ca, err := newAuthority(key)
		if err != nil {
			return nil, err
		}
		return ca, durable.Replace(filepath.Join(dir, authorityName), ca.pem())
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(content)
	if block == nil || block.Type != certificateBlock {
		return nil, fmt.Errorf("%s: %w", path, errDamaged)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil || !key.PublicKey.Equal(cert.PublicKey) {
		return nil, fmt.Errorf("%s: %w", path, errDamaged)
	}
	return &authority{cert, key}, nil
}

// readKey reads the key of the authority.
func readKey(dir string) (*ecdsa.PrivateKey, error) {
	path := filepath.Join(dir, keyName)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := decodeKey(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// makeKey makes the key of the authority.
func makeKey(dir string) (*ecdsa.PrivateKey, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	content, err := encodeKey(key)
	if err != nil {
		return nil, err
	}
	return key, durable.Replace(filepath.Join(dir, keyName), content)
}

// readServer reads the certificate and the key of the server.
func readServer(dir string) (*tls.Certificate, error) {
	content, err := os.ReadFile(filepath.Join(dir, serverName))
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(content, content)
	return &pair, err
}

// decodeKey returns the key that encodeKey has encoded.
func decodeKey(content []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(content)
	if block == nil || block.Type != keyBlock {
		return nil, errDamaged
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := any.(*ecdsa.PrivateKey)
	if err != nil || !ok {
		return nil, errDamaged
	}
	return key, nil
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: der}), err
}

func encodeCertificate(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: certificateBlock, Bytes: c.Raw})
}

// pem returns the certificate of the authority in PEM form.
func (a *authority) pem() []byte { return encodeCertificate(a.cert) }

// fingerprint returns the SHA-256 of the certificate of the authority.
func (a *authority) fingerprint() string {
	sum := sha256.Sum256(a.cert.Raw)
	return hex.EncodeToString(sum[:])
}
