package identity

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"

	"moonlark/engine/durable"
)

// Creds are what a file of credentials says. The file is not checked against a folder: the hub does
// that.
type Creds struct {
	Name      string
	Fleet     string
	Role      Role
	Groups    []string // in the order in which their wishes count
	Account   string   // public key of the account of the fleet
	PublicKey string
	Issued    time.Time // by the clock of the machine that has issued them
	Expires   time.Time // zero if never
}

// ReadCreds reads a file of credentials from [Folder.Credentials] or [Accept].
func ReadCreds(path string) (Creds, error) {
	text, err := readFile(path, maxKeyFile)
	if err != nil {
		return Creds{}, err
	}
	c, err := parseCreds(text)
	if err != nil {
		return Creds{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

func parseCreds(text []byte) (Creds, error) {
	token, err := jwt.ParseDecoratedJWT(text)
	if err != nil {
		return Creds{}, errNotCreds
	}
	key, err := jwt.ParseDecoratedUserNKey(text)
	if err != nil {
		return Creds{}, errNotCreds
	}
	c, _, err := parseJWT(token)
	if err != nil {
		return Creds{}, err
	}
	if public, err := key.PublicKey(); err != nil || public != c.PublicKey {
		return Creds{}, errors.New("the key and the JWT do not belong together")
	}
	return c, nil
}

var errNotCreds = errors.New("not a file of credentials, or damaged")

// parseJWT returns what a JWT of a member says, and the public key that has signed it.
func parseJWT(token string) (c Creds, signer string, err error) {
	if len(token) > maxKeyFile {
		return c, "", errNotCreds
	}
	claims, err := jwt.DecodeUserClaims(token)
	if err != nil {
		return c, "", fmt.Errorf("JWT: %w", err)
	}
	c = Creds{Name: claims.Name, Groups: tagged(claims.Tags, groupTag), Account: claims.IssuerAccount, PublicKey: claims.Subject}
	c.Issued = time.Unix(claims.IssuedAt, 0)
	if claims.Expires != 0 {
		c.Expires = time.Unix(claims.Expires, 0)
	}
	fleets, roles := tagged(claims.Tags, fleetTag), tagged(claims.Tags, roleTag)
	if len(fleets) != 1 || len(roles) != 1 {
		return c, "", errors.New("JWT: not one of a fleet of Moonlark")
	}
	c.Fleet, c.Role = fleets[0], Role(roles[0])
	return c, claims.Issuer, errors.Join(CheckName(c.Name), checkGroups(c.Groups), checkRole(c.Role))
}

// keyOf returns the public key of a seed.
func keyOf(seed []byte) (string, error) {
	key, err := nkeys.FromSeed(bytes.TrimSpace(seed))
	if err != nil {
		return "", fmt.Errorf("seed: %w", err)
	}
	return key.PublicKey()
}

// NewKey makes the key of a new device. The seed must not leave the device.
func NewKey() (seed []byte, publicKey string, err error) {
	key, err := nkeys.CreateUser()
	if err != nil {
		return nil, "", err
	}
	if publicKey, err = key.PublicKey(); err != nil {
		return nil, "", err
	}
	seed, err = key.Seed()
	return seed, publicKey, err
}

// LoadKey returns the key of a device from a file, which it makes first if there is none. The seed must
// not leave the device. A device must keep its key before it asks to join: the invitation is for this
// key from then on.
func LoadKey(path string) (seed []byte, publicKey string, err error) {
	seed, err = readFile(path, maxKeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		if seed, publicKey, err = NewKey(); err != nil {
			return nil, "", err
		}
		return seed, publicKey, durable.Replace(path, seed)
	}
	if err != nil {
		return nil, "", err
	}
	if publicKey, err = keyOf(seed); err == nil && !nkeys.IsValidPublicUserKey(publicKey) {
		err = errors.New("not the key of a device")
	}
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", path, err)
	}
	return bytes.TrimSpace(seed), publicKey, nil
}
