package http

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"moonlark/engine/permit"
	luaurl "moonlark/luastd/url"
	"moonlark/luastd/value"
)

// parseURL returns the URL s, without its fragment. It returns an error unless s is a complete URL
// of HTTP.
func parseURL(s string) (*url.URL, error) {
	if len(s) > maxURL {
		return nil, fmt.Errorf("the URL has %d bytes; the maximum is %d", len(s), maxURL)
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, notURL(s, err)
	}
	return u, checkURL(u, s)
}

// notURL returns the error for a text that url.Parse refuses.
func notURL(s string, err error) error {
	return fmt.Errorf("%s is not a URL: %w", value.Quote(withoutPassword(s)), luaurl.Cause(err, s))
}

// withoutPassword returns s without the part before an @, which may be a password.
func withoutPassword(s string) string {
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		return "..." + s[i:]
	}
	return s
}

// checkURL returns an error unless u is a complete URL of HTTP. It changes u to the form in which
// it is sent. s is the text of u.
func checkURL(u *url.URL, s string) error {
	switch {
	case u.Scheme == "":
		return fmt.Errorf("%s has no scheme: write https://%s", value.Quote(withoutPassword(s)), strings.TrimLeft(firstPart(s), "/"))
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("the URL must begin with http:// or https://, and not with %s", value.Quote(u.Scheme))
	case u.Hostname() == "":
		return fmt.Errorf("%s has no host", value.Quote(withoutPassword(s)))
	}
	if _, err := portOf(u); err != nil {
		return err
	}
	u.Fragment, u.RawFragment = "", ""
	u.RawQuery = escapeQuery(u.RawQuery)
	return nil
}

// firstPart returns the host of a URL that was written without a scheme.
func firstPart(s string) string {
	host, _, _ := strings.Cut(strings.TrimLeft(withoutPassword(s), "/"), "/")
	return strings.Trim(value.Quote(host), `"`)
}

// escapeQuery escapes the bytes of a query that must not occur in a request line.
func escapeQuery(query string) string {
	var b strings.Builder
	for _, c := range []byte(query) {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// portOf returns the port of u, which may be that of its scheme.
func portOf(u *url.URL) (uint16, error) {
	if u.Port() == "" {
		return defaultPort(u.Scheme), nil
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("the port must be from 1 to 65535, not %s", value.Quote(u.Port()))
	}
	return uint16(port), nil
}

func defaultPort(scheme string) uint16 {
	switch scheme {
	case "https":
		return 443
	case "socks5", "socks5h":
		return 1080
	}
	return 80
}

// origin returns the scheme, the host and the port of u.
func origin(u *url.URL) string {
	port, _ := portOf(u)
	return fmt.Sprintf("%s://%s:%d", u.Scheme, strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), port)
}

// shown returns u for messages: without user, password and query.
func shown(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// checkTarget returns an error unless the script may connect to the host of u. The error is a
// *permit.Denied if a grant is missing.
func (m *module) checkTarget(u *url.URL) error { return checkTarget(m.rt.Permit(), u) }

// fake returns the fake server for a request, or nil if there is none.
func (m *module) fake(method string, u *url.URL) http.RoundTripper {
	if fakes := m.rt.Fakes(); fakes != nil {
		return fakes.Server(method, u)
	}
	return nil
}

func checkTarget(b *permit.Broker, u *url.URL) error {
	port, err := portOf(u)
	if err != nil {
		return err
	}
	return b.CheckHost(u.Hostname(), port, defaultPort(u.Scheme))
}
