package http_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

// An authority issues the certificates of servers.
type authority struct{ *testkit.Authority }

func newAuthority(t *testing.T) authority { return authority{testkit.NewAuthority(t)} }

// serveTLS starts a server whose certificate is for these names, and returns its URL.
func (a authority) serveTLS(t *testing.T, config *tls.Config, handler http.HandlerFunc, names ...string) string {
	config.Certificates = a.ServerConfig(t, names...).Certificates
	s := httptest.NewUnstartedServer(handler)
	s.EnableHTTP2, s.TLS, s.Config.ErrorLog = true, config, log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// write writes a file into the folder of the script.
func write(t *testing.T, s *luastdtest.Script, name string, content []byte) {
	if err := os.WriteFile(filepath.Join(s.Folder, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTLS(t *testing.T) {
	a, stranger := newAuthority(t), newAuthority(t)
	proto := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cut" {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprint(w, r.Proto)
		if len(r.TLS.PeerCertificates) > 0 {
			fmt.Fprint(w, " ", r.TLS.PeerCertificates[0].Subject.CommonName)
		}
	}
	url := a.serveTLS(t, &tls.Config{}, proto, "127.0.0.1")
	named := a.serveTLS(t, &tls.Config{}, proto, "device.example")
	old := a.serveTLS(t, &tls.Config{MaxVersion: tls.VersionTLS12}, proto, "127.0.0.1")
	older := a.serveTLS(t, &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}, proto, "127.0.0.1")
	mutual := a.serveTLS(t, &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: a.Pool()}, proto, "127.0.0.1")
	plain := serve(t, show)

	s := openScript(t)
	write(t, s, "ca.pem", a.PEM)
	write(t, s, "stranger.pem", stranger.PEM)
	cert, key := a.Issue(t, "kiosk")
	write(t, s, "cert.pem", cert)
	write(t, s, "key.pem", key)
	write(t, s, "large.pem", make([]byte, 1<<20+1))
	host := func(url string) string { return strings.TrimPrefix(url, "https://") }
	check(t, s, url, []row{
		{"HTTP/2 with an authority", `return http.get("URL", {tls = {ca = "./ca.pem"}}).body`, "HTTP/2.0"},
		{"HTTP/2 that is cut off", `return http.get("URL/cut", {tls = {ca = "./ca.pem"}})`, "nil, closed: HOST has closed the connection, closed"},
		{"many calls over HTTP/2", `local n = 0 for i = 1, 20 do spawn(function() if http.get("URL", {tls = {ca = "./ca.pem"}}).body == "HTTP/2.0" then n = n + 1 end end) end
			for i = 1, 1000 do if n == 20 then break end sleep(0.01) end return n`, "20"},
		{"an unknown authority", `return http.get("URL")`, "nil, failed: the certificate of HOST is not accepted: certificate signed by unknown authority, failed"},
		{"another authority", `return select(3, http.get("URL", {tls = {ca = "./stranger.pem"}}))`, "failed"},
		{"no check", `return http.get("URL", {tls = {verify = false}}).body`, "HTTP/2.0"},
		{"a check after no check", `return select(3, http.get("URL"))`, "failed"},
		{"another name", `return http.get("` + named + `", {tls = {ca = "./ca.pem"}})`, "nil, failed: the certificate of " + host(named) + " is not accepted: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs, failed"},
		{"the name that the script says", `return http.get("` + named + `", {tls = {ca = "./ca.pem", server_name = "device.example"}}).body`, "HTTP/2.0"},
		{"TLS 1.2", `return http.get("` + old + `", {tls = {ca = "./ca.pem"}}).body`, "HTTP/2.0"},
		{"TLS 1.2 is not enough", `return http.get("` + old + `", {tls = {ca = "./ca.pem", min_version = "1.3"}})`, "nil, failed: " + host(old) + " has refused the TLS connection: protocol version not supported, failed"},
		{"TLS 1.1 is not enough", `return select(3, http.get("` + older + `", {tls = {ca = "./ca.pem"}}))`, "failed"},
		{"a certificate of the client", `return http.get("` + mutual + `", {tls = {ca = "./ca.pem", cert = "./cert.pem", key = "./key.pem"}}).body`, "HTTP/2.0 kiosk"},
		// The answer of the server can be lost when it closes the connection.
		{"no certificate of the client", `local r, _, code = http.get("` + mutual + `", {tls = {ca = "./ca.pem"}}) return r, code == "failed" or code == "closed" or code`, "nil, true"},
		{"not TLS", `return http.get("` + strings.Replace(plain, "http:", "https:", 1) + `")`, "nil, failed: " + strings.TrimPrefix(plain, "http://") + " does not use TLS at this port: try http://, failed"},

		{"no such file", `return select(3, http.get("URL", {tls = {ca = "./none.pem"}}))`, "not_found"},
		{"not a certificate", `return http.get("URL", {tls = {ca = "./key.pem"}})`, "nil, invalid: " + s.Folder + "/key.pem has no certificate in PEM form, invalid"},
		{"a large file", `return http.get("URL", {tls = {ca = "./large.pem"}})`, "nil, too_large: " + s.Folder + "/large.pem has more than 1048576 bytes, too_large"},
		{"not a key", `return select(3, http.get("URL", {tls = {cert = "./cert.pem", key = "./cert.pem"}}))`, "invalid"},
		{"a file without a grant", `http.get("URL", {tls = {ca = "/etc/hostname"}})`, "a.lua:1: http.get: test.lua may not read /etc/hostname. Start with --allow-read=/etc"},
		{"a certificate without a key", `http.get("URL", {tls = {cert = "./cert.pem"}})`, "a.lua:1: http.get: tls needs both cert and key"},
		{"an unknown field", `http.get("URL", {tls = {verif = false}})`, "a.lua:1: http.get: tls: there is no field 'verif' (did you mean 'verify'?); its fields are ca, cert, key, server_name, min_version, verify"},
		{"an unknown version", `http.get("URL", {tls = {min_version = 1.2}})`, `a.lua:1: http.get: tls.min_version must be "1.2" or "1.3"`},
		{"not a boolean", `http.get("URL", {tls = {verify = 0}})`, `a.lua:1: http.get: tls.verify must be true or false`},
	})
	warnings := 0
	for _, line := range s.Output() {
		if strings.Contains(line, "tls.verify = false") {
			warnings++
		}
	}
	if warnings != 1 {
		t.Errorf("the script was warned %d times", warnings)
	}
}

func TestTheCertificateOfTheClientStaysWithTheOrigin(t *testing.T) {
	a := newAuthority(t)
	other := a.serveTLS(t, &tls.Config{ClientAuth: tls.RequestClientCert}, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%d certificates", len(r.TLS.PeerCertificates))
	}, "127.0.0.1")
	url := a.serveTLS(t, &tls.Config{ClientAuth: tls.RequireAnyClientCert}, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other, http.StatusFound)
	}, "127.0.0.1")
	s := openScript(t)
	write(t, s, "ca.pem", a.PEM)
	cert, key := a.Issue(t, "kiosk")
	write(t, s, "cert.pem", cert)
	write(t, s, "key.pem", key)
	check(t, s, url, []row{
		{"another origin", `return http.get("URL", {tls = {ca = "./ca.pem", cert = "./cert.pem", key = "./key.pem"}}).body`, "0 certificates"},
	})
}

// newCountedServer starts a TLS server, and counts its open connections.
func newCountedServer(t *testing.T, open *atomic.Int64) (url string) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(show))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed, http.StateHijacked:
			open.Add(-1)
		}
	}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// Each set of options needs connections of its own. A script that makes many sets does not keep
// them.
func TestConnectionsOfManySetsOfOptionsAreClosed(t *testing.T) {
	var open atomic.Int64
	url := newCountedServer(t, &open)
	s := openScript(t)
	if got := s.Run(`for i = 1, 40 do assert(http.get("` + url + `", {tls = {verify = false, server_name = "n" .. i}})) end`); got != "" {
		t.Fatal(got)
	}
	luastdtest.WaitFor(t, "16 connections", func() bool { return open.Load() == 16 })
}

func TestIdleConnectionsAreLimited(t *testing.T) {
	var open atomic.Int64
	var urls []string
	for range 12 {
		urls = append(urls, newCountedServer(t, &open))
	}
	s := openScript(t)
	for i := range 14 {
		got := s.Run(fmt.Sprintf(`for url in ("%s"):gmatch("%%S+") do assert(http.get(url, {tls = {verify = false, server_name = "n%d"}})) end`, strings.Join(urls, " "), i))
		if got != "" {
			t.Fatal(got)
		}
	}
	luastdtest.WaitFor(t, "few connections", func() bool { return open.Load() <= 20 }) // of 168
}
