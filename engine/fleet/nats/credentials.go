package nats

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"moonlark/engine/fleet/bundle"
)

// credentials are those of a creds file: a JWT that the fleet has signed, and the key that belongs to it.
type credentials struct {
	token  string // the JWT
	seed   []byte // the secret key
	public string // the public key

	name   string // of the device, the worker or the operator
	fleet  string
	role   string   // empty if the JWT does not state one
	groups []string // in the order of their tags
}

// parseCredentials reads the text of a creds file. It does not verify who has signed the JWT: the hub does.
func parseCredentials(text []byte) (credentials, error) {
	token, err := nkeys.ParseDecoratedJWT(text)
	if err != nil {
		return credentials{}, fmt.Errorf("credentials: %w", err)
	}
	key, err := nkeys.ParseDecoratedUserNKey(text)
	if err != nil {
		return credentials{}, fmt.Errorf("credentials: %w", err)
	}
	claims, err := jwt.DecodeUserClaims(token)
	if err != nil {
		return credentials{}, fmt.Errorf("credentials: %w", err)
	}
	c := credentials{token: token, name: claims.Name}
	if c.public, err = key.PublicKey(); err != nil || c.public != claims.Subject {
		return credentials{}, errors.New("credentials: the key is not that of the JWT")
	}
	if c.seed, err = key.Seed(); err != nil {
		return credentials{}, fmt.Errorf("credentials: %w", err)
	}
	if err := bundle.CheckName(c.name); err != nil {
		return credentials{}, fmt.Errorf("credentials: name: %w", err)
	}
	for _, tag := range claims.Tags {
		kind, value, _ := strings.Cut(tag, ":")
		if kind != "group" && kind != "fleet" && kind != "role" {
			continue
		}
		if err := bundle.CheckName(value); err != nil {
			return credentials{}, fmt.Errorf("credentials: %s: %w", kind, err)
		}
		switch kind {
		case "fleet":
			c.fleet = value
		case "role":
			c.role = value
		case "group":
			c.groups = append(c.groups, value)
		}
	}
	return c, nil
}

// logins returns the ways to use the credentials: hubs that know the account of the fleet want the JWT, and
// those that have a file with the keys of all members want the key.
func (c credentials) logins() []nats.Option {
	sign := func(nonce []byte) ([]byte, error) {
		key, err := nkeys.FromSeed(c.seed)
		if err != nil {
			return nil, err
		}
		return key.Sign(nonce)
	}
	return []nats.Option{nats.UserJWTAndSeed(c.token, string(c.seed)), nats.Nkey(c.public, sign)}
}
