package httpserve_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlark/luastd/luastdtest"
)

// writeCertificate writes cert.pem and key.pem for 127.0.0.1 into folder.
func writeCertificate(t *testing.T, folder, name string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certText := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	for file, text := range map[string][]byte{"cert.pem": certText, "key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})} {
		if err := os.WriteFile(filepath.Join(folder, file), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certText)
	return pool
}

// getTLS sends a request over a new connection, and returns the body and the version of HTTP.
func getTLS(t *testing.T, url string, pool *x509.CertPool) (string, string) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	r, err := (&http.Client{Transport: transport, Timeout: time.Minute}).Post(url, "text/plain", strings.NewReader("hello"))
	if err != nil {
		return err.Error(), ""
	}
	defer r.Body.Close()
	body, _ := io.ReadAll(r.Body)
	return string(body), r.Proto
}

func TestTLS(t *testing.T) {
	source := `s = http.serve{port = 0, tls = {cert = "cert.pem", key = "key.pem"}} if s then s:post("/", function(req) return req.body end) end`
	s := luastdtest.Open(t, luastdtest.Options{Permissions: listenGrants()})
	if got := s.Run(`return http.serve{port = 0, tls = {cert = "cert.pem", key = "key.pem"}}`); got != "nil, not_found: cert.pem does not exist, not_found" {
		t.Errorf("without files: got %s", got)
	}
	if err := os.MkdirAll(s.DataFolder, 0o700); err != nil {
		t.Fatal(err)
	}
	first := writeCertificate(t, s.DataFolder, "first")
	s.ReloadWith(source)
	url := urlOf(t, s)
	if !strings.HasPrefix(url, "https://127.0.0.1:") {
		t.Errorf("the URL is %s", url)
	}
	if body, proto := getTLS(t, url, first); body != "hello" || proto != "HTTP/2.0" {
		t.Errorf("got %s, %s", body, proto)
	}
	if got := sendRaw(t, "http"+strings.TrimPrefix(url, "https"), "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.0 400 ") {
		t.Errorf("HTTP at the port of HTTPS: got %q", got)
	}
	// A new certificate is used after the script has been loaded again, and the port stays open.
	second := writeCertificate(t, s.DataFolder, "second")
	s.ReloadWith(source)
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if body, _ := getTLS(t, url, second); body == "hello" {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the new certificate is not used")
		}
	}
	if err := os.WriteFile(filepath.Join(s.DataFolder, "key.pem"), []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := s.Run(`return http.serve{port = 0, tls = {cert = "cert.pem", key = "key.pem"}}`); !strings.HasPrefix(got, "nil, invalid: "+s.DataFolder+"/cert.pem and "+s.DataFolder+"/key.pem are not a certificate and its key: ") {
		t.Errorf("with a wrong key: got %s", got)
	}
	for option, want := range map[string]string{
		`{cert = "cert.pem"}`: "a.lua:1: http.serve: tls needs both cert and key",
		`{}`:                  "a.lua:1: http.serve: the tls of a server needs cert and key",
		`{cert = "cert.pem", key = "key.pem", ca = "ca.pem"}`: "a.lua:1: http.serve: the tls of a server has only cert, key and min_version",
		`{cert = "cert.pem", key = "/etc/hostname"}`:          "a.lua:1: http.serve: test.lua may not read /etc/hostname. Start with --allow-read=/etc",
	} {
		if got := s.Run(`return http.serve{port = 0, tls = ` + option + `}`); got != want {
			t.Errorf("%s: got %s, want %s", option, got, want)
		}
	}
}

// The minimal version of TLS may change when the script is loaded again.
func TestTheMinimalVersionOfTLS(t *testing.T) {
	source := `s = http.serve{port = 0, tls = {cert = "cert.pem", key = "key.pem", min_version = "%s"}}`
	s := luastdtest.Open(t, luastdtest.Options{Permissions: listenGrants()})
	if err := os.MkdirAll(s.DataFolder, 0o700); err != nil {
		t.Fatal(err)
	}
	pool := writeCertificate(t, s.DataFolder, "x")
	connects := func(url string) bool {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(url, "https://"), &tls.Config{RootCAs: pool, MaxVersion: tls.VersionTLS12})
		if err == nil {
			conn.Close()
		}
		return err == nil
	}
	s.ReloadWith(fmt.Sprintf(source, "1.2"))
	url := urlOf(t, s)
	luastdtest.WaitFor(t, "TLS 1.2 is accepted", func() bool { return connects(url) })
	s.ReloadWith(fmt.Sprintf(source, "1.3"))
	luastdtest.WaitFor(t, "TLS 1.2 is refused", func() bool { return !connects(url) })
	if got := urlOf(t, s); got != url {
		t.Errorf("the URL is %s after the reload, want %s", got, url)
	}
}

// What net/http reports about connections goes to the log of the script, at the level debug.
func TestTheServerLogsNothingElsewhere(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Permissions: listenGrants()})
	os.MkdirAll(s.DataFolder, 0o700)
	writeCertificate(t, s.DataFolder, "x")
	s.ReloadWith(`s = http.serve{port = 0, tls = {cert = "cert.pem", key = "key.pem"}}`)
	url := urlOf(t, s)
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		sendRaw(t, "http"+strings.TrimPrefix(url, "https"), "\x00\x1b[31mno TLS\r\n\r\n")
		if strings.Contains(strings.Join(s.Output(), "\n"), "DEBUG: http.serve: TLS handshake error from 127.0.0.1:") {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the log is %q", s.Output())
		}
	}
}
