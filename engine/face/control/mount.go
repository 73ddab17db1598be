package control

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"moonlark/engine/face/web"

	prometheus "github.com/VictoriaMetrics/metrics"
)

// A Mount is a handler of another package on the server of a Control. Requests reach the handler
// only after the server has checked them: the Host, the Origin, and the token. Handlers must not
// send CORS headers.
type Mount struct {
	// Path is the path of the requests that Handler serves, such as "/mcp". If it ends in a slash,
	// such as "/inspector/", Handler also serves all longer paths. Handler sees the whole path.
	Path    string
	Handler http.Handler

	// MaxOpen is the maximum number of requests that Handler serves at the same time. Further requests
	// get the status 503. The server keeps connections for all of them, so that they cannot use up the
	// connections of the other paths. Zero means 8.
	MaxOpen int

	// MaxBody is the maximum size of a request's body, in bytes. Zero means 256 KB.
	MaxBody int64

	// Streams says that the duration of a response is not limited. A request may always take 10 seconds
	// to arrive. Without Streams, the response must be sent 15 seconds after the header of the request
	// has arrived. With Streams, each Write and each Flush may take 15 seconds, so that the stream of a
	// client that does not read ends. A page with a session gets its cookie again, so that the session of a
	// page that opens a stream from time to time does not end.
	// The handler must return when the context of the request ends: the client has gone away, or the
	// server is being closed. The handler may set other deadlines with an http.ResponseController.
	Streams bool

	// Public says that GET and HEAD requests need no token. It is for the files of a web page: the
	// browser loads them without a token. The page asks the user for the token and sends it with the
	// requests for its data, which must be on another, private Mount.
	Public bool

	// ForScreen says that a client with Options.ScreenToken may use the handler too.
	ForScreen bool

	// PathToken says that a client that cannot send the header Authorization may add the token to the
	// path: "/mcp/TOKEN". Handler sees the path without the token. Path must not end in a slash.
	PathToken bool
}

// defaultMaxOpen is the value of Mount.MaxOpen if it is zero.
const defaultMaxOpen = 8

// A mount is a Mount with the number of its open requests.
type mount struct {
	Mount
	open chan struct{} // has one element for each request that is being served
}

// Mount adds a handler to the HTTP server. Call it before Open. Without an address to listen on,
// the handler gets no requests. Mount panics if the path is in use.
func (c *Control) Mount(m Mount) {
	if m.MaxOpen == 0 {
		m.MaxOpen = defaultMaxOpen
	}
	if m.MaxBody == 0 {
		m.MaxBody = maxBody
	}
	taken := routes[m.Path] != nil
	for _, other := range c.mounts {
		taken = taken || other.Path == m.Path
	}
	switch {
	case taken:
		panic("control: there are two handlers for " + m.Path)
	case !strings.HasPrefix(m.Path, "/") || m.PathToken && strings.HasSuffix(m.Path, "/"):
		panic("control: " + m.Path + " cannot be the path of a handler")
	}
	c.mounts = append(c.mounts, &mount{Mount: m, open: make(chan struct{}, m.MaxOpen)})
}

// mountOf returns the mount for a path, or nil if there is none, and the part of the path after the
// path of the mount. Routes of this package take precedence, then the mount with the longest path.
func (c *Control) mountOf(path string) (found *mount, rest string) {
	if routes[path] != nil {
		return nil, ""
	}
	for _, m := range c.mounts {
		if after, ok := m.match(path); ok && (found == nil || len(m.Path) > len(found.Path)) {
			found, rest = m, after
		}
	}
	return found, rest
}

// match reports whether a path is one of the mount, and returns the part of it after the path of the
// mount. With PathToken, any text in place of the token matches.
func (m *mount) match(path string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path, m.Path)
	switch {
	case !ok || rest == "" || strings.HasSuffix(m.Path, "/"):
		return rest, ok
	case m.PathToken:
		rest, ok = strings.CutPrefix(rest, "/")
		return rest, ok && rest != ""
	}
	return "", false
}

// serve passes a request to the handler, with the limits of the mount.
func (m *mount) serve(w http.ResponseWriter, r *http.Request) {
	select {
	case m.open <- struct{}{}:
		defer func() { <-m.open }()
	default:
		w.Header().Set("Retry-After", "1")
		web.Fail(w, http.StatusServiceUnavailable, "too many requests for "+m.Path+" are open")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, m.MaxBody)
	if !m.Streams {
		m.Handler.ServeHTTP(w, r)
		return
	}
	stream := &streamWriter{ResponseWriter: w, deadlines: http.NewResponseController(w)}
	if r.ContentLength == 0 {
		stream.deadlines.SetReadDeadline(time.Time{})
	} else {
		r.Body = &streamBody{ReadCloser: r.Body, deadlines: stream.deadlines}
	}
	m.Handler.ServeHTTP(stream, r)
	stream.extend() // because net/http sends what it has buffered after this
}

// writeMounts writes the number of open requests of each mount as a metric.
func writeMounts(w io.Writer, mounts []*mount) {
	for _, m := range mounts {
		prometheus.WriteGaugeUint64(w, fmt.Sprintf(`moonlark_http_open_requests{path=%q}`, m.Path), uint64(len(m.open)))
	}
}
