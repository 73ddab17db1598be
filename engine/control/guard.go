package control

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// A guard says who may ask. A page that somebody looks at on the same machine
// can send requests to it too, in three ways, and none gets past it: as what it
// is, from another origin, which a browser tells; as one of the same origin,
// when the page has its own name resolve to 127.0.0.1, which is then in Host;
// and by a link, which can only ask and never drive.
type guard struct {
	token    [sha256.Size]byte // of its hash
	secret   bool              // there is one
	loopback bool              // the server cannot be reached from elsewhere
	next     http.Handler
}

func newGuard(token string, addr net.Addr, next http.Handler) *guard {
	host, _, _ := net.SplitHostPort(addr.String())
	return &guard{token: sha256.Sum256([]byte(token)), secret: token != "", loopback: isLoopback(host), next: next}
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case g.loopback && !isLoopback(hostname(r.Host)):
		fail(w, http.StatusForbidden, "this server is for this machine alone, and not "+shorten(r.Host, 100)+": ask for 127.0.0.1 or localhost")
	case foreign(r):
		fail(w, http.StatusForbidden, "web pages may not do this")
	case g.secret && !g.knows(r.Header.Get("Authorization")):
		w.Header().Set("WWW-Authenticate", `Bearer realm="moonlark"`)
		fail(w, http.StatusUnauthorized, "the token is missing or wrong: send it as Authorization: Bearer TOKEN")
	default:
		g.next.ServeHTTP(w, r)
	}
}

// foreign says whether a page in a browser asks: we serve none, so each is
// another's. An address that a person typed there is no page.
func foreign(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return len(r.Header.Values("Origin")) > 0 || site != "" && !(site == "none" && r.Method == http.MethodGet)
}

// knows takes as long for a wrong token as for the right one.
func (g *guard) knows(authorization string) bool {
	scheme, token, _ := strings.Cut(authorization, " ")
	hash := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return subtle.ConstantTimeCompare(hash[:], g.token[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

// hostname is the host of a Host header, which may have a port.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

// isLoopback says whether a host is this machine, seen from itself, whatever a
// name server says.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
