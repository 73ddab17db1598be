package nats

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"moonlark/engine/loopback"
)

const (
	dialTimeout = 15 * time.Second // for a TCP connection, the greeting of the hub and TLS
	defaultPort = "4222"
	maxHubs     = 16
)

// A hub is one address of the hub.
type hub struct {
	address string // host and port
	secure  bool   // TLS is required
}

// parseURL returns the addresses of a URL such as tls://hub.example.com:4222, or of several that are
// separated by commas. It returns an error if the connection would not be protected: a hub without TLS
// can only be on this machine.
func parseURL(text string) ([]hub, error) {
	var hubs []hub
	for part := range strings.SplitSeq(text, ",") {
		h, err := parseOne(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("hub %.200q: %w", part, err)
		}
		hubs = append(hubs, h)
	}
	if len(hubs) > maxHubs {
		return nil, fmt.Errorf("%d addresses of the hub are more than the %d allowed", len(hubs), maxHubs)
	}
	return hubs, nil
}

func parseOne(text string) (hub, error) {
	u, err := url.Parse(text)
	if err != nil {
		return hub{}, errors.New("not a URL such as tls://hub.example.com:4222")
	}
	switch {
	case u.Scheme != "tls" && u.Scheme != "nats", u.Hostname() == "":
		return hub{}, errors.New("not a URL such as tls://hub.example.com:4222")
	case u.User != nil:
		return hub{}, errors.New("a URL with a password is not allowed: the credentials are in a file")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return hub{}, errors.New("the URL must end after the port")
	case u.Scheme == "nats" && !loopback.Host(u.Hostname()):
		return hub{}, errors.New("nats:// has no TLS and is only allowed to this machine: use tls://")
	}
	port := u.Port()
	if port == "" {
		port = defaultPort
	}
	return hub{address: net.JoinHostPort(u.Hostname(), port), secure: u.Scheme == "tls"}, nil
}

// A dialer makes the network connection of one attempt to connect. The client library would do it with
// fewer limits: it waits for name servers without a timeout, and cannot be interrupted.
type dialer struct {
	ctx       context.Context // ends the attempt, and the connection that it has made
	hubs      []hub
	roots     *x509.CertPool           // nil: those of the system
	pin       *[sha256.Size]byte       // if not nil, the SHA-256 of the certificate that must have signed that of the hub
	inProcess func() (net.Conn, error) // if not nil, it makes the connections

	err error // of the last call of Dial; nil if it was successful
}

// SkipTLSHandshake tells the client library that Dial returns a connection that has TLS if it needs it.
func (d *dialer) SkipTLSHandshake() bool { return true }

// Dial connects with the hub at this address. The library calls it on the goroutine of the link.
func (d *dialer) Dial(_, address string) (net.Conn, error) {
	conn, err := d.dial(address)
	if d.err = err; err != nil {
		return nil, err
	}
	return conn, nil
}

func (d *dialer) dial(address string) (*guard, error) {
	ctx, cancel := context.WithTimeout(d.ctx, dialTimeout)
	defer cancel()
	raw, err := d.open(ctx, address)
	if err != nil {
		return nil, err
	}
	release := context.AfterFunc(d.ctx, func() { _ = raw.Close() })
	deadline, _ := ctx.Deadline()
	_ = raw.SetDeadline(deadline)
	conn, greeting, err := d.secure(ctx, raw, address)
	if err != nil {
		release()
		_ = raw.Close()
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	_ = raw.SetDeadline(time.Time{})
	return &guard{Conn: conn, ahead: greeting, release: release}, nil
}

func (d *dialer) open(ctx context.Context, address string) (net.Conn, error) {
	if d.inProcess != nil {
		return d.inProcess()
	}
	var n net.Dialer
	return n.DialContext(ctx, "tcp", address)
}

// secure reads the greeting of the hub, and adds TLS to the connection if the URL or the greeting
// requires it. A server of NATS sends its greeting before TLS begins.
func (d *dialer) secure(ctx context.Context, raw net.Conn, address string) (conn net.Conn, greeting []byte, err error) {
	if greeting, err = readGreeting(raw); err != nil {
		return nil, nil, err
	}
	var info struct {
		Required  bool `json:"tls_required"`
		Available bool `json:"tls_available"`
	}
	text, isInfo := strings.CutPrefix(string(greeting), "INFO ")
	if !isInfo || json.Unmarshal([]byte(text), &info) != nil {
		return nil, nil, errors.New("this is not a server of NATS")
	}
	required := !slices.Contains(d.hubs, hub{address: address}) // also if the library names an address in another way
	switch {
	case d.inProcess != nil, !required && !info.Required:
		return raw, greeting, nil
	case !info.Required && !info.Available:
		return nil, nil, errors.New("the hub has no TLS")
	}
	secured := tls.Client(raw, d.config(address))
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, nil, err
	}
	return secured, greeting, nil
}

// readGreeting reads the first line byte by byte, because the bytes after it belong to TLS.
func readGreeting(conn net.Conn) ([]byte, error) {
	line := make([]byte, 0, 1024)
	for b := [1]byte{}; len(line) == 0 || line[len(line)-1] != '\n'; {
		if _, err := conn.Read(b[:]); err != nil {
			return nil, fmt.Errorf("no greeting: %w", err)
		}
		if line = append(line, b[0]); len(line) > maxLine {
			return nil, errors.New("the greeting is too long")
		}
	}
	return line, nil
}

func (d *dialer) config(address string) *tls.Config {
	host, _, _ := net.SplitHostPort(address)
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: d.roots, ServerName: host}
	if d.pin != nil {
		config.InsecureSkipVerify = true // VerifyConnection does it
		config.VerifyConnection = func(s tls.ConnectionState) error {
			return verifyPinned(s.PeerCertificates, *d.pin, host)
		}
	}
	return config
}

// verifyPinned returns an error unless the first certificate is for the host, and is signed by, or is, the
// certificate of the list with this SHA-256.
func verifyPinned(certificates []*x509.Certificate, pin [sha256.Size]byte, host string) error {
	roots, others := x509.NewCertPool(), x509.NewCertPool()
	found := false
	for _, c := range certificates {
		if sha256.Sum256(c.Raw) == pin {
			roots.AddCert(c)
			found = true
		} else {
			others.AddCert(c)
		}
	}
	if !found {
		return errors.New("the hub does not show the certificate that was promised: either it is another hub, or its file of certificates lacks that of the authority")
	}
	_, err := certificates[0].Verify(x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: others})
	return err
}
