package mcpclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"moonlark/engine/network"
)

const (
	dialTimeout  = 10 * time.Second
	maxRedirects = 3
	maxHeader    = 256 << 10 // bytes of the headers of an answer
	// lastRequests is how long the requests may take with which a session says that it ends.
	lastRequests = 500 * time.Millisecond
)

// A statusError says that a server has refused a request.
type statusError struct {
	status int
	host   string
}

func (e *statusError) Error() string {
	switch e.status {
	case http.StatusUnauthorized:
		return e.host + " wants other credentials (HTTP 401): check the headers of the entry"
	case http.StatusForbidden:
		return e.host + " does not allow the request (HTTP 403)"
	}
	return fmt.Sprintf("%s answered HTTP %d", e.host, e.status)
}

// An httpTransport sends the requests to a server. It adds the headers of the entry to those
// that go to the server of the entry, and bounds the answers. Any goroutine may use it.
type httpTransport struct {
	entry  *Entry
	base   *http.Transport
	ending atomic.Bool // from now on, requests must be quick
}

func newHTTPTransport(e *Entry) *httpTransport {
	t := &httpTransport{entry: e}
	t.base = &http.Transport{
		Proxy: network.ProxyFromEnvironment, DialContext: e.Dial, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: dialTimeout, IdleConnTimeout: 90 * time.Second, MaxIdleConnsPerHost: 8, MaxResponseHeaderBytes: maxHeader,
	}
	if e.Dial == nil {
		t.base.DialContext = (&net.Dialer{Timeout: dialTimeout}).DialContext
	} else {
		t.base.Proxy = nil
	}
	if e.IsUnencrypted() {
		t.base.Proxy = nil
		dial := t.base.DialContext
		t.base.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			return dialLocal(ctx, dial, network, address)
		}
	}
	return t
}

// dialLocal opens a connection to a machine in a local network. A name that looks like one of a local
// network can have a public address; then dialLocal returns an error.
func dialLocal(ctx context.Context, dial func(context.Context, string, string) (net.Conn, error), network, address string) (net.Conn, error) {
	conn, err := dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if at, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil && !isLocalAddress(at.Addr()) {
		conn.Close()
		return nil, fmt.Errorf("the headers of the entry are not sent to %s without encryption: use https://", at.Addr())
	}
	return conn, nil
}

// client returns a client that uses t.
func (t *httpTransport) client() *http.Client {
	return &http.Client{Transport: t, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		from := via[len(via)-1].URL
		switch {
		case len(via) > maxRedirects:
			return errors.New("too many redirects")
		case !sameServer(req.URL, from) && !isUpgrade(from, req.URL):
			return fmt.Errorf("the server redirects to %s: if that is right, use this address", shownURL(req.URL))
		}
		return nil
	}}
}

// shownURL returns a URL for messages, without its query.
func shownURL(u *url.URL) string { return u.Scheme + "://" + u.Host + u.Path }

// sameServer reports whether two URLs have the same scheme, host and port. Another port of a host can
// belong to somebody else.
func sameServer(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b)
}

// isUpgrade reports whether the URL to is that of the same host as from, with encryption: a redirect
// from the default port of HTTP to that of HTTPS.
func isUpgrade(from, to *url.URL) bool {
	return from.Scheme == "http" && portOf(from) == "80" && to.Scheme == "https" && portOf(to) == "443" &&
		strings.EqualFold(from.Hostname(), to.Hostname())
}

// portOf returns the port of a URL, which is the default port of its scheme if it has none.
func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

// RoundTrip implements http.RoundTripper.
func (t *httpTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	end := func() {}
	if t.ending.Load() || req.Method == http.MethodDelete {
		ctx, end = context.WithTimeout(ctx, lastRequests)
	}
	req = req.Clone(ctx)
	if sameServer(req.URL, t.entry.URL) || isUpgrade(t.entry.URL, req.URL) {
		for name, values := range t.entry.Headers {
			req.Header[name] = values
		}
	}
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		end()
		return nil, err
	}
	if resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden {
		resp.Body.Close()
		end()
		return nil, &statusError{resp.StatusCode, req.URL.Host}
	}
	isEvents := resp.StatusCode == http.StatusOK && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream")
	resp.Body = &boundedBody{body: resp.Body, end: end, request: req, whole: !isEvents}
	return resp, nil
}

// close ends the connections that are not in use. From then on, requests must be quick.
func (t *httpTransport) close() {
	t.ending.Store(true)
	t.base.CloseIdleConnections()
}

// A boundedBody is the body of an answer. If whole is true, it is read as a whole at the first Read,
// and an error takes its place if it is too long.
type boundedBody struct {
	body    io.ReadCloser
	end     func()
	request *http.Request
	whole   bool
	read    *bytes.Reader // nil before the first Read
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if !b.whole {
		return b.body.Read(p)
	}
	if b.read == nil {
		data, err := io.ReadAll(io.LimitReader(b.body, maxFrame+1))
		if err != nil {
			return 0, err
		}
		if len(data) > maxFrame {
			data = b.tooLong()
		}
		b.read = bytes.NewReader(data)
	}
	return b.read.Read(p)
}

func (b *boundedBody) Close() error {
	defer b.end()
	return b.body.Close()
}

// tooLong returns the answer that takes the place of one that is too long.
func (b *boundedBody) tooLong() []byte {
	var call struct {
		ID json.RawMessage `json:"id"`
	}
	if b.request.GetBody != nil {
		if body, err := b.request.GetBody(); err == nil {
			json.NewDecoder(body).Decode(&call) // without an id, the answer is dropped
			body.Close()
		}
	}
	answer, _ := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": call.ID, "error": tooLarge(maxFrame + 1)})
	return answer
}
