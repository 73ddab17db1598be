package mcpclient

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"moonlark/engine/testkit/fakemcp"
)

// A testServer is a fake server that is reached by HTTP, on a real port.
type testServer struct {
	*httptest.Server
	handler atomic.Pointer[http.Handler]

	mu      sync.Mutex // guards servers
	servers []*mcp.Server
}

// restart replaces the server by another one that knows no sessions.
func (s *testServer) restart() {
	server := fakemcp.New(fakemcp.Options{})
	h := fakemcp.Handler(server)
	s.handler.Store(&h)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.servers = append(s.servers, server)
}

// end ends the server and its sessions.
func (s *testServer) end() {
	s.CloseClientConnections()
	s.Close()
	for _, server := range s.servers {
		for session := range server.Sessions() {
			session.Close()
		}
	}
}

// serve starts a server that wants a token. refuse may answer a request instead.
func serve(t *testing.T, refuse func(w http.ResponseWriter, r *http.Request) bool) *testServer {
	s := new(testServer)
	s.restart()
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse != nil && refuse(w, r) {
			return
		}
		if r.Header.Get("Authorization") != "Bearer right" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		(*s.handler.Load()).ServeHTTP(w, r)
	}))
	t.Cleanup(s.end)
	return s
}

// entry returns an entry for the server with this token.
func (s *testServer) entry(token string) *Entry {
	u, _ := url.Parse(s.URL + "/mcp")
	return &Entry{Name: "home", URL: u, Headers: http.Header{"Authorization": {"Bearer " + token}}, Startup: 30 * second}
}

// refuseModern answers requests of the newest version as an old server does.
func refuseModern(w http.ResponseWriter, r *http.Request) bool {
	if r.Header.Get("Mcp-Protocol-Version") >= "2026" {
		http.Error(w, "Bad Request: unsupported protocol version", http.StatusBadRequest)
		return true
	}
	return false
}

func TestAServerIsReachedByHTTP(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(http.ResponseWriter, *http.Request) bool{"modern": nil, "legacy": refuseModern} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, refuse)
			s, _ := start(t, server.entry("right"))
			if got := mustCall(t, s, "echo", `{"text":"hello"}`); got != "hello" {
				t.Errorf("got %q", got)
			}
			if _, err := call(t, s, "big", `{"bytes":5}`); err != nil {
				t.Error(err)
			}
			mustCall(t, s, "change", `{}`)
			until(t, "the new tool", func() bool {
				return slices.ContainsFunc(s.Tools(), func(t *Tool) bool { return t.Name == "extra" })
			})
		})
	}
}

func TestAWrongTokenIsSaid(t *testing.T) {
	t.Parallel()
	server := serve(t, nil)
	s, _ := start(t, server.entry("wrong"))
	_, err := call(t, s, "echo", `{"text":"hello"}`)
	if codeOf(err) != "offline" || !strings.Contains(err.Error(), "wants other credentials (HTTP 401)") {
		t.Errorf("got %v", err)
	}
}

func TestACallIsRepeatedOnceIfTheSessionIsUnknown(t *testing.T) {
	t.Parallel()
	server := serve(t, refuseModern)
	s, log := start(t, server.entry("right"))
	mustCall(t, s, "echo", `{"text":"a"}`)
	server.restart()
	if got := mustCall(t, s, "echo", `{"text":"b"}`); got != "b" {
		t.Errorf("got %q", got)
	}
	if n := strings.Count(log.String(), "is ready"); n != 2 {
		t.Errorf("it was ready %d times", n)
	}
}

func TestHeadersDoNotGoToAnotherHostOrPort(t *testing.T) {
	t.Parallel()
	var got atomic.Value
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got.Store(r.Header.Get("Authorization")) }))
	defer other.Close()
	for _, elsewhere := range []string{strings.Replace(other.URL, "127.0.0.1", "localhost", 1), other.URL} {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, elsewhere+"/mcp", http.StatusTemporaryRedirect)
			return true
		})
		s, _ := start(t, server.entry("right"))
		_, err := call(t, s, "echo", `{}`)
		if codeOf(err) != "offline" || !strings.Contains(err.Error(), "the server redirects to "+elsewhere) {
			t.Errorf("got %v", err)
		}
		if v := got.Load(); v != nil {
			t.Errorf("%s got a request with the header %q", elsewhere, v)
		}
	}
}

func TestARedirectMayOnlyAddEncryption(t *testing.T) {
	for redirect, want := range map[string]bool{
		"http://home.lan https://home.lan/mcp":          true,
		"http://home.lan:80/mcp https://HOME.lan:443":   true,
		"http://home.lan http://home.lan:80/other":      true,
		"http://home.lan:8080 https://home.lan":         false,
		"http://home.lan https://home.lan:8443":         false,
		"https://home.lan http://home.lan":              false,
		"https://home.lan https://home.lan.example.com": false,
	} {
		from, to, _ := strings.Cut(redirect, " ")
		a, _ := url.Parse(from)
		b, _ := url.Parse(to)
		if got := sameServer(a, b) || isUpgrade(a, b); got != want {
			t.Errorf("%s: got %v, want %v", redirect, got, want)
		}
	}
}

func TestALongAnswerByHTTPFailsOnlyItsCall(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) bool {
		body := make([]byte, 4096)
		n, _ := r.Body.Read(body)
		if !strings.Contains(string(body[:n]), `"big"`) {
			r.Body = replay{strings.NewReader(string(body[:n])), r.Body}
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		for range 20 {
			w.Write(make([]byte, 1<<20))
		}
		return true
	})
	s, _ := start(t, server.entry("right"))
	if _, err := call(t, s, "big", `{"bytes":1}`); codeOf(err) != "too_large" {
		t.Errorf("got %v", err)
	}
	if got := mustCall(t, s, "echo", `{"text":"still here"}`); got != "still here" {
		t.Errorf("got %q", got)
	}
}

// A replay is the body of a request, of which the beginning has been read already.
type replay struct {
	begin *strings.Reader
	rest  interface {
		Read([]byte) (int, error)
		Close() error
	}
}

func (r replay) Read(p []byte) (int, error) {
	if r.begin.Len() > 0 {
		return r.begin.Read(p)
	}
	return r.rest.Read(p)
}

func (r replay) Close() error { return r.rest.Close() }

func TestAServerThatCannotBeReached(t *testing.T) {
	t.Parallel()
	server := serve(t, nil)
	e := server.entry("right")
	server.Close()
	s, _ := start(t, e)
	_, err := call(t, s, "echo", `{}`)
	if codeOf(err) != "offline" || !strings.Contains(err.Error(), "refused") {
		t.Errorf("got %v", err)
	}
}
