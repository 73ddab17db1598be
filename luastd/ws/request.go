package ws

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/net/http/httpguts"

	"moonlark/engine/permit"
	"moonlark/engine/version"
	"moonlark/luastd/sockets"
	luaurl "moonlark/luastd/url"
	"moonlark/luastd/value"
)

// A request is the connection that a script wants. It never changes.
type request struct {
	m            *module
	broker       *permit.Broker
	url          *url.URL
	header       http.Header
	subprotocols []string
	timeout      time.Duration
	ping         time.Duration // 0: no pings
	maxMessage   int
	tls          *sockets.TLS
	compression  bool
}

// requestOptions are the options of ws.connect.
var requestOptions = []string{"headers", "subprotocols", "timeout", "ping", "max_message", "tls", "compression"}

// checkRequest returns the request for the URL in argument 1 and the options in argument 2, which
// may also have the options in more. It raises an error if one of them is wrong, or if a grant is
// missing.
func (m *module) checkRequest(L *lua.LState, name string, more ...string) *request {
	u, err := parseURL(L.CheckString(1))
	if err != nil {
		L.RaiseError("%s: %s", name, err)
	}
	o := value.CheckOptions(L, 2, append(slices.Clone(requestOptions), more...)...)
	r := &request{
		m: m, broker: m.rt.Permit(), url: u,
		timeout:     o.Timeout("timeout", 10*time.Second, maxTimeout),
		maxMessage:  o.Int("max_message", 1<<20, 1, maxMessage),
		compression: o.Bool("compression", false),
	}
	if o.Get("ping") != lua.LFalse {
		r.ping = o.Seconds("ping", 30*time.Second, 100*time.Millisecond, maxTimeout)
	}
	r.setHeaders(o)
	r.setSubprotocols(o)
	t, ok := o.Get("tls").(*lua.LTable)
	if !ok && o.Get("tls") != lua.LNil {
		o.Raise("tls", "a table such as {ca = \"./ca.pem\"}", o.Get("tls"))
	}
	if r.tls, err = sockets.ParseTLS(r.broker, t); err != nil {
		L.RaiseError("%s: %s", name, err)
	}
	if err := r.broker.CheckHost(u.Hostname(), portOf(u), defaultPort(u)); err != nil {
		L.RaiseError("%s: %s", name, err)
	}
	if r.tls.Insecure {
		m.warnInsecure()
	}
	return r
}

// ownHeaders are the headers that a script cannot set.
var ownHeaders = []string{"Connection", "Content-Length", "Host", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

func (r *request) setHeaders(o value.Options) {
	r.header = http.Header{"User-Agent": {"Moonlark/" + strings.Trim(version.Version(), "()")}}
	t, ok := o.Get("headers").(*lua.LTable)
	if !ok {
		if v := o.Get("headers"); v != lua.LNil {
			o.Raise("headers", "a table by name", v)
		}
		return
	}
	size := 0
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		if value.IsNull(v) {
			continue
		}
		text, isText := headerText(v)
		if secret, ok := value.SecretOf(v); ok {
			value.Raise(o.L, secret.CheckHost(r.url.Hostname(), portOf(r.url)))
			text, isText = secret.Text, true
		}
		name := http.CanonicalHeaderKey(k.String())
		size += len(name) + len(text)
		switch {
		case k.Type() != lua.LTString || !httpguts.ValidHeaderFieldName(name):
			o.L.ArgError(2, "headers: "+value.Quote(k.String())+" is not the name of a header")
		case name == "Sec-Websocket-Protocol":
			o.L.ArgError(2, "headers: use the option subprotocols")
		case slices.Contains(ownHeaders, name) || strings.HasPrefix(name, "Sec-Websocket-"):
			o.L.ArgError(2, "headers: "+name+" cannot be set")
		case !isText:
			o.Raise("headers."+k.String(), "a string, a number or a secret", v)
		case !httpguts.ValidHeaderFieldValue(text):
			o.L.ArgError(2, "headers: "+name+" has a line end or another control character")
		case size > maxHeader:
			o.L.ArgError(2, fmt.Sprintf("headers have more than %d bytes", maxHeader))
		}
		r.header.Set(name, text)
	}
}

func headerText(v lua.LValue) (s string, ok bool) {
	switch v := v.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		return v.String(), true
	}
	return "", false
}

func (r *request) setSubprotocols(o value.Options) {
	v := o.Get("subprotocols")
	if v == lua.LNil {
		return
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		o.Raise("subprotocols", "a list of strings", v)
	}
	for i := 1; i <= t.Len(); i++ {
		name, ok := t.RawGetInt(i).(lua.LString)
		if !ok || !httpguts.ValidHeaderFieldName(string(name)) || len(name) > 256 || i > 32 {
			o.L.ArgError(2, "subprotocols must be a list of names, such as {\"mqtt\"}")
		}
		r.subprotocols = append(r.subprotocols, string(name))
	}
}

// parseURL returns the URL s, without its fragment. It returns an error unless s is a complete URL
// of a WebSocket.
func parseURL(s string) (*url.URL, error) {
	if len(s) > maxURL {
		return nil, fmt.Errorf("the URL has %d bytes; the maximum is %d", len(s), maxURL)
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the URL is wrong: %w", luaurl.Cause(err, s))
	case u.Scheme == "http" || u.Scheme == "https":
		return nil, fmt.Errorf("the URL of a WebSocket begins with %s://, and not with %s://", strings.Replace(u.Scheme, "http", "ws", 1), u.Scheme)
	case u.Scheme != "ws" && u.Scheme != "wss":
		return nil, fmt.Errorf("the URL must begin with ws:// or wss://")
	case u.User != nil:
		return nil, fmt.Errorf("the URL cannot have a user: use headers = {Authorization = ...}")
	case u.Hostname() == "":
		return nil, fmt.Errorf("the URL has no host")
	}
	if n, err := strconv.ParseUint(u.Port(), 10, 16); u.Port() != "" && (err != nil || n == 0) {
		return nil, fmt.Errorf("the port must be from 1 to 65535, not %s", value.Quote(u.Port()))
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// portOf returns the port of u, which may be that of its scheme.
func portOf(u *url.URL) uint16 {
	if n, err := strconv.ParseUint(u.Port(), 10, 16); err == nil {
		return uint16(n)
	}
	return defaultPort(u)
}

func defaultPort(u *url.URL) uint16 {
	if u.Scheme == "wss" {
		return 443
	}
	return 80
}

// host returns the host and the port for messages.
func (r *request) host() string { return r.url.Host }

// shown returns the URL for messages: without the query, which may have a secret.
func (r *request) shown() string {
	return (&url.URL{Scheme: r.url.Scheme, Host: r.url.Host, Path: r.url.Path}).String()
}
