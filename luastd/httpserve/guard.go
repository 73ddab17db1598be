package httpserve

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// A guard decides which requests a site accepts. It does not change.
type guard struct {
	user, password string // nothing is asked for if both are ""
	token          string // not asked for if ""
	hosts          map[string]bool
	// crossOrigin refuses requests that a page of another site has made a browser send.
	crossOrigin *http.CrossOriginProtection
	origins     map[string]bool // the exceptions
}

// checkGuard returns the guard that the options auth, token, hosts and origins describe.
func checkGuard(o value.Options) guard {
	g := guard{hosts: map[string]bool{}, origins: map[string]bool{}, crossOrigin: http.NewCrossOriginProtection()}
	if v := o.Get("auth"); v != lua.LNil && v != lua.LFalse {
		t, ok := v.(*lua.LTable)
		if ok {
			g.user, g.password = textOf(t.RawGetInt(1)), textOf(t.RawGetInt(2))
		}
		if !ok || t.Len() != 2 || g.user == "" || g.password == "" {
			o.Raise("auth", "{user, password}", v)
		}
	}
	if v := o.Get("token"); v != lua.LNil && v != lua.LFalse {
		if g.token = textOf(v); g.token == "" {
			o.Raise("token", "a string that is not empty", v)
		}
	}
	for _, host := range o.StringList("hosts") {
		g.hosts[strings.ToLower(host)] = true
	}
	for _, origin := range o.StringList("origins") {
		if err := g.crossOrigin.AddTrustedOrigin(origin); err != nil {
			o.L.RaiseError("http.serve: origins: %q is not an origin such as https://example.com", origin)
		}
		g.origins[origin] = true
	}
	return g
}

// textOf returns the text of a string or a secret, and "" for other values. An empty password is a
// mistake, such as a variable of the environment that is not set.
func textOf(v lua.LValue) string {
	if secret, ok := value.SecretOf(v); ok {
		return secret.Text
	}
	s, _ := v.(lua.LString)
	return string(s)
}

// check returns the answer that refuses r, or nil if r is accepted.
func (g *guard) check(r *http.Request) *answer {
	if !g.knowsHost(r.Host) {
		return refusal(http.StatusMisdirectedRequest, "this server is not for the host "+value.Quote(r.Host)+": the option hosts lists others")
	}
	if err := g.crossOrigin.Check(r); err != nil {
		return refusal(http.StatusForbidden, "requests from pages of other sites are refused: the option origins lists exceptions")
	}
	if !g.authorized(r) {
		a := refusal(http.StatusUnauthorized, "a password or a token is needed")
		scheme := `Basic realm="Moonlark", charset="UTF-8"`
		if g.user == "" {
			scheme = "Bearer"
		}
		a.header.Set("WWW-Authenticate", scheme)
		return a
	}
	return nil
}

// knowsHost reports whether the header Host of a request names this machine. Otherwise a page of
// another site could reach the server through a browser, by letting its own name stand for the
// address of the server for a moment.
func (g *guard) knowsHost(host string) bool {
	if host == "" {
		return true // no browser leaves it out
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.ToLower(strings.Trim(name, "[]")), ".")
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	if name == "localhost" || strings.HasSuffix(name, ".localhost") || strings.HasSuffix(name, ".local") || g.hosts[name] || g.hosts[strings.ToLower(host)] {
		return true
	}
	machine, err := os.Hostname()
	return err == nil && name != "" && name == strings.ToLower(machine)
}

// authorized reports whether r has the password or the token that the script has set, if any.
func (g *guard) authorized(r *http.Request) bool {
	if g.user == "" && g.token == "" {
		return true
	}
	if user, password, ok := r.BasicAuth(); ok && g.user != "" {
		// both are compared, so that the time does not show which one is wrong
		return same(user, g.user)&same(password, g.password) == 1
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return g.token != "" && strings.EqualFold(scheme, "Bearer") && same(strings.TrimSpace(token), g.token) == 1
}

// same returns 1 if a and b are equal, and 0 otherwise. It takes the same time for all a.
func same(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}

// refusal returns an answer with a text for whoever has sent the request.
func refusal(status int, text string) *answer {
	return &answer{status: status, header: http.Header{"Content-Type": {plainText}}, body: fmt.Sprintf("%d %s: %s\n", status, http.StatusText(status), text)}
}

// busy returns the answer that asks the client to send the request again.
func busy(text string) *answer {
	a := refusal(http.StatusServiceUnavailable, text)
	a.header.Set("Retry-After", "1")
	return a
}
