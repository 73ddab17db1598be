package nats

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"

	"moonlark/engine/fleet/message"
)

// An authority has signed the certificate of a hub on this machine.
type authority struct {
	certificate *x509.Certificate
	hub         tls.Certificate // with its own certificate and that of the authority
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "shop"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	create := func(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if signer == nil {
			signer = key
		}
		raw, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(raw)
		if err != nil {
			t.Fatal(err)
		}
		return c, key
	}
	ca, caKey := create(template, template, nil)
	leaf, key := create(&x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: template.NotBefore, NotAfter: template.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, ca, caKey)
	return authority{ca, tls.Certificate{Certificate: [][]byte{leaf.Raw, ca.Raw}, PrivateKey: key}}
}

func (a authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// joinToken returns the token of a joiner.
func (h *testHub) joinToken() string {
	u, _ := h.claimsOf("join")
	token, err := u.Encode(h.roles["joiner"])
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

func TestDeviceJoinsWithThePinOfTheHub(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	h := newHub(t)
	h.listen, h.tls = true, &tls.Config{Certificates: []tls.Certificate{a.hub}}
	h.start()
	pin, other := sha256.Sum256(a.certificate.Raw), sha256.Sum256([]byte("x"))
	leaf := sha256.Sum256(a.hub.Certificate[0])
	options := JoinOptions{URL: h.url(), Token: h.joinToken(), Pin: &pin}
	if _, err := Join(soon(t), options, []byte("hello")); err == nil || !strings.Contains(err.Error(), "nobody answers") {
		t.Errorf("without a centre: got %v", err)
	}
	o := h.options(h.creds("admin", "office"))
	o.RootCAs = a.pool()
	c, err := DialCenter(soon(t), o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.ServeJoin(func(request []byte) []byte { return append([]byte("welcome "), request...) })
	if err := c.Layout(soon(t), 0); err != nil { // also waits until the hub has the subscription
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		alter func(*JoinOptions)
		err   string
	}{
		{"pin of the authority", func(*JoinOptions) {}, ""},
		{"pin of the hub", func(o *JoinOptions) { o.Pin = &leaf }, ""},
		{"authorities", func(o *JoinOptions) { o.Pin, o.RootCAs = nil, a.pool() }, ""},
		{"wrong pin", func(o *JoinOptions) { o.Pin = &other }, "does not show the certificate that was promised"},
		{"unknown authority", func(o *JoinOptions) { o.Pin = nil }, "certificate"},
		{"another host", func(o *JoinOptions) { o.URL = strings.Replace(o.URL, "127.0.0.1", "localhost", 1) }, "localhost"},
		{"wrong token", func(o *JoinOptions) { o.Token = newHub(t).joinToken() }, "refuses the credentials"},
		{"no token", func(o *JoinOptions) { o.Token = "" }, "refuses the credentials"},
		{"wrong URL", func(o *JoinOptions) { o.URL = "nats://hub.example.com" }, "use tls://"},
	} {
		o := options
		test.alter(&o)
		reply, err := Join(soon(t), o, []byte("kiosk-07"))
		switch {
		case test.err == "" && (err != nil || string(reply) != "welcome kiosk-07"):
			t.Errorf("%s: got %s, %v", test.name, reply, err)
		case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
			t.Errorf("%s: got %v, want %q", test.name, err, test.err)
		}
	}
	if _, err := Join(soon(t), options, bytes.Repeat([]byte("x"), maxJoin+1)); err == nil || !strings.Contains(err.Error(), "16385 bytes") {
		t.Errorf("a long request: got %v", err)
	}
}

func TestConnectionIsProtected(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	h := newHub(t)
	h.listen, h.tls = true, &tls.Config{Certificates: []tls.Certificate{a.hub}}
	h.start()
	c := func() *Center {
		o := h.options(h.creds("admin", "office"))
		o.RootCAs = a.pool()
		c, err := DialCenter(soon(t), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		if err := c.Layout(soon(t), 0); err != nil {
			t.Fatal(err)
		}
		return c
	}()
	for _, scheme := range []string{"tls", "nats"} { // this hub requires TLS
		o := h.options(h.creds("device", "kiosk-07"))
		o.RootCAs, o.URL = a.pool(), strings.Replace(o.URL, "tls", scheme, 1)
		d, err := DialDevice(o)
		if err != nil {
			t.Fatal(err)
		}
		d.Serve(ping)
		online(t, d)
		works(t, c, d)
		d.Close()
	}
	o := h.options(h.creds("device", "kiosk-07"))
	d, err := DialDevice(o) // with the authorities of the system
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	eventually(t, "the device says why", func() bool { return strings.Contains(d.Link().Reason, "certificate") })
	plain := newHub(t)
	plain.listen = true
	plain.start()
	o = plain.options(plain.creds("device", "kiosk-07"))
	o.URL = strings.Replace(o.URL, "nats", "tls", 1)
	stripped, err := DialDevice(o)
	if err != nil {
		t.Fatal(err)
	}
	defer stripped.Close()
	eventually(t, "the device says why", func() bool { return strings.Contains(stripped.Link().Reason, "the hub has no TLS") })
	if err := stripped.Report(soon(t), message.LogKind, "a-1", nil); err == nil {
		t.Error("a record was sent without TLS")
	}
}

func TestAddressesWithoutProtectionAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"tls://hub.example.com":                    "hub.example.com:4222",
		"tls://hub.example.com:443":                "hub.example.com:443",
		"tls://a:1, tls://[2001:db8::1]:2":         "a:1 [2001:db8::1]:2",
		"nats://localhost":                         "localhost:4222",
		"nats://127.0.0.1:4222/":                   "127.0.0.1:4222",
		"nats://[::1]":                             "[::1]:4222",
		"nats://hub.example.com":                   "nats:// has no TLS",
		"nats://localhost.example.com":             "nats:// has no TLS",
		"tls://hub.example.com,nats://192.168.1.2": "nats:// has no TLS",
		"":                             "not a URL",
		"hub.example.com":              "not a URL",
		"hub.example.com:4222":         "not a URL",
		"ws://localhost":               "not a URL",
		"tls://":                       "not a URL",
		"tls://me:secret@hub":          "password is not allowed",
		"tls://hub/path":               "must end after the port",
		"tls://hub?x=1":                "must end after the port",
		strings.Repeat("tls://a,", 17): "not a URL",
		strings.Repeat("tls://a,", 16) + "tls://a": "17 addresses",
	} {
		hubs, err := parseURL(text)
		var got []string
		for _, h := range hubs {
			got = append(got, h.address)
		}
		if err == nil && strings.Join(got, " ") != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, %v, want %s", text, got, err, want)
		}
	}
}

func TestWrongCredentialsAreClearErrors(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	good := h.creds("device", "kiosk-07")
	other := h.creds("device", "kiosk-08")
	noFleet, key := h.claimsOf("kiosk-07")
	noFleet.Tags = nil
	token, err := noFleet.Encode(h.roles["device"])
	if err != nil {
		t.Fatal(err)
	}
	seed, _ := key.Seed()
	mark := []byte("-----BEGIN USER NKEY SEED-----")
	for name, c := range map[string]struct {
		creds []byte
		err   string
	}{
		"nothing":         {nil, "credentials"},
		"no key":          {good[:bytes.Index(good, mark)], "credentials"},
		"key of another":  {append(bytes.Clone(good[:bytes.Index(good, mark)]), other[bytes.Index(other, mark):]...), "the key is not that of the JWT"},
		"wrong name":      {h.creds("device", "kiosk.*"), `credentials: name: "kiosk.*"`},
		"upper case":      {h.creds("device", "Kiosk"), `credentials: name: "Kiosk"`},
		"wrong group":     {h.creds("device", "kiosk-07", "group:*"), `credentials: group: "*"`},
		"without a fleet": {credsFile(t, token, seed), "no tag such as fleet:NAME"},
		"damaged":         {bytes.ReplaceAll(good, []byte("ey"), []byte("xx")), "credentials"},
	} {
		if _, err := DialDevice(h.options(c.creds)); err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: got %v, want %q", name, err, c.err)
		}
	}
}

// credsFile returns the text of a file of credentials.
func credsFile(t *testing.T, token string, seed []byte) []byte {
	t.Helper()
	text, err := jwt.FormatUserConfig(token, seed)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
