package http

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/net/publicsuffix"

	"moonlark/luastd/value"
)

const (
	maxCookies = 1000    // maximal number of cookies in a jar
	maxCookie  = 4 << 10 // maximal length of a cookie, in bytes
)

// A jar keeps the cookies that servers have set. Any goroutine may use it.
type jar struct {
	mu  sync.Mutex // guards the fields below
	jar *cookiejar.Jar
	// expiry has the time at which each cookie in jar expires, since cookiejar.Jar has no maximal
	// number of cookies. The zero time means that it does not expire.
	expiry map[cookieKey]time.Time
}

type cookieKey struct{ host, path, name string }

func newJar() *jar {
	j := new(jar)
	j.clear()
	return j
}

func (j *jar) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.jar, _ = cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // New has no error
	j.expiry = make(map[cookieKey]time.Time)
}

// get returns the cookies that a request for u must have.
func (j *jar) get(u *url.URL) []*http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.jar.Cookies(u)
}

// set keeps the cookies that the answer to a request for u has set. It ignores cookies that are too
// long, and those for which the jar has no room.
func (j *jar) set(u *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var kept []*http.Cookie
	for _, c := range cookies {
		if len(c.Raw) <= maxCookie && j.hasRoom(u, c) {
			kept = append(kept, c)
		}
	}
	j.jar.SetCookies(u, kept)
}

// hasRoom reports whether the jar can keep one more cookie, and counts it. The caller holds j.mu.
func (j *jar) hasRoom(u *url.URL, c *http.Cookie) bool {
	key := cookieKey{strings.ToLower(u.Hostname()), c.Path, c.Name}
	if c.Domain != "" {
		key.host = strings.ToLower(strings.TrimPrefix(c.Domain, "."))
	}
	if key.path == "" {
		key.path = u.Path
	}
	now, expires := time.Now(), c.Expires
	if c.MaxAge > 0 {
		expires = now.Add(time.Duration(c.MaxAge) * time.Second)
	}
	if c.MaxAge < 0 || !expires.IsZero() && expires.Before(now) {
		delete(j.expiry, key) // the server removes the cookie
		return true
	}
	if _, ok := j.expiry[key]; !ok && len(j.expiry) >= maxCookies {
		for key, at := range j.expiry {
			if !at.IsZero() && at.Before(now) {
				delete(j.expiry, key)
			}
		}
		if len(j.expiry) >= maxCookies {
			return false
		}
	}
	j.expiry[key] = expires
	return true
}

func jarMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable[*jar](L, "cookie jar", map[string]lua.LGFunction{
		"clear": func(L *lua.LState) int {
			checkJar(L).clear()
			return 0
		},
		"get": func(L *lua.LState) int {
			j := checkJar(L)
			u, err := parseURL(L.CheckString(2))
			if err != nil {
				L.ArgError(2, err.Error())
			}
			t := L.CreateTable(0, 4)
			for _, c := range j.get(u) {
				t.RawSetString(c.Name, lua.LString(c.Value))
			}
			L.Push(t)
			return 1
		},
	}, nil)
}

func checkJar(L *lua.LState) *jar { return value.CheckHandle[*jar](L, "a cookie jar", "jar:get(url)") }

// newJar is the Lua function http.cookies.
func (m *module) newJar(L *lua.LState) int {
	L.Push(m.jarValue(L, newJar()))
	return 1
}

func (m *module) jarValue(L *lua.LState, j *jar) *lua.LUserData {
	return &lua.LUserData{Value: j, Env: L.Env, Metatable: m.jars}
}

// jarOption returns the jar in the option cookies, or nil if there is none.
func jarOption(o options) *jar {
	v := o.Get("cookies")
	if v == lua.LNil {
		return nil
	}
	if ud, ok := v.(*lua.LUserData); ok {
		if j, ok := ud.Value.(*jar); ok {
			return j
		}
	}
	o.Raise("cookies", "a jar that http.cookies() has returned", v)
	return nil
}
