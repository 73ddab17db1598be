package control

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"

	"moonlark/engine/loopback"
	"moonlark/engine/safetext"
)

// accessControl decides which requests reach the handler next. If there is a token, clients must
// send it. Requests from web pages are refused. They are a danger because any page that a user
// opens in a browser on this machine can send requests to loopback addresses:
//
//   - A browser adds headers (such as Origin) to the requests of a page, so they can be recognised.
//   - The owner of a page may change the address of the page's host to 127.0.0.1 ("DNS rebinding").
//     Then the Host header still has the host's name, which is not that of this machine.
//   - A link in a page can cause only GET requests, and no GET request changes what the agent does.
type accessControl struct {
	tokenHash  [sha256.Size]byte
	needsToken bool
	isLoopback bool // whether only this machine can reach the server
	next       http.Handler
}

func newAccessControl(token string, addr net.Addr, next http.Handler) *accessControl {
	return &accessControl{
		tokenHash: sha256.Sum256([]byte(token)), needsToken: token != "",
		isLoopback: loopback.HostPort(addr.String()), next: next,
	}
}

func (a *accessControl) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case a.isLoopback && !loopback.HostPort(r.Host):
		fail(w, http.StatusForbidden, "this server answers on this machine only, not as "+shorten(r.Host)+": use 127.0.0.1 or localhost")
	case fromWebPage(r):
		fail(w, http.StatusForbidden, "web pages may not do this")
	case a.needsToken && !a.hasToken(r.Header.Get("Authorization")):
		w.Header().Set("WWW-Authenticate", `Bearer realm="moonlark"`)
		fail(w, http.StatusUnauthorized, "the token is missing or wrong: send the header Authorization: Bearer TOKEN")
	default:
		a.next.ServeHTTP(w, r)
	}
}

// fromWebPage reports whether a web page in a browser sent the request. This server serves no
// pages, so the page must come from elsewhere. If a user types an address into a browser, the
// request does not count as a page's.
func fromWebPage(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return len(r.Header.Values("Origin")) > 0 || site != "" && !(site == "none" && r.Method == http.MethodGet)
}

// hasToken reports whether authorization, an Authorization header, has the right token. It takes
// the same time for a right and a wrong token, so that nobody can guess the token from the time.
func (a *accessControl) hasToken(authorization string) bool {
	scheme, token, _ := strings.Cut(authorization, " ")
	hash := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return subtle.ConstantTimeCompare(hash[:], a.tokenHash[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

// shorten makes a text from a client safe to show in a terminal, and cuts it to 100 bytes.
func shorten(text string) string { return safetext.Cut(safetext.Text(text), 100, "...") }
