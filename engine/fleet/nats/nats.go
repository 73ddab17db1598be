// Package nats connects devices, workers, hosts and operators with the hub of a fleet, which is a server
// of NATS with JetStream. It is the only package that uses the client library of NATS.
//
// A [Device], a [Worker] and a [Host] need few rights and no state on the hub: they have plain
// subscriptions, and send requests. A [Center] also uses the API of JetStream.
//
// Each of the four has one goroutine that connects, waits until the connection is lost, and connects
// again, for ever: see link. Messages of the hub are handled on goroutines of the client library, which do
// not wait; commands have goroutines of their own. Close ends them all.
package nats

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"
)

// Options say how to connect with the hub.
type Options struct {
	// URL is the address of the hub, such as tls://hub.example.com:4222, or several of them separated by
	// commas. nats:// is a connection without TLS, and only allowed to this machine.
	URL string

	// Creds is the text of a file with credentials: a JWT with the name, the fleet and the groups as tags
	// such as group:kiosk, and the key of the JWT. If a tag such as role:device states a role, it must be one
	// that the Dial function is for.
	Creds []byte

	// RootCAs are the authorities that the certificate of the hub is verified with. Nil means those of the
	// system.
	RootCAs *x509.CertPool

	// Pin is the SHA-256 of the certificate that has signed the certificate of the hub, or of the latter. The hub
	// must show it. Nil means that RootCAs decide.
	Pin *[sha256.Size]byte

	// InProcess makes connections with a hub that runs in this process. If it is not nil, URL is not used.
	InProcess func() (net.Conn, error)

	// Log receives the changes of the connection, and what the hub refuses. Nil means nowhere.
	Log *slog.Logger

	maxPause time.Duration // between attempts to connect, for tests; zero means a minute
}

// hubs returns the addresses of the options.
func (o Options) hubs() ([]hub, error) {
	if o.InProcess != nil {
		return []hub{{address: "127.0.0.1:" + defaultPort}}, nil
	}
	return parseURL(o.URL)
}

// parse returns the addresses and the credentials of the options. The credentials must have one of these
// roles, if any are given.
func (o Options) parse(roles ...string) ([]hub, credentials, error) {
	hubs, err := o.hubs()
	if err != nil {
		return nil, credentials{}, err
	}
	c, err := parseCredentials(o.Creds)
	if err == nil && c.fleet == "" {
		err = errors.New("credentials: the JWT has no tag such as fleet:NAME")
	}
	// The JWT has no role if other programs have made it: then the hub decides.
	if err == nil && c.role != "" && len(roles) > 0 && !slices.Contains(roles, c.role) {
		err = fmt.Errorf("credentials: %s has the role %s; this needs the role %s", c.name, c.role, strings.Join(roles, " or "))
	}
	return hubs, c, err
}
