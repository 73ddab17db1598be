package provider

import (
	"cmp"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"moonlark/engine/network"
)

// connectTimeout is how long it may take to open a connection.
const connectTimeout = 5 * time.Second

// Send sends a request to the path below the base URL, with the key. contentType is the type of
// body; both may be empty. The caller must close the body of the response. The request ends when
// ctx ends.
func (e *Endpoint) Send(ctx context.Context, method, path, contentType string, body io.Reader) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, e.Base+path, body)
	if err != nil {
		return nil, err
	}
	maps.Copy(r.Header, e.Header)
	r.Header.Set("User-Agent", "moonlark")
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	e.setKey(r.Header)
	if e.Kind() == "anthropic" && !e.Key.IsZero() { // its own paths, such as /models, want these headers
		r.Header.Set("X-Api-Key", e.Key.Reveal())
		r.Header.Set("Anthropic-Version", "2023-06-01")
	}
	client := e.HTTP
	if client == nil && e.Near {
		client = nearHTTP()
	} else if client == nil {
		client = farHTTP()
	}
	return client.Do(r)
}

// setKey adds the key to the headers of a request.
func (e *Endpoint) setKey(header http.Header) {
	switch {
	case e.Key.IsZero():
	case e.KeyHeader != "":
		header.Set(e.KeyHeader, e.Key.Reveal())
	default:
		header.Set("Authorization", cmp.Or(e.KeyScheme, "Bearer")+" "+e.Key.Reveal())
	}
}

// Host returns the host and port of the server.
func (e *Endpoint) Host() string {
	u, err := url.Parse(e.Base)
	if err != nil {
		return e.Base
	}
	return u.Host
}

// farHTTP and nearHTTP return the HTTP clients of all Endpoints that have none of their own.
// Requests to a server in the local network use no proxy, because a key would go to the proxy
// without encryption.
var (
	farHTTP  = sync.OnceValue(func() *http.Client { return newHTTP(network.ProxyFromEnvironment) })
	nearHTTP = sync.OnceValue(func() *http.Client { return newHTTP(nil) })
)

// newHTTP returns an HTTP client that does not follow redirects, because they would lead the key to
// another host.
func newHTTP(proxy func(*http.Request) (*url.URL, error)) *http.Client {
	t := network.Transport()
	t.Proxy = proxy
	t.DialContext = (&net.Dialer{Timeout: connectTimeout}).DialContext
	t.IdleConnTimeout = 2 * time.Minute
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
