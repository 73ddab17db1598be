package url

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// A builder makes a URL from a table of its parts, which is an argument of the running function.
type builder struct {
	L     *lua.LState
	parts value.Options
	text  []byte
}

func build(L *lua.LState) int {
	L.CheckTable(1)
	b := builder{L: L, parts: value.CheckOptions(L, 1, "scheme", "user", "password", "host", "port", "path", "query", "fragment")}
	scheme := b.parts.String("scheme", "")
	if scheme != "" {
		if !isScheme(scheme) {
			L.ArgError(1, value.Quote(scheme)+" is not a scheme such as https")
		}
		b.text = append(append(b.text, strings.ToLower(scheme)...), ':')
	}
	hasHost := b.authority()
	path := b.parts.String("path", "")
	switch {
	case hasHost && path != "" && path[0] != '/':
		path = "/" + path
	case !hasHost && strings.HasPrefix(path, "//"):
		L.ArgError(1, "a path without a host must not begin with //")
	case !hasHost && scheme == "":
		if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ":") {
			path = "./" + path // without ./, the text before the colon would be a scheme
		}
	}
	b.text = appendPath(b.text, path)
	switch query := b.parts.Get("query").(type) {
	case *lua.LNilType:
	case *lua.LTable:
		if text := b.query(query, "query: "); len(text) > 0 {
			b.text = append(append(b.text, '?'), text...)
		}
	default:
		b.parts.Raise("query", "a table", query)
	}
	if fragment := b.parts.String("fragment", ""); fragment != "" {
		b.text = appendEscaped(append(b.text, '#'), fragment, inFragment)
	}
	if len(b.text) > maxURL {
		L.RaiseError("the URL has %d bytes; the maximum is %d", len(b.text), maxURL)
	}
	L.Push(lua.LString(b.text))
	return 1
}

func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || !('0' <= c && c <= '9') && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return s != ""
}

// authority writes //, user, password, host and port. It returns false, and writes nothing, if
// there is no host.
func (b *builder) authority() bool {
	user, password := b.parts.String("user", ""), b.parts.String("password", "")
	port := b.parts.Int("port", -1, 0, math.MaxUint16)
	if b.parts.Get("host") == lua.LNil {
		for _, name := range []string{"user", "password", "port"} {
			if b.parts.Get(name) != lua.LNil {
				b.L.ArgError(1, name+" needs a host")
			}
		}
		return false
	}
	host := b.parts.String("host", "")
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
	}
	_, err := netip.ParseAddr(host)
	if host, err = asciiHost(host, err == nil && strings.Contains(host, ":")); err != nil {
		b.L.ArgError(1, err.Error())
	}
	b.text = append(b.text, "//"...)
	if b.parts.Get("user") != lua.LNil || b.parts.Get("password") != lua.LNil {
		b.text = appendEscaped(b.text, user, none)
		if b.parts.Get("password") != lua.LNil {
			b.text = appendEscaped(append(b.text, ':'), password, none)
		}
		b.text = append(b.text, '@')
	}
	number := ""
	if port >= 0 {
		number = strconv.Itoa(port)
	}
	// the zone of an IPv6 address, such as %eth0, is written with an escape
	b.text = append(b.text, strings.ReplaceAll(joinHost(host, number), "%", "%25")...)
	return true
}

func query(L *lua.LState) int {
	b := builder{L: L}
	L.Push(lua.LString(b.query(L.CheckTable(1), "")))
	return 1
}

// query returns the names and values of t as a query, such as "a=1&b=2". It raises an error about
// argument 1, which begins with prefix, if t has a wrong name or value.
func (b *builder) query(t *lua.LTable, prefix string) []byte {
	var text []byte
	count := 0
	appendPair := func(name string, v lua.LValue) {
		if count++; count > maxValues {
			b.L.ArgError(1, errTooMany.Error())
		}
		if len(text) > 0 {
			text = append(text, '&')
		}
		text = append(appendEscaped(text, name, none), '=')
		switch v := v.(type) {
		case lua.LString, lua.LBool, lua.LNumber:
			text = appendEscaped(text, v.String(), none)
		default:
			b.L.ArgError(1, fmt.Sprintf("%sthe value of %s must be a string, a number, a boolean or a list of these, not %s", prefix, value.Quote(name), value.TypeName(v)))
		}
		if len(text) > maxURL {
			b.L.ArgError(1, fmt.Sprintf("%sthe query has more than %d bytes", prefix, maxURL))
		}
	}
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		name, ok := k.(lua.LString)
		if !ok {
			b.L.ArgError(1, fmt.Sprintf("%sa name must be a string, not %s", prefix, value.TypeName(k)))
		}
		list, ok := v.(*lua.LTable)
		switch {
		case ok:
			for i := 1; i <= list.Len(); i++ {
				appendPair(string(name), list.RawGetInt(i))
			}
		case !value.IsNull(v):
			appendPair(string(name), v)
		}
	}
	return text
}
