package http

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/net/http/httpguts"

	"moonlark/engine/permit"
	"moonlark/luastd/value"
)

// A request is what a script wants to be sent. Only its body may belong to the Lua state.
type request struct {
	name           string // name of the function that the script has called, for errors
	method         string
	url            *url.URL
	header         http.Header
	body           *body // nil if there is none
	route          route
	jar            *jar // nil if there is none
	timeout        time.Duration
	connectTimeout time.Duration
	redirects      int
	faked          bool // a fake of a test answers the request
	retries        int
	retryAll       bool
	stream         bool
	secrets        []*permit.Secret // the secrets that are sent, to the first server
	maxBytes       int64            // maximal length of the body of the answer; 0 means that a stream may be endless
}

// clientOptions are the options that a client has for all of its calls, besides base.
var clientOptions = []string{
	"query", "headers", "timeout", "connect_timeout", "auth", "bearer", "redirects", "max_bytes", "retries", "retry_all", "tls", "cookies", "proxy", "unix",
}

// requestOptions are the options of a call.
var requestOptions = append([]string{"body", "json", "form", "multipart", "stream"}, clientOptions...)

const (
	defaultBytes = 8 << 20  // default of the option max_bytes
	maxBytes     = 64 << 20 // maximum of the option max_bytes
	maxSaved     = 1 << 30  // default and maximum of the option max_bytes of download and of a stream
)

// newRequest returns the request for these options, without its route. It raises an error for wrong
// options. argument is the body that the script has passed as an argument, or nil. saving says that
// the body of the answer goes to a file.
func (m *module) newRequest(o options, method string, u *url.URL, argument lua.LValue, saving bool) *request {
	defaultTimeout := defaultTimeout
	if saving {
		defaultTimeout = maxTimeout
	}
	r := &request{
		name: o.name, method: method, url: u,
		header:         headersOption(o),
		body:           bodyOption(o, argument),
		jar:            jarOption(o),
		timeout:        o.Seconds("timeout", defaultTimeout, minTimeout, maxTimeout),
		connectTimeout: o.Seconds("connect_timeout", defaultConnecting, minTimeout, maxTimeout),
		redirects:      o.Int("redirects", 5, 0, 20),
		retries:        o.Int("retries", 0, 0, 5),
		retryAll:       o.Bool("retry_all", false),
		stream:         o.Bool("stream", false),
	}
	switch {
	case saving:
		r.maxBytes = int64(o.Int("max_bytes", maxSaved, 1, maxSaved))
	case r.stream:
		r.maxBytes = int64(o.Int("max_bytes", 0, 1, maxSaved))
	default:
		r.maxBytes = int64(o.Int("max_bytes", defaultBytes, 1, maxBytes))
	}
	if all := fields(o, "query", o.fieldText, "a string, a number, true, false or a list of these"); len(all) > 0 {
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		if u.RawQuery += encodeFields(all, "%20"); len(u.String()) > maxURL {
			o.fail("the URL with the query has more than %d bytes", maxURL)
		}
	}
	m.setHeaders(o, r)
	r.secrets = *o.secrets
	return r
}

// setHeaders sets the headers that the options imply. Those in the option headers win.
func (m *module) setHeaders(o options, r *request) {
	if credentials := credentialsOption(o); credentials != "" {
		r.header.Set("Authorization", credentials)
	} else if user := r.url.User; user != nil && r.header.Get("Authorization") == "" {
		password, _ := user.Password()
		r.header.Set("Authorization", basic(user.Username(), password))
	}
	r.url.User = nil
	if r.body != nil && r.body.contentType != "" && r.header.Get("Content-Type") == "" {
		r.header.Set("Content-Type", r.body.contentType)
	}
	if r.header.Get("User-Agent") == "" {
		r.header.Set("User-Agent", m.userAgent)
	}
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// credentialsOption returns the value of the header Authorization for the options auth and bearer,
// or "" if they are not set.
func credentialsOption(o options) string {
	auth, bearer := o.Get("auth"), o.Get("bearer")
	switch {
	case auth != lua.LNil && bearer != lua.LNil:
		o.fail("only one of auth and bearer can be used")
	case auth != lua.LNil:
		t, ok := auth.(*lua.LTable)
		if !ok {
			o.Raise("auth", "{user, password}", auth)
		}
		user, ok1 := o.sentText(t.RawGetInt(1))
		password, ok2 := o.sentText(t.RawGetInt(2))
		if !ok1 || !ok2 || strings.Contains(user, ":") {
			o.fail("auth must be {user, password}: two strings, and no colon in the first")
		}
		return basic(user, password)
	case bearer != lua.LNil:
		token, ok := o.sentText(bearer)
		if !ok {
			o.Raise("bearer", "a string", bearer)
		}
		if !httpguts.ValidHeaderFieldValue(token) {
			o.fail("bearer has a line end or another control character")
		}
		return "Bearer " + token
	}
	return ""
}

// setRoute sets the route of r. It raises an error if the script may not send the request.
func (m *module) setRoute(o options, r *request) {
	r.route = m.routeOption(o)
	switch {
	case !httpguts.ValidHeaderFieldName(r.method):
		o.fail("%s is not a method", value.Quote(r.method))
	case r.method == "CONNECT" || r.method == "TRACE":
		o.fail("the method %s cannot be used", r.method)
	case r.method == "HEAD" && r.stream:
		o.fail("the answer to HEAD has no body to read as a stream")
	}
	if err := r.checkSecrets(r.url); err != nil {
		o.fail("%s", err)
	}
	if r.route.proxy != nil {
		if err := m.checkTarget(r.route.proxy); err != nil {
			o.fail("proxy: %s", err)
		}
	}
	r.faked = m.fake(r.method, r.url) != nil
	if r.route.unix != "" || r.faked {
		return // the host is only a name for the server
	}
	if err := m.checkTarget(r.url); err != nil {
		o.fail("%s", err)
	}
}

// checkSecrets returns an error if the request has a secret that may not be sent to the host of u,
// or that others than this host would get.
func (r *request) checkSecrets(u *url.URL) error {
	port, _ := portOf(u)
	for _, s := range r.secrets {
		if err := s.CheckHost(u.Hostname(), port); err != nil {
			return err
		}
		if s.IsBound() && (r.route.unix != "" || r.route.proxy != nil && u.Scheme == "http") {
			return fmt.Errorf("the secret %s may not be sent through a proxy or a socket: secrets.toml names its hosts", s.Name)
		}
	}
	return nil
}
