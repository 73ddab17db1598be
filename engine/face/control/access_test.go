package control

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"moonlark/engine"
)

// A header is one value of a request's header, and whether the server must accept it.
type header struct {
	why, value string
	ok         bool
}

// hosts are values of Host for a server on 127.0.0.1 with the further name kiosk.example. HOST is
// the address of the server.
var hosts = []header{
	{"the address", "HOST", true},
	{"localhost", "localhost:8080", true},
	{"no port", "localhost", true},
	{"capital letters", "LocalHost:1", true},
	{"IPv4", "127.0.0.1", true},
	{"IPv6", "[::1]:8080", true},
	{"IPv6 without a port", "[::1]", true},
	{"a given name", "kiosk.example", true},
	{"a given name in other letters, with a port", "Kiosk.Example:8443", true},
	{"another name", "example.com", false},
	{"another name with a port", "example.com:80", false},
	{"a name that begins with localhost", "localhost.example.com", false},
	{"a name that ends in localhost", "notlocalhost:80", false},
	{"a name below a given name", "a.kiosk.example", false},
	{"a name that ends in a given name", "akiosk.example", false},
	{"an address of the network", "192.168.1.2:8080", false},
	{"all addresses", "0.0.0.0:8080", false},
}

// origins are values of Origin. SELF is the value of Host of the same request.
var origins = []header{
	{"no page", "", true},
	{"a page of this server", "http://SELF", true},
	{"a page of this server with TLS", "https://SELF", false}, // except for given names
	{"a page of another port", "http://localhost:3", false},
	{"a page of another host", "https://evil.example", false},
	{"a page without an origin", "null", false},
	{"this server with a path", "http://SELF/", false},
	{"a host that begins like this server", "http://SELF.evil.example", false},
	{"an empty origin", "EMPTY", false},
}

// sites are values of Sec-Fetch-Site. none is accepted only for GET.
var sites = []header{
	{"no browser", "", true},
	{"this server", "same-origin", true},
	{"typed by the user", "none", true},
	{"another host", "cross-site", false},
	{"another port", "same-site", false},
	{"an unknown word", "mars", false},
}

// requests are methods and paths, and the status of the response to an accepted request, without
// the token and with it.
var requests = []struct {
	method, path       string
	without, withToken int
}{
	{"GET", "/healthz", 401, 200},
	{"POST", "/event", 401, 400},
	{"OPTIONS", "/event", 401, 405},
	{"GET", "/data", 401, 200},
	{"POST", "/data", 401, 200},
	{"GET", "/page/", 200, 200},
	{"GET", "/page/style.css", 200, 200},
	{"HEAD", "/page/", 200, 200},
	{"POST", "/page/", 401, 200},
	{"GET", "/page", 401, 404},
	{"GET", "/data/x", 401, 404},
	{"GET", "/other", 401, 404},
	{"POST", "/path", 401, 200},
	{"POST", "/path/sesame", 200, 200},
	{"POST", "/path/Sesame", 401, 404},
	{"POST", "/path/sesame/", 401, 404},
	{"POST", "/path/", 401, 404},
	{"POST", "/data/sesame", 401, 404},
	{"GET", "/.well-known/oauth-protected-resource", 404, 404},
	{"GET", "/.well-known/oauth-protected-resource/path", 404, 404},
	{"GET", "/path/.well-known/openid-configuration", 404, 404},
	{"POST", "/.well-known", 404, 404},
}

// echo is a handler that writes the path that it sees.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RequestURI+" "+r.URL.Path) })

// call passes a request without a body to the server, and returns the status and the body of the
// response. header lists names and values of headers alternately.
func (h *fixture) call(method, path string, header ...string) (int, string) {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		} else {
			r.Header.Set(header[i], header[i+1])
		}
	}
	w := httptest.NewRecorder()
	h.server.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// The test tries all combinations of Host, Origin, Sec-Fetch-Site, method and path. There are about
// 20000 of them, so it calls the server without a connection.
func TestGuardDecidesByHostOriginSiteMethodAndPath(t *testing.T) {
	c := New(Options{Addr: "127.0.0.1:0", Token: "sesame", Names: []string{"kiosk.example"}})
	c.Mount(Mount{Path: "/data", Handler: echo})
	c.Mount(Mount{Path: "/page/", Handler: echo, Public: true})
	c.Mount(Mount{Path: "/path", Handler: echo, PathToken: true, Streams: true})
	h := open(t, c)
	for _, host := range hosts {
		host.value = strings.ReplaceAll(host.value, "HOST", strings.TrimPrefix(h.URL(), "http://"))
		for _, origin := range origins {
			isOwn := origin.ok || strings.Contains(host.why, "given name") && origin.value == "https://SELF"
			for _, site := range sites {
				for _, r := range requests {
					list := []string{"Host", host.value}
					if origin.value != "" {
						list = append(list, "Origin", strings.TrimPrefix(strings.ReplaceAll(origin.value, "SELF", host.value), "EMPTY"))
					}
					if site.value != "" {
						list = append(list, "Sec-Fetch-Site", site.value)
					}
					without, withToken := r.without, r.withToken
					if !host.ok || !isOwn || !site.ok || site.value == "none" && r.method != "GET" && r.method != "HEAD" {
						without, withToken = 403, 403
					}
					why := fmt.Sprintf("%s %s, host %q, origin %q, site %q", r.method, r.path, host.why, origin.why, site.why)
					if got, text := h.call(r.method, r.path, list...); got != without {
						t.Errorf("%s: got %d %s, want %d", why, got, text, without)
					}
					if got, text := h.call(r.method, r.path, append(list, "Authorization", "Bearer sesame")...); got != withToken {
						t.Errorf("%s, with the token: got %d %s, want %d", why, got, text, withToken)
					}
				}
			}
		}
	}
}

// A server that other machines can reach accepts pages of its own only by an IP address, or by a
// name that it was given: the owner of a page may have changed the address of any other name.
func TestPagesOfAServerInTheNetworkNeedANameThatItKnows(t *testing.T) {
	c := New(Options{Addr: "0.0.0.0:0", Token: "t", Names: []string{"kiosk.example"}})
	h := open(t, c)
	for _, row := range []struct {
		host, origin string
		status       int
	}{
		{"192.168.1.2:80", "", 200},
		{"any.example", "", 200},
		{"192.168.1.2:80", "http://192.168.1.2:80", 200},
		{"[fe80::1]:80", "http://[fe80::1]:80", 200},
		{"kiosk.example", "http://kiosk.example", 200},
		{"kiosk.example", "https://kiosk.example", 200},
		{"192.168.1.2:80", "https://192.168.1.2:80", 403},
		{"192.168.1.2:80", "http://192.168.1.2:81", 403},
		{"any.example", "http://any.example", 403},
	} {
		list := []string{"Host", row.host, "Authorization", "Bearer t"}
		if row.origin != "" {
			list = append(list, "Origin", row.origin)
		}
		if got, text := h.request("GET", "/log", "", list...); got != row.status {
			t.Errorf("%s from %q: got %d %s, want %d", row.host, row.origin, got, text, row.status)
		}
	}
}

// No response may allow a page of another server to read it, and the response to a missing token
// must not make a client look for an OAuth server.
func TestResponsesHaveNoHeadersForOtherServers(t *testing.T) {
	c := New(Options{Addr: "127.0.0.1:0", Token: "sesame"})
	c.Mount(Mount{Path: "/data", Handler: echo})
	h := open(t, c)
	for _, row := range []struct{ method, path, token, origin string }{
		{"GET", "/healthz", "sesame", ""}, {"OPTIONS", "/data", "", ""}, {"OPTIONS", "/data", "", "http://evil.example"},
		{"GET", "/data", "sesame", h.URL()}, {"GET", "/data", "", ""},
	} {
		r, err := http.NewRequest(row.method, h.URL()+row.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+row.token)
		r.Header.Set("Access-Control-Request-Method", "POST")
		if row.origin != "" {
			r.Header.Set("Origin", row.origin)
		}
		answer, err := h.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		for name := range answer.Header {
			if strings.HasPrefix(name, "Access-Control") {
				t.Errorf("%v: the response has the header %s", row, name)
			}
		}
		want := ""
		if answer.StatusCode == 401 {
			want = `Bearer realm="moonlark"`
		}
		if got := answer.Header.Get("WWW-Authenticate"); got != want {
			t.Errorf("%v: %d with WWW-Authenticate %q, want %q", row, answer.StatusCode, got, want)
		}
	}
}

// The handler of a mount with PathToken must not see the token: it could log it.
func TestHandlerDoesNotSeeTheTokenInThePath(t *testing.T) {
	c := New(Options{Addr: "127.0.0.1:0", Token: "se/s?me"})
	c.Mount(Mount{Path: "/mcp", Handler: echo, PathToken: true})
	h := open(t, c)
	if status, text := h.request("POST", "/mcp/se%2Fs%3Fme", ""); status != 200 || text != "/mcp /mcp" {
		t.Errorf("got %d %s", status, text)
	}
	if status, text := h.request("POST", "/mcp/se/s", ""); status != 401 || strings.Contains(text, "se/s") {
		t.Errorf("got %d %s", status, text)
	}
}

func TestRequestsNeedTheToken(t *testing.T) {
	h := start(t, ``, Options{Token: "open sesame"}, engine.Options{Wait: true})
	for header, want := range map[string]int{
		"": 401, "Bearer": 401, "Bearer ": 401, "Bearer open": 401, "Basic open sesame": 401, "open sesame": 401,
		"Bearer open sesame": 200, "bearer open sesame": 200,
	} {
		if got, text := h.request("GET", "/log", "", "Authorization", header); got != want {
			t.Errorf("%q: got %d %s, want %d", header, got, text, want)
		}
	}
}

func TestServerThatOtherMachinesCanReachNeedsAToken(t *testing.T) {
	c := New(Options{Addr: "0.0.0.0:0"})
	if err := c.Open(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "set a token") {
		t.Errorf("got %v", err)
		c.Close()
	}
	h := start(t, ``, Options{Addr: "0.0.0.0:0", Token: "t"}, engine.Options{Wait: true})
	if got, text := h.request("GET", "/log", "", "Host", "kiosk.example", "Authorization", "Bearer t"); got != 200 {
		t.Errorf("got %d %s: with a token any host name is accepted", got, text)
	}
}
