package control

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"moonlark/engine/face/web"
)

// A handler serves one HTTP request. If it returns an error, route sends the error as the response.
// If it returns nil, the handler of a GET request has written the response itself, and route sends
// {"ok":true} as the response to a POST request.
type handler func(*server, http.ResponseWriter, *http.Request) error

// routes maps each path and method to its handler. docs/http.md describes the paths for users.
var routes = map[string]map[string]handler{
	"/healthz": {http.MethodGet: (*server).serveHealth},
	"/metrics": {http.MethodGet: (*server).serveMetrics},
	"/log":     {http.MethodGet: (*server).serveLog},
	loginPath:  {http.MethodPost: (*server).serveLogin},
	"/start":   {http.MethodPost: (*server).serveStart},
	"/stop":    {http.MethodPost: (*server).serveStop},
	"/say":     {http.MethodPost: (*server).serveSay},
	"/context": {http.MethodPost: (*server).serveContext},
	"/event":   {http.MethodPost: (*server).serveEvent},
	"/gpio":    {http.MethodGet: (*server).serveGPIO, http.MethodPost: (*server).serveSetGPIO},
}

// An httpError is an error with the HTTP status of the response.
type httpError struct {
	status int
	text   string
}

func (e *httpError) Error() string { return e.text }

// badRequest returns an error for a request that is wrong whatever the agent does (HTTP 400).
func badRequest(text string) error { return &httpError{http.StatusBadRequest, text} }

// conflict returns an error for a request that the agent cannot fulfil at the moment (HTTP 409). It
// returns nil if err is nil.
func conflict(err error) error {
	if err == nil {
		return nil
	}
	return &httpError{http.StatusConflict, err.Error()}
}

// ServeHTTP checks a request and passes it to its mount or to route. It sends the response if the
// request is refused.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range map[string]string{
		"X-Content-Type-Options":       "nosniff",
		"Cache-Control":                "no-store",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Frame-Options":              "DENY",
	} {
		w.Header().Set(name, value)
	}
	m, rest := s.control.mountOf(r.URL.Path)
	if err := s.guard.checkSender(r, m); err != nil {
		failWith(w, err)
		return
	}
	if strings.Contains(r.URL.Path+"/", "/.well-known/") {
		// Clients look there for an OAuth server. The status 401 would make them begin a login.
		web.Fail(w, http.StatusNotFound, "there is nothing below /.well-known")
		return
	}
	switch {
	case r.URL.Path == loginPath: // where a page gets a session
		s.route(w, r)
	case !s.guard.hasToken(r, m, rest) && s.guard.rightOf(r) == screenRight:
		web.Fail(w, http.StatusForbidden, "the token of the screen opens only the screen")
	case !s.guard.hasToken(r, m, rest):
		w.Header().Set("WWW-Authenticate", `Bearer realm="moonlark"`)
		web.Fail(w, http.StatusUnauthorized, "the token is missing or wrong: send the header Authorization: Bearer TOKEN")
	case m != nil && m.PathToken && rest != "":
		if !s.guard.isToken(rest) {
			s.route(w, r)
			return
		}
		r = r.Clone(r.Context())
		r.URL.Path, r.URL.RawPath, r.RequestURI = m.Path, "", m.Path
		m.serve(w, r)
	case m != nil:
		if m.Streams {
			s.guard.renewSession(w, r)
		}
		m.serve(w, r)
	default:
		s.route(w, r)
	}
}

// route calls the handler for a request. It sends the response if the handler returns an error or
// if the request is a POST.
func (s *server) route(w http.ResponseWriter, r *http.Request) {
	methods := s.methodsOf(r.URL.Path)
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet // net/http sends no body in the response to HEAD
	}
	handle := methods[method]
	switch {
	case methods == nil:
		web.Fail(w, http.StatusNotFound, "there is no "+shorten(r.URL.Path)+"; there are "+strings.Join(s.paths(), ", "))
		return
	case handle == nil:
		allowed := strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
		w.Header().Set("Allow", allowed)
		web.Fail(w, http.StatusMethodNotAllowed, r.URL.Path+" needs the method "+allowed)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	err := handle(s, w, r)
	switch {
	case err != nil:
		failWith(w, err)
	case method == http.MethodPost:
		web.Reply(w, http.StatusAccepted, map[string]bool{"ok": true})
	}
}

// loginPath is the only route without an agent.
const loginPath = "/login"

// methodsOf returns the handlers of a path by method, or nil if there is no such path.
func (s *server) methodsOf(path string) map[string]handler {
	if s.agent == nil && path != loginPath {
		return nil
	}
	return routes[path]
}

// paths returns the paths of all routes and mounts in order.
func (s *server) paths() []string {
	var paths []string
	for path := range routes {
		if s.methodsOf(path) != nil {
			paths = append(paths, path)
		}
	}
	for _, m := range s.control.mounts {
		paths = append(paths, m.Path)
	}
	slices.Sort(paths)
	return paths
}

// failWith sends err as the response. Its status is that of the httpError in err, or 500.
func failWith(w http.ResponseWriter, err error) {
	var withStatus *httpError
	if errors.As(err, &withStatus) {
		web.Fail(w, withStatus.status, withStatus.text)
		return
	}
	web.Fail(w, http.StatusInternalServerError, err.Error())
}

// readBody decodes the body of a request, a JSON object, into v. Unknown fields are an error,
// because they are probably misspelt. If optional is true, the body may be empty. The error is an
// *httpError.
func readBody(r *http.Request, v any, optional bool) error {
	text, err := io.ReadAll(r.Body)
	switch {
	case err != nil:
		status, text := web.BodyError(err)
		return &httpError{status, text}
	case len(bytes.TrimSpace(text)) == 0 && optional:
		return nil
	}
	if err := web.DecodeObject(text, v); err != nil {
		return badRequest("want a JSON object of the right form: " + err.Error())
	}
	return nil
}
