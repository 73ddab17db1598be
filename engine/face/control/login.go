package control

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// sessionCookie is how the name of the cookie begins that a page has in place of a token: see
	// cookieName.
	sessionCookie = "moonlark_session"
	// sessionAge is how long a browser keeps the cookie after the page has last opened a stream.
	sessionAge = 30 * 24 * time.Hour
	// wrongTokenDelay makes it slow to guess a token.
	wrongTokenDelay = 300 * time.Millisecond
)

// A right says what a client may do.
type right string

const (
	noRight     right = ""
	screenRight right = "screen" // use the mounts with ForScreen
	fullRight   right = "full"   // use everything
)

// cookieName returns the name of the session cookie for a request. A browser sends the cookies of a host
// to all its ports, so the name contains the port: programs on one host do not overwrite each other's
// session.
func cookieName(r *http.Request) string {
	if u := (url.URL{Host: r.Host}); u.Port() != "" {
		return sessionCookie + "_" + u.Port()
	}
	return sessionCookie
}

// secureMark is at the end of the id of a session that began on a page with https. A browser sends the
// cookie of such a session only to such pages. The requests that renew it do not say which page they are from.
const secureMark = "s"

// newSession returns the value of a session cookie: a right, a random id, and a signature whose key is
// made from the token. So a session outlives a restart of the program, and ends when the token
// changes, but the cookie does not contain the token.
func (g *guard) newSession(r right, isSecure bool) string {
	var id [16]byte
	rand.Read(id[:]) // never fails
	session := string(r) + "." + hex.EncodeToString(id[:])
	if isSecure {
		session += secureMark
	}
	return session + "." + g.sign(r, session)
}

func (g *guard) sign(r right, session string) string {
	key := g.tokenHash
	if r == screenRight {
		key = g.screenHash
	}
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte("moonlark session " + session))
	return hex.EncodeToString(mac.Sum(nil))
}

// session returns the right of the request's session cookie, and the value of the cookie. Without a valid
// session they are noRight and "".
func (g *guard) session(r *http.Request) (one right, value string) {
	for _, cookie := range r.CookiesNamed(cookieName(r)) {
		at := strings.LastIndexByte(cookie.Value, '.')
		if at < 0 {
			continue
		}
		session, signature := cookie.Value[:at], cookie.Value[at+1:]
		name, _, _ := strings.Cut(session, ".")
		one := right(name)
		known := one == fullRight && g.needsToken || one == screenRight && g.hasScreenToken
		if known && hmac.Equal([]byte(signature), []byte(g.sign(one, session))) {
			return one, cookie.Value
		}
	}
	return noRight, ""
}

// setSession makes the browser keep a session cookie with this value for sessionAge from now on.
func setSession(w http.ResponseWriter, r *http.Request, value string) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(r), Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: int(sessionAge.Seconds()),
		Secure: strings.Contains(value, secureMark+"."),
	})
}

// renewSession renews the session of a page that opens a stream, so that the session of a page that stays
// open for months does not end. It does nothing without a valid session.
func (g *guard) renewSession(w http.ResponseWriter, r *http.Request) {
	if _, value := g.session(r); value != "" {
		setSession(w, r, value)
	}
}

// serveLogin serves POST /login, which gives a page a session in exchange for a token. It is the only
// path without a token. An example of a body is {"token": "secret"}.
func (s *server) serveLogin(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Token string `json:"token"`
	}
	if err := readBody(r, &body, false); err != nil {
		return err
	}
	if !s.guard.needsToken {
		return nil
	}
	one := s.guard.tokenRight(body.Token)
	if one == noRight {
		select {
		case <-time.After(wrongTokenDelay):
		case <-r.Context().Done():
		}
		return &httpError{http.StatusUnauthorized, "the token is wrong"}
	}
	setSession(w, r, s.guard.newSession(one, strings.HasPrefix(r.Header.Get("Origin"), "https://")))
	return nil
}
