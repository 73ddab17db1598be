package scripttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// A fakeServer answers HTTP requests in place of a server. Any goroutine may use it.
type fakeServer struct {
	pattern string         // as the test has written it
	method  string         // "" means any
	url     *regexp.Regexp // matches the URLs that it answers
	query   bool           // url also describes the query
	answers []fakeAnswer   // one for each request; the last is used again

	mu       sync.Mutex // guards requests
	requests []record
}

// A fakeAnswer is an answer of a fake server, or the code with which a request fails.
type fakeAnswer struct {
	status int
	header http.Header
	body   string
	code   string // such as "timeout"; "" if there is an answer
}

// failureCodes are the codes with which a request to a fake server can fail.
var failureCodes = []string{"timeout", "refused", "unreachable", "not_found", "closed", "failed"}

var methodWord = regexp.MustCompile(`^[A-Z]+$`)

// newFakeServer returns the fake server for a pattern, such as "GET https://example.com/*".
func newFakeServer(pattern string) (*fakeServer, error) {
	s := &fakeServer{pattern: pattern}
	address := strings.TrimSpace(pattern)
	if method, rest, ok := strings.Cut(address, " "); ok {
		if !methodWord.MatchString(method) {
			return nil, fmt.Errorf("%q is not a method of HTTP in capital letters", method)
		}
		s.method, address = method, strings.TrimSpace(rest)
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Contains(address, " ") {
		return nil, errors.New(`want a method and a URL, such as "GET https://example.com/weather"`)
	}
	if u.Path == "" {
		address = u.Scheme + "://" + u.Host + "/"
		if u.RawQuery != "" {
			address += "?" + u.RawQuery
		}
	}
	s.query = strings.Contains(address, "?")
	s.url, err = regexp.Compile("^" + strings.ReplaceAll(regexp.QuoteMeta(address), `\*`, ".*") + "$")
	return s, err
}

// matches reports whether the server answers requests with this method and URL.
func (s *fakeServer) matches(method string, u *url.URL) bool {
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	if shown.Path == "" {
		shown.Path = "/"
	}
	if s.query {
		shown.RawQuery = u.RawQuery
	}
	return (s.method == "" || s.method == method) && s.url.MatchString(shown.String())
}

// RoundTrip records a request and answers it.
func (s *fakeServer) RoundTrip(req *http.Request) (*http.Response, error) {
	r := record{"method": req.Method, "url": req.URL.String(), "headers": joinHeader(req.Header), "query": firstValues(req.URL.Query())}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		req.Body.Close()
		if err != nil {
			return nil, err
		}
		r["body"] = string(body)
		var parsed any
		if json.Unmarshal(body, &parsed) == nil {
			r["json"] = json.RawMessage(body)
		}
	}
	s.mu.Lock()
	answer := s.answers[min(len(s.requests), len(s.answers)-1)]
	s.requests = append(s.requests, r)
	s.mu.Unlock()
	if answer.code != "" {
		return nil, sockets.Fail(answer.code, "the test says so for %s", req.URL.Host)
	}
	return &http.Response{
		Status: strconv.Itoa(answer.status) + " " + http.StatusText(answer.status), StatusCode: answer.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: answer.header.Clone(), Body: io.NopCloser(strings.NewReader(answer.body)), ContentLength: int64(len(answer.body)), Request: req,
	}, nil
}

func (s *fakeServer) calls() []record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]record(nil), s.requests...)
}

func (s *fakeServer) String() string { return "fake of " + s.pattern }

func joinHeader(header http.Header) map[string]string {
	fields := make(map[string]string)
	for name, values := range header {
		fields[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return fields
}

func firstValues(query url.Values) map[string]string {
	fields := make(map[string]string)
	for name := range query {
		fields[name] = query.Get(name)
	}
	return fields
}

// Server implements luastd.Fakes. The fake that was made last has priority.
func (f *fakes) Server(method string, u *url.URL) http.RoundTripper {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := len(f.servers) - 1; i >= 0; i-- {
		if f.servers[i].matches(method, u) {
			return f.servers[i]
		}
	}
	return nil
}

// checkAnswer returns argument n of t.http, an answer: a table, a status or a body.
func checkAnswer(L *lua.LState, n int) fakeAnswer {
	a := fakeAnswer{status: 200, header: make(http.Header)}
	switch v := L.Get(n).(type) {
	case lua.LNumber:
		if a.status = int(v); lua.LNumber(a.status) != v || a.status < 200 || a.status > 599 {
			L.ArgError(n, "a status is a whole number from 200 to 599, not "+v.String())
		}
		return a
	case lua.LString:
		a.body = string(v)
		return a
	}
	o := value.CheckOptions(L, n, "status", "headers", "body", "json", "error")
	a.status = o.Int("status", 200, 200, 599)
	a.body = o.String("body", "")
	if o.Get("error") != lua.LNil {
		a.code = o.Choice("error", failureCodes...)
	}
	if t, ok := o.Get("headers").(*lua.LTable); ok {
		t.ForEach(func(k, v lua.LValue) { a.header.Set(k.String(), v.String()) })
	} else if o.Get("headers") != lua.LNil {
		o.Raise("headers", "a table", o.Get("headers"))
	}
	if v := L.CheckTable(n).RawGetString("json"); v != lua.LNil {
		text, err := value.Append(nil, v, value.MaxJSON)
		if err != nil {
			L.ArgError(n, "json: "+err.Error())
		}
		a.body = string(bytes.TrimSpace(text))
		if a.header.Get("Content-Type") == "" {
			a.header.Set("Content-Type", "application/json")
		}
	}
	return a
}

// http is the Lua function t.http.
func (f *testFile) http(L *lua.LState, t *testRun) int {
	s, err := newFakeServer(L.CheckString(1))
	if err != nil {
		L.ArgError(1, err.Error())
	}
	for n := 2; n <= L.GetTop(); n++ {
		s.answers = append(s.answers, checkAnswer(L, n))
	}
	if len(s.answers) == 0 {
		s.answers = []fakeAnswer{{status: 200, header: make(http.Header)}}
	}
	t.fakes.mu.Lock()
	t.fakes.servers = append(t.fakes.servers, s)
	t.fakes.mu.Unlock()
	return f.pushRecorder(L, s)
}
