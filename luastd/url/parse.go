package url

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/net/idna"

	"moonlark/luastd/value"
)

// errTooMany is the error for a query with more than maxValues values.
var errTooMany = fmt.Errorf("the query has more than %d values", maxValues)

func parse(L *lua.LState) int {
	s := L.CheckString(1)
	if len(s) > maxURL {
		return pushTooLong(L, s)
	}
	u, err := parseURL(s)
	if err != nil {
		return value.PushFailure(L, "invalid", "%s is not a URL: %s", value.Quote(s), err.Error())
	}
	t := L.CreateTable(0, 8)
	setString := func(name, text string, present bool) {
		if present {
			t.RawSetString(name, lua.LString(text))
		}
	}
	setString("scheme", u.Scheme, u.Scheme != "")
	if u.User != nil {
		password, ok := u.User.Password()
		setString("user", u.User.Username(), true)
		setString("password", password, ok)
	}
	path := u.RawPath // "" if the escapes of the path are those that EscapedPath writes
	switch {
	case u.Opaque != "":
		path = u.Opaque
	case path == "":
		path = u.EscapedPath()
	}
	setString("host", u.Hostname(), hasAuthority(u))
	if port := u.Port(); port != "" {
		n, _ := strconv.Atoi(port) // parseURL has checked the port
		t.RawSetString("port", lua.LNumber(n))
	}
	setString("path", string(appendPath(nil, path)), true)
	values, err := parseQuery(L, u.RawQuery)
	switch {
	case errors.Is(err, errTooMany):
		return value.PushFailure(L, "too_large", "%s", err.Error())
	case err != nil:
		return value.PushFailure(L, "invalid", "%s is not a URL: %s", value.Quote(s), err.Error())
	}
	t.RawSetString("query", values)
	setString("fragment", u.Fragment, u.Fragment != "")
	L.Push(t)
	return 1
}

func pushTooLong(L *lua.LState, s string) int {
	return value.PushFailure(L, "too_large", "the URL has %d bytes; the maximum is %d", len(s), maxURL)
}

// hasAuthority reports whether the text of u has // before the host. The host may be empty.
func hasAuthority(u *url.URL) bool {
	return u.Host != "" || u.User != nil || u.Scheme != "" && u.Opaque == "" && !u.OmitHost && strings.HasPrefix(u.Path, "/")
}

// parseURL parses s, and checks its host and port. The host of the result is in lower case and
// ASCII.
func parseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, Cause(err, s)
	}
	// net/url accepts an empty port and a port of any size
	host, port := u.Hostname(), u.Port()
	if port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return nil, fmt.Errorf("the port %s is not from 0 to 65535", value.Quote(port))
		}
	}
	if host, err = asciiHost(host, strings.HasPrefix(u.Host, "[")); err != nil {
		return nil, err
	}
	u.Host = joinHost(host, port)
	return u, nil
}

// asciiHost returns host in lower case and ASCII. It returns an error if host cannot be the name of
// a host. If inBrackets is true, host must be an IPv6 address, which is in brackets in a URL.
func asciiHost(host string, inBrackets bool) (string, error) {
	if inBrackets {
		if addr, err := netip.ParseAddr(host); err != nil || !addr.Is6() {
			return "", fmt.Errorf("%s is not an IPv6 address", value.Quote(host))
		}
		address, zone, ok := strings.Cut(host, "%")
		if address = strings.ToLower(address); ok {
			address += "%" + zone
		}
		return address, nil
	}
	for i := range len(host) {
		c := host[i]
		if c >= 0x80 {
			ascii, err := idna.Lookup.ToASCII(host)
			if err != nil {
				return "", fmt.Errorf("the host %s is not a name", value.Quote(host))
			}
			return ascii, nil
		}
		if c <= ' ' || c == 0x7f || strings.IndexByte(`"#%/:<>?@[\]^`+"`{|}", c) >= 0 {
			return "", fmt.Errorf("the host %s has the character %s", value.Quote(host), value.Quote(host[i:i+1]))
		}
	}
	return strings.ToLower(host), nil
}

// joinHost returns host and port as they are in a URL, with a colon between them. port may be "".
func joinHost(host, port string) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" {
		return host + ":" + port
	}
	return host
}

// parseQuery returns a table of the names and values in a query.
func parseQuery(L *lua.LState, query string) (*lua.LTable, error) {
	t := L.CreateTable(0, 0)
	count := 0
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if pair == "" {
			continue
		}
		if count++; count > maxValues {
			return nil, errTooMany
		}
		name, text, _ := strings.Cut(pair, "=")
		name, err := unescape(name, true)
		if err != nil {
			return nil, err
		}
		text, err = unescape(text, true)
		if err != nil {
			return nil, err
		}
		switch old := t.RawGetString(name).(type) {
		case *lua.LNilType:
			t.RawSetString(name, lua.LString(text))
		case *lua.LTable:
			old.Append(lua.LString(text))
		default:
			list := L.CreateTable(2, 0)
			list.Append(old)
			list.Append(lua.LString(text))
			t.RawSetString(name, list)
		}
	}
	return t, nil
}

func join(L *lua.LState) int {
	base, ref := L.CheckString(1), L.CheckString(2)
	for _, s := range []string{base, ref} {
		if len(s) > maxURL {
			return pushTooLong(L, s)
		}
	}
	b, err := parseURL(base)
	if err != nil {
		return value.PushFailure(L, "invalid", "%s is not a URL: %s", value.Quote(base), err.Error())
	}
	if b.Scheme == "" {
		return value.PushFailure(L, "invalid", "%s is not a complete URL: it has no scheme such as https", value.Quote(base))
	}
	r, err := parseURL(ref)
	if err != nil {
		return value.PushFailure(L, "invalid", "%s is not a URL: %s", value.Quote(ref), err.Error())
	}
	joined := b.ResolveReference(r).String()
	if len(joined) > maxURL {
		return pushTooLong(L, joined)
	}
	L.Push(lua.LString(joined))
	return 1
}
