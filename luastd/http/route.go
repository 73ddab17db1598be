package http

import (
	"fmt"
	"log/slog"
	"net/url"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd/sockets"
)

// A route says how a request reaches its server: the options tls, proxy and unix.
type route struct {
	tls   *sockets.TLS
	proxy *url.URL
	unix  string // path of a Unix socket; "" if it is not set
}

// routeOption returns the route that the options name.
func (m *module) routeOption(o options) route {
	t, ok := o.Get("tls").(*lua.LTable)
	if !ok && o.Get("tls") != lua.LNil {
		o.Raise("tls", "a table such as {ca = \"./ca.pem\"}", o.Get("tls"))
	}
	r := route{unix: o.text("unix")}
	var err error
	if r.tls, err = sockets.ParseTLSFields(t); err != nil {
		o.fail("%s", err)
	}
	if r.tls.Insecure {
		m.warnInsecure()
	}
	if s := o.text("proxy"); s != "" {
		if r.proxy, err = proxyURL(s); err != nil {
			o.fail("proxy: %s", err)
		}
		if r.unix != "" {
			o.fail("only one of proxy and unix can be used")
		}
	}
	return r
}

func (m *module) warnInsecure() {
	if !m.warned {
		m.warned = true
		m.rt.Log(slog.LevelWarn, "http: "+sockets.InsecureWarning)
	}
}

func proxyURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, notURL(s, err)
	}
	switch u.Scheme {
	case "http", "https", "socks5":
	default:
		return nil, fmt.Errorf("the URL must begin with http://, https:// or socks5://")
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("the URL has no host")
	}
	return u, nil
}

// A loadedRoute is a route with the content of its files.
type loadedRoute struct {
	tls    sockets.LoadedTLS
	proxy  *url.URL
	socket *permit.SocketPlace
}

// load reads the files of r. It may block. The error is a failure, or a *mistake if a grant is
// missing.
func (r *route) load(b *permit.Broker) (loadedRoute, error) {
	loaded := loadedRoute{proxy: r.proxy}
	if r.unix != "" {
		socket, err := b.ResolveSocket(r.unix)
		if err != nil {
			return loadedRoute{}, fileFailure(r.unix, err)
		}
		loaded.socket = &socket
	}
	err := r.tls.Resolve(b)
	if wrong := asMistake(err); wrong != nil {
		return loadedRoute{}, wrong
	}
	if err == nil {
		loaded.tls, err = r.tls.Load()
	}
	return loaded, err
}

// toOtherOrigin returns the route to another origin than the script has named.
func (r loadedRoute) toOtherOrigin() loadedRoute {
	r.tls = r.tls.ForOtherHost()
	return r
}
