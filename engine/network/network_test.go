package network

import (
	"context"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain makes the certificate of httptest's servers one of the system's certificates, before the
// first connection reads them.
func TestMain(m *testing.M) {
	server := httptest.NewTLSServer(nil)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	server.Close()
	dir, err := os.MkdirTemp("", "network")
	if err != nil {
		panic(err)
	}
	file := filepath.Join(dir, "certificate.pem")
	if err := os.WriteFile(file, certificate, 0o600); err != nil {
		panic(err)
	}
	os.Setenv("SSL_CERT_FILE", file)
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// greeter starts a server that sends "hello" on each connection. It returns the server's address.
func greeter(t *testing.T) string {
	return listen(t, func(conn net.Conn) { io.WriteString(conn, "hello") })
}

// listen starts a TCP server that calls serve for each connection and then closes the connection.
func listen(t *testing.T, serve func(net.Conn)) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// httpProxy is an HTTP proxy that requires the user name "me" and the password "p@ss", if the user
// name is sent at all.
func httpProxy(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodConnect:
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	case strings.HasPrefix(r.Host, "login."), r.Header.Get("Proxy-Authorization") != "" && r.Header.Get("Proxy-Authorization") != "Basic bWU6cEBzcw==":
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	case strings.HasPrefix(r.Host, "forbidden."):
		w.WriteHeader(http.StatusForbidden)
		return
	}
	far, err := net.Dial("tcp", r.Host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer far.Close()
	near, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer near.Close()
	io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n")
	io.Copy(near, far)
}

// socksProxy serves one connection of a SOCKS5 proxy. It refuses hosts called "forbidden".
func socksProxy(conn net.Conn) {
	read := func(n int) []byte {
		b := make([]byte, n)
		io.ReadFull(conn, b)
		return b
	}
	method := byte(0)
	if strings.Contains(string(read(int(read(2)[1]))), "\x02") {
		method = 2
	}
	conn.Write([]byte{5, method})
	if method == 2 {
		user := string(read(int(read(2)[1])))
		password := string(read(int(read(1)[0])))
		if user != "me" || password != "p@ss" {
			conn.Write([]byte{1, 1})
			return
		}
		conn.Write([]byte{1, 0})
	}
	host := ""
	switch kind := read(4)[3]; kind {
	case 1:
		host = net.IP(read(4)).String()
	case 3:
		host = string(read(int(read(1)[0])))
	}
	port := binary.BigEndian.Uint16(read(2))
	if host == "forbidden" {
		conn.Write([]byte{5, 2, 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	far, err := net.Dial("tcp", net.JoinHostPort(host, fmt.Sprint(port)))
	if err != nil {
		conn.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	defer far.Close()
	conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	io.Copy(conn, far)
}

// dial opens a connection through the proxy at the URL proxy. It returns what the server sends.
func dial(t *testing.T, proxy, addr string) (string, error) {
	u, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, err := Dial(ctx, u, addr, new(net.Dialer).DialContext)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	text, err := io.ReadAll(conn)
	return string(text), err
}

func TestDialConnectsThroughEveryKindOfProxy(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(httpProxy))
	encrypted := httptest.NewTLSServer(http.HandlerFunc(httpProxy))
	defer plain.Close()
	defer encrypted.Close()
	socks := listen(t, socksProxy)
	host := greeter(t)
	for _, proxy := range []string{
		plain.URL, encrypted.URL, strings.Replace(plain.URL, "//", "//me:p%40ss@", 1), strings.Replace(encrypted.URL, "//", "//me:p%40ss@", 1),
		"socks5://" + socks, "socks5h://" + socks, "socks5h://me:p%40ss@" + socks,
	} {
		if got, err := dial(t, proxy, host); got != "hello" || err != nil {
			t.Errorf("%s: got %q, %v", proxy, got, err)
		}
	}
}

func TestTheErrorOfAProxyNamesTheProxyAndNotThePassword(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(httpProxy))
	defer plain.Close()
	socks := listen(t, socksProxy)
	ssh := listen(t, func(conn net.Conn) { io.WriteString(conn, "SSH-2.0\r\n") })
	for _, test := range []struct {
		proxy, addr, want, hint string
		final                   bool
	}{
		{plain.URL, "login.example:443", "the proxy PROXY answered HTTP 407: Proxy Authentication Required", "user:password@host", true},
		{strings.Replace(plain.URL, "//", "//me:wrong@", 1), "host:443", "the proxy PROXY answered HTTP 407: Proxy Authentication Required", "refuses the user name", true},
		{plain.URL, "forbidden.example:443", "the proxy PROXY answered HTTP 403: Forbidden", "NO_PROXY", true},
		{plain.URL, "127.0.0.1:1", "the proxy PROXY answered HTTP 502: Bad Gateway", "cannot reach the host", false},
		{"http://" + ssh, "host:443", "the proxy PROXY: malformed HTTP response", "is this an HTTP proxy?", false},
		{"https://" + ssh, "host:443", "the proxy PROXY: tls: first record does not look like a TLS handshake", "does not speak TLS", false},
		{"socks5://" + socks, "forbidden:443", "the proxy PROXY: ", "check HTTPS_PROXY", false},
		{"socks5://me:wrong@" + socks, "host:443", "the proxy PROXY: ", "user name", false},
		{"http://127.0.0.1:1", "host:443", "the proxy PROXY: dial tcp", "check the proxy", false},
		{"socks4://127.0.0.1:1", "host:443", "the proxy PROXY: this kind of address is not supported", "socks5h", true},
	} {
		_, err := dial(t, test.proxy, test.addr)
		u, _ := url.Parse(test.proxy)
		want := strings.Replace(test.want, "PROXY", u.Scheme+"://"+u.Host, 1)
		var refused *ProxyError
		if !errors.As(err, &refused) || !strings.HasPrefix(err.Error(), want) || !strings.Contains(refused.Hint, test.hint) || refused.Final() != test.final || strings.Contains(err.Error(), "wrong") {
			t.Errorf("%s to %s: got %v, %+v\nwant %s", test.proxy, test.addr, err, refused, want)
		}
	}
}

func TestDialThroughAProxyEndsWithItsContext(t *testing.T) {
	silent := listen(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	for _, scheme := range []string{"http", "https", "socks5"} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		began := time.Now()
		_, err := Dial(ctx, &url.URL{Scheme: scheme, Host: silent}, "host:443", new(net.Dialer).DialContext)
		if cancel(); err == nil || time.Since(began) > 5*time.Second {
			t.Errorf("%s: got %v after %v", scheme, err, time.Since(began))
		}
	}
}

func TestErrorsOfCertificatesHaveAHint(t *testing.T) {
	now := time.Now()
	expired := func(from, to time.Duration) error {
		return x509.CertificateInvalidError{Cert: &x509.Certificate{NotBefore: now.Add(from), NotAfter: now.Add(to)}, Reason: x509.Expired}
	}
	const day = 24 * time.Hour
	for _, test := range []struct {
		err  error
		want string
	}{
		{expired(10*day, 20*day), "set this machine's clock: it says " + now.Format("2 January 2006")},
		{expired(-20*day, -10*day), "was valid until " + now.Add(-10*day).UTC().Format("2 January 2006")},
		{x509.UnknownAuthorityError{}, "SSL_CERT_FILE"},
		{x509.HostnameError{Certificate: new(x509.Certificate), Host: "a"}, "another host"},
		{errors.New("tls: first record does not look like a TLS handshake"), "does not speak TLS"},
		{errors.New("x509: something new"), "moonlark doctor"},
		{errors.New("connection refused"), ""},
	} {
		if got := CertificateHint(fmt.Errorf("connect: %w", test.err)); !strings.Contains(got, test.want) || (test.want == "") != (got == "") {
			t.Errorf("%v: got %q, want %q", test.err, got, test.want)
		}
	}
	if got := CertificateHint(nil); got != "" {
		t.Errorf("no error: got %q", got)
	}
}

func TestRetryAfterIsATimeOrADate(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, " 0.5 ": 500 * time.Millisecond, "-3": 0, "soon": 0, "1e99": time.Hour, "NaN": 0,
		"Fri, 02 Jan 2026 03:04:35 GMT": 30 * time.Second, "Fri, 02 Jan 2026 03:00:00 GMT": 0,
	} {
		if got := RetryAfter(value, now); got != want {
			t.Errorf("%q: got %v, want %v", value, got, want)
		}
	}
}
