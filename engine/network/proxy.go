package network

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/net/proxy"

	"moonlark/engine/safetext"
)

// A ProxyError says that a proxy refused to connect to a host, or could not be used.
type ProxyError struct {
	Proxy  string // the scheme and host of the proxy, without a user name and password
	Status int    // the HTTP status with which the proxy replied; 0 if there was none
	Text   string // what the proxy said, or why the proxy could not be used
	Hint   string // a suggestion to the user; may be empty

	err error // the error of the network; may be nil
}

// Error returns a text for people, with the address of the proxy.
func (e *ProxyError) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("the proxy %s answered HTTP %d: %s", e.Proxy, e.Status, e.Text)
	}
	return fmt.Sprintf("the proxy %s: %s", e.Proxy, e.Text)
}

// Unwrap returns the error of the network, or nil if the proxy has answered.
func (e *ProxyError) Unwrap() error { return e.err }

// Final reports whether the proxy would refuse another connection for the same reason, until
// somebody changes a setting.
func (e *ProxyError) Final() bool {
	switch e.Status {
	case 0:
		return e.err == nil
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return e.Status < 500
}

// ProxyFromEnvironment returns the proxy for a request to the URL of r, or nil. The environment
// variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY name the proxy. The error says what is wrong with a
// variable. It does not contain the variable's value, which may include a password.
func ProxyFromEnvironment(r *http.Request) (*url.URL, error) {
	p, err := http.ProxyFromEnvironment(r)
	if err != nil {
		return nil, &ProxyError{Proxy: "in HTTPS_PROXY", Text: "the address is not valid", Hint: addressHint}
	}
	return p, CheckProxy(p)
}

const addressHint = "write HTTPS_PROXY=http://host:port; the schemes https, socks5 and socks5h are possible too"

// CheckProxy returns an error if Dial cannot use the proxy at this URL. A nil URL is valid.
func CheckProxy(p *url.URL) error {
	if p == nil {
		return nil
	}
	switch p.Scheme {
	case "http", "https", "socks5", "socks5h":
		if p.Hostname() != "" {
			return nil
		}
	}
	return &ProxyError{Proxy: withoutUser(p), Text: "this kind of address is not supported", Hint: addressHint}
}

// withoutUser returns the scheme and host of a URL.
func withoutUser(u *url.URL) string { return u.Scheme + "://" + u.Host }

// Dial opens a TCP connection to addr, a host and port, through the proxy at the URL p. If p is nil,
// Dial connects directly. dial opens the connection to the proxy, or to addr. An error of the proxy
// is a *ProxyError.
func Dial(ctx context.Context, p *url.URL, addr string, dial func(ctx context.Context, network, addr string) (net.Conn, error)) (net.Conn, error) {
	if p == nil {
		return dial(ctx, "tcp", addr)
	}
	if err := CheckProxy(p); err != nil {
		return nil, err
	}
	port := p.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[p.Scheme]
	}
	conn, err := dial(ctx, "tcp", net.JoinHostPort(p.Hostname(), port))
	if err != nil {
		return nil, &ProxyError{Proxy: withoutUser(p), Text: err.Error(), Hint: "check the proxy that HTTPS_PROXY names", err: err}
	}
	// The functions below do not react to the end of ctx, so this closes the connection then.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	var tunnel net.Conn
	if p.Scheme == "http" || p.Scheme == "https" {
		tunnel, err = connectHTTP(ctx, p, conn, addr)
	} else {
		tunnel, err = connectSOCKS(ctx, p, conn, addr)
	}
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return tunnel, nil
}

// connectHTTP asks the HTTP proxy p, to which conn is connected, for a tunnel to addr. It returns
// the tunnel.
func connectHTTP(ctx context.Context, p *url.URL, conn net.Conn, addr string) (net.Conn, error) {
	failed := func(err error, hint string) error {
		return &ProxyError{Proxy: withoutUser(p), Text: err.Error(), Hint: hint, err: err}
	}
	if p.Scheme == "https" {
		encrypted := tls.Client(conn, &tls.Config{ServerName: p.Hostname()})
		if err := encrypted.HandshakeContext(ctx); err != nil {
			hint := CertificateHint(err)
			if hint == "" {
				hint = "a proxy that does not speak TLS has an address that begins with http://"
			}
			return nil, failed(err, hint)
		}
		conn = encrypted
	}
	r := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: addr}, Host: addr, Header: http.Header{"User-Agent": {"moonlark"}}}
	if p.User != nil {
		password, _ := p.User.Password()
		login := base64.StdEncoding.EncodeToString([]byte(p.User.Username() + ":" + password))
		r.Header.Set("Proxy-Authorization", "Basic "+login)
	}
	if err := r.Write(conn); err != nil {
		return nil, failed(err, "")
	}
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, r)
	if err != nil {
		return nil, failed(err, "is this an HTTP proxy? check HTTPS_PROXY")
	}
	if err := CheckConnect(ctx, p, nil, response); err != nil {
		return nil, err
	}
	if reader.Buffered() > 0 { // the host has sent something already
		return &bufferedConn{conn, reader}, nil
	}
	return conn, nil
}

// A bufferedConn is a connection from which reader has read some bytes already.
type bufferedConn struct {
	net.Conn
	reader *bufio.Reader
}

func (c *bufferedConn) Read(p []byte) (int, error) { return c.reader.Read(p) }

// CheckConnect returns a *ProxyError if response, the reply of the proxy p to a CONNECT request,
// refuses the connection. It has the type of the field OnProxyConnectResponse of http.Transport.
func CheckConnect(_ context.Context, p *url.URL, _ *http.Request, response *http.Response) error {
	if response.StatusCode == http.StatusOK {
		return nil
	}
	e := &ProxyError{Proxy: withoutUser(p), Status: response.StatusCode, Text: safetext.Cut(safetext.Line(http.StatusText(response.StatusCode)), 100, "…")}
	switch {
	case e.Status == http.StatusProxyAuthRequired && p.User == nil:
		e.Hint = "the proxy requires a user name and password: write HTTPS_PROXY=http://user:password@host:port"
	case e.Status == http.StatusProxyAuthRequired:
		e.Hint = "the proxy refuses the user name and password in HTTPS_PROXY; characters such as @ and : must be written as %40 and %3A"
	case e.Status >= 500:
		e.Hint = "the proxy cannot reach the host: check the host, or the proxy"
	default:
		e.Hint = "the proxy does not allow this host: ask whoever runs it, or add the host to NO_PROXY"
	}
	return e
}

// connectSOCKS asks the SOCKS5 proxy p, to which conn is connected, for a connection to addr. The
// proxy looks up the host's name.
func connectSOCKS(ctx context.Context, p *url.URL, conn net.Conn, addr string) (net.Conn, error) {
	var auth *proxy.Auth
	if p.User != nil {
		password, _ := p.User.Password()
		auth = &proxy.Auth{User: p.User.Username(), Password: password}
	}
	connected := dialerFunc(func(string, string) (net.Conn, error) { return conn, nil })
	dialer, err := proxy.SOCKS5("tcp", p.Host, auth, connected)
	if err == nil {
		if deadline, ok := ctx.Deadline(); ok {
			conn.SetDeadline(deadline)
		}
		_, err = dialer.Dial("tcp", addr)
		conn.SetDeadline(time.Time{})
	}
	if err != nil {
		var wrapped *net.OpError
		cause := err
		if errors.As(err, &wrapped) {
			cause = wrapped.Err
		}
		return nil, &ProxyError{Proxy: withoutUser(p), Text: cause.Error(), Hint: "check HTTPS_PROXY: the address, the user name and the password", err: err}
	}
	return conn, nil
}

// A dialerFunc is a function that opens connections, as a proxy.Dialer.
type dialerFunc func(network, addr string) (net.Conn, error)

func (f dialerFunc) Dial(network, addr string) (net.Conn, error) { return f(network, addr) }

// Transport returns an HTTP transport that uses the proxy in the environment, and whose errors about
// proxies are of the type *ProxyError.
func Transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = ProxyFromEnvironment
	t.OnProxyConnectResponse = CheckConnect
	return t
}
