package hub

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"moonlark/engine/durable"
)

const (
	authorityYears = 20
	firstYear      = 2026 // an earlier clock is not set
	serverTime     = 365 * 24 * time.Hour
	// renewTime is how long before its end a certificate of the server is renewed.
	renewTime = serverTime / 3
	maxHosts  = 100
	day       = "2 January 2006" // as people read it
)

// A Certified is the certificate authority of a hub and what the hub needs to prove who it is.
type Certified struct {
	CA          []byte      // certificate of the authority, which clients must trust, in PEM form
	Fingerprint string      // SHA-256 of that certificate in DER form, in hexadecimal
	Server      *tls.Config // for Options.TLS
}

// Certificate returns a certificate for the names and IP addresses by which clients reach the hub. The
// folder keeps the authority, which is made once and lasts 20 years: its key, the file ca.key, must stay
// secret. The certificate of the server, which the authority signs, lasts a year. It is renewed four
// months before its end, at the next start or connection, and when the hosts change.
//
// In each connection, the hub also sends the certificate of the authority: a client that only knows its
// fingerprint can check it.
//
// The certificates are also valid for clocks that are slow, back to the time when the authority was made.
func Certificate(dir string, hosts ...string) (*Certified, error) {
	if err := checkHosts(hosts); err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	ca, pair, err := openCertificates(dir, hosts)
	if err != nil {
		return nil, err
	}
	k := &keeper{dir: dir, hosts: hosts, ca: ca, pair: pair}
	return &Certified{
		CA: ca.pem(), Fingerprint: ca.fingerprint(),
		Server: &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: k.certificate},
	}, nil
}

// checkHosts returns an error if a certificate cannot have these hosts.
func checkHosts(hosts []string) error {
	if len(hosts) == 0 || len(hosts) > maxHosts {
		return fmt.Errorf("%d names and addresses: between 1 and %d are allowed", len(hosts), maxHosts)
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
			return fmt.Errorf("%s stands for all addresses of this machine: name those by which clients reach it", host)
		} else if ip == nil && !isName(host) {
			return fmt.Errorf("%.100q is neither a name nor an IP address", host)
		}
	}
	return nil
}

// isName reports whether host is a name that DNS allows.
func isName(host string) bool {
	if len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		valid := len(label) > 0 && len(label) < 64 && label[0] != '-' && label[len(label)-1] != '-'
		for _, c := range label {
			valid = valid && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-')
		}
		if !valid {
			return false
		}
	}
	return true
}

// A keeper renews the certificate of a server while the server runs.
type keeper struct {
	dir   string     // fixed
	hosts []string   // fixed
	ca    *authority // fixed

	mu   sync.Mutex // guards pair
	pair *tls.Certificate
}

// certificate is called at the beginning of each connection.
func (k *keeper) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !isFresh(k.pair.Leaf) {
		pair, content, err := k.ca.issue(k.hosts)
		if err != nil {
			return nil, err
		}
		k.pair = pair
		durable.Replace(filepath.Join(k.dir, serverName), content) // without it, the next start makes another one
	}
	return k.pair, nil
}

// isFresh reports whether the certificate need not be renewed.
func isFresh(c *x509.Certificate) bool { return time.Now().Before(c.NotAfter.Add(-renewTime)) }

// An authority signs the certificates of the server.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newAuthority returns an authority for a key.
func newAuthority(key *ecdsa.PrivateKey) (*authority, error) {
	now := time.Now()
	if now.Year() < firstYear {
		return nil, fmt.Errorf("the clock of this machine is not set: it says %s", now.Format(day))
	}
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "Moonlark hub authority"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(authorityYears, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	}
	cert, err := sign(template, template, key, key)
	return &authority{cert, key}, err
}

// issue returns a certificate for these hosts with a new key, and both as the content of a file.
func (a *authority) issue(hosts []string) (*tls.Certificate, []byte, error) {
	now := time.Now()
	if now.Before(a.cert.NotBefore) || now.After(a.cert.NotAfter) {
		return nil, nil, fmt.Errorf("the clock of this machine says %s, but the authority of the hub is valid from %s to %s: set the clock",
			now.Format(day), a.cert.NotBefore.Format(day), a.cert.NotAfter.Format(day))
	}
	key, err := newKey()
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "Moonlark hub"},
		NotBefore: a.cert.NotBefore, NotAfter: now.Add(serverTime),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if template.NotAfter.After(a.cert.NotAfter) {
		template.NotAfter = a.cert.NotAfter
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	cert, err := sign(template, a.cert, key, a.key)
	if err != nil {
		return nil, nil, err
	}
	content, err := encodeKey(key)
	if err != nil {
		return nil, nil, err
	}
	pair := &tls.Certificate{Certificate: [][]byte{cert.Raw, a.cert.Raw}, PrivateKey: key, Leaf: cert}
	return pair, slices.Concat(encodeCertificate(cert), a.pem(), content), nil
}

// accepts reports whether the pair can be used for these hosts.
func (a *authority) accepts(pair *tls.Certificate, hosts []string) bool {
	names := slices.Clone(pair.Leaf.DNSNames)
	for _, ip := range pair.Leaf.IPAddresses {
		names = append(names, ip.String())
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			host = ip.String()
		}
		if !slices.Contains(names, host) {
			return false
		}
	}
	return len(names) == len(hosts) && isFresh(pair.Leaf) && len(pair.Certificate) == 2 && bytes.Equal(pair.Certificate[1], a.cert.Raw) &&
		pair.Leaf.CheckSignatureFrom(a.cert) == nil
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// sign returns a certificate for a key, with a random serial number.
func sign(template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// errDamaged is the error for a file whose content is not what it should be.
var errDamaged = errors.New("the file is damaged: restore it from a copy, or delete the folder and let all devices join again")
