package control

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"moonlark/engine/loopback"
	"moonlark/engine/safetext"
)

// A guard decides which requests the server serves. It is the only place that does: routes and
// mounts do not check headers of their own. If there is a token, clients must send it. Requests from
// web pages of other servers are refused. They are a danger because any page that a user opens in a
// browser on this machine can send requests to loopback addresses:
//
//   - A browser adds headers (Origin, Sec-Fetch-Site) to the requests of a page. They say where the
//     page is from.
//   - The owner of a page may change the address of the page's host to 127.0.0.1 ("DNS rebinding").
//     Then the page looks as if it were from this server, but the Host header has the name of the
//     page's host, which is not a name of this server.
//   - The server never sends CORS headers, so that a page of another server cannot read a response.
//   - A link in a page can cause only GET requests, and no GET request changes what the agent does.
//
// Any goroutine may call the methods.
type guard struct {
	tokenHash      [sha256.Size]byte
	needsToken     bool
	screenHash     [sha256.Size]byte // of Options.ScreenToken
	hasScreenToken bool
	isLoopback     bool     // whether only this machine can reach the server
	names          []string // further names of this server: Options.Names, in lower case
}

func newGuard(opts Options, addr net.Addr) *guard {
	g := &guard{
		tokenHash: sha256.Sum256([]byte(opts.Token)), needsToken: opts.Token != "",
		screenHash: sha256.Sum256([]byte(opts.ScreenToken)), hasScreenToken: opts.ScreenToken != "",
		isLoopback: loopback.HostPort(addr.String()),
	}
	for _, name := range opts.Names {
		g.names = append(g.names, strings.ToLower(name))
	}
	return g
}

// errForeignPage says that a web page of another server has sent the request.
var errForeignPage = &httpError{http.StatusForbidden, "web pages of other servers may not do this"}

// checkSender returns an error with status 403 if a web page of another server may have sent the
// request, or if the request is for a host that is not this server. It does not check the token. m is
// the mount that the request is for, or nil.
func (g *guard) checkSender(r *http.Request, m *mount) error {
	switch {
	case g.isLoopback && !g.isOwnName(r.Host):
		return &httpError{http.StatusForbidden, "this server answers on this machine only, not as " + shorten(r.Host) +
			": use 127.0.0.1 or localhost, or give the name with --http-name"}
	case !g.isOwnOrigin(r):
		return errForeignPage
	}
	switch site := r.Header.Get("Sec-Fetch-Site"); {
	case site == "" || site == "same-origin":
		return nil
	case site == "none" && isRead(r):
		return nil // for example, the user has typed the address into a browser
	case m != nil && m.Public && r.Method == http.MethodGet &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document":
		return nil // the user has followed a link to a page, which does nothing by being loaded
	}
	return errForeignPage
}

// isOwnOrigin reports whether the header Origin, if there is one, is the origin of a page of this
// server: the request's own scheme and host. The host must also be a name of this server, because
// Origin and Host are equal after DNS rebinding too. A proxy in front of this server may use TLS, so
// the scheme may also be https if the host is in Options.Names.
func (g *guard) isOwnOrigin(r *http.Request) bool {
	switch origins := r.Header.Values("Origin"); {
	case len(origins) == 0:
		return true
	case len(origins) > 1 || !g.isOwnName(r.Host):
		return false
	case strings.EqualFold(origins[0], "http://"+r.Host):
		return true
	default:
		return g.isGivenName(r.Host) && strings.EqualFold(origins[0], "https://"+r.Host)
	}
}

// isOwnName reports whether host, a Host header, is a name of this server that the owner of a web
// page cannot give to an address of this machine: one of Options.Names; a loopback address or
// localhost if the server listens on loopback; otherwise any IP address.
func (g *guard) isOwnName(host string) bool {
	if g.isGivenName(host) {
		return true
	}
	if g.isLoopback {
		return loopback.HostPort(host)
	}
	_, err := netip.ParseAddr(withoutPort(host))
	return err == nil
}

// isGivenName reports whether host, a Host header, is one of Options.Names, with any port.
func (g *guard) isGivenName(host string) bool {
	return slices.Contains(g.names, strings.ToLower(strings.TrimSuffix(withoutPort(host), ".")))
}

// hasToken reports whether the request has the right token, or needs none. m is the mount that the
// request is for, or nil. rest is the part of the path after the path of the mount.
func (g *guard) hasToken(r *http.Request, m *mount, rest string) bool {
	if !g.needsToken || m != nil && m.Public && isRead(r) {
		return true
	}
	if m != nil && m.PathToken && g.isToken(rest) {
		return true
	}
	switch g.rightOf(r) {
	case fullRight:
		return true
	case screenRight:
		return m != nil && m.ForScreen
	}
	return false
}

// rightOf returns what the client that has sent a request may do, by its token or its session.
func (g *guard) rightOf(r *http.Request) right {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if one := g.tokenRight(strings.TrimSpace(token)); one != noRight && strings.EqualFold(scheme, "Bearer") {
		return one
	}
	one, _ := g.session(r)
	return one
}

// isToken reports whether text is the token for everything.
func (g *guard) isToken(text string) bool { return g.tokenRight(text) == fullRight }

// tokenRight returns what a token allows. It takes the same time for a right and a wrong token, so that
// nobody can guess the token from the time.
func (g *guard) tokenRight(token string) right {
	hash := sha256.Sum256([]byte(token))
	full := subtle.ConstantTimeCompare(hash[:], g.tokenHash[:]) == 1
	screen := subtle.ConstantTimeCompare(hash[:], g.screenHash[:]) == 1
	switch {
	case g.needsToken && full:
		return fullRight
	case g.hasScreenToken && screen:
		return screenRight
	}
	return noRight
}

// isRead reports whether the method of the request is one that changes nothing.
func isRead(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead
}

// withoutPort returns a Host header without its port and without the brackets of an IPv6 address.
func withoutPort(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

// shorten makes a text from a client safe to show in a terminal, and cuts it to 100 bytes.
func shorten(text string) string { return safetext.Cut(safetext.Text(text), 100, "...") }
