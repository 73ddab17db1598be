package mcp

import (
	"net/http"
	"sync"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	_ "moonlark/engine/face/mcp/environment"
)

const (
	// HTTPPath is the path at which clients expect an HTTPHandler.
	HTTPPath = "/mcp"

	// MaxHTTPRequests is the maximum number of open requests of all HTTP clients together, and
	// MaxHTTPBody the maximum size of the body of one, in bytes. The server that calls an HTTPHandler
	// must keep to both. There may be maxHTTPStreams streams and maxCalls calls, and the others are for
	// requests that are short, so that a client can always cancel a call.
	MaxHTTPRequests = maxHTTPStreams + maxCalls + 8
	MaxHTTPBody     = 1 << 20

	// maxHTTPStreams is the maximum number of open requests that are streams for notifications. The
	// other open requests are for calls, so that clients that wait for notifications do not block calls.
	maxHTTPStreams = 32

	// maxHTTPSessions is the maximum number of sessions.
	maxHTTPSessions = 256

	// httpIdle is how long a session lasts without a request.
	httpIdle = 30 * time.Minute

	// keepAliveInterval is the time without a message after which a stream gets a comment, which
	// clients ignore. Many proxies end a connection on which nothing has been sent for a minute.
	keepAliveInterval = 25 * time.Second

	// statelessVersion is the first version of MCP without sessions.
	statelessVersion = "2026-07-28"
)

// An HTTPHandler serves the clients of a Server over HTTP. It passes each request to one of the two
// handlers of the library: one has sessions, for clients that use MCP versions before 2026-07-28;
// the other has none.
//
// The handler checks neither the sender nor the token: the server that calls it must do that. The
// server must not limit the duration of a response: a response takes as long as the call, and a stream
// for notifications lasts until its client ends it.
//
// If a client with a session goes away during a call, the call runs to its end, because the client
// may come back. Without a session, the call is cancelled.
type HTTPHandler struct {
	sessions  *httpSessions
	stateful  http.Handler
	stateless http.Handler
	keepAlive time.Duration
	streams   chan struct{} // has one element for each open stream for notifications
}

// NewHTTPHandler returns a handler for the clients of s. There must be only one for each Server. Call
// Close when no more requests arrive.
func NewHTTPHandler(s *Server) *HTTPHandler {
	h := &HTTPHandler{
		sessions:  newHTTPSessions(httpIdle),
		keepAlive: keepAliveInterval,
		streams:   make(chan struct{}, maxHTTPStreams),
	}
	s.sdk.AddReceivingMiddleware(h.sessions.follow)
	server := func(*http.Request) *sdk.Server { return s.sdk }
	h.stateful = sdk.NewStreamableHTTPHandler(server, &sdk.StreamableHTTPOptions{
		DisableLocalhostProtection: true, MaxRequestBodyBytes: MaxHTTPBody,
	})
	h.stateless = sdk.NewStreamableHTTPHandler(server, &sdk.StreamableHTTPOptions{
		DisableLocalhostProtection: true, MaxRequestBodyBytes: MaxHTTPBody,
		Stateless: true, PropagateRequestCancellation: true,
	})
	return h
}

// Close ends all sessions and their calls, and those that begin later. Call it when the program ends.
func (h *HTTPHandler) Close() { h.sessions.close() }

// ServeHTTP serves one request. For a stream for notifications it returns when the client, the
// session or the server has ended it.
func (h *HTTPHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet || r.Header.Get("Mcp-Method") == listenMethod {
		select {
		case h.streams <- struct{}{}:
			defer func() { <-h.streams }()
		default:
			w.Header().Set("Retry-After", "30")
			http.Error(w, "too many clients wait for notifications", http.StatusServiceUnavailable)
			return
		}
	}
	if r.Method == http.MethodPost && !checkBody(w, r) {
		return
	}
	decodeName(r.Header)
	if len(r.Header.Values("Accept")) == 0 {
		r.Header.Set("Accept", "*/*") // HTTP says that a missing header means this; the library would refuse the request
	}
	w.Header().Set("X-Accel-Buffering", "no") // otherwise nginx delays events
	stream := newEventStream(w, h.keepAlive)
	defer stream.end()
	// versions are dates, which have the same order as texts
	if r.Header.Get("MCP-Protocol-Version") >= statelessVersion {
		h.stateless.ServeHTTP(stream, r)
		return
	}
	id := r.Header.Get(sessionHeader)
	if r.Method == http.MethodDelete {
		h.sessions.forget(id)
	}
	defer h.sessions.begin(id)()
	h.stateful.ServeHTTP(stream, r)
}

// An eventStream is the ResponseWriter of a request. If the response is a stream of events, it sends
// a comment when nothing was sent for some time. The library writes on any goroutine. It writes each
// event with one call of Write, so that a comment cannot be inside of an event.
type eventStream struct {
	http.ResponseWriter
	interval time.Duration

	mu     sync.Mutex  // guards the writes to ResponseWriter and the fields below
	timer  *time.Timer // sends the next comment; nil before the first event
	isOver bool        // whether end was called
}

func newEventStream(w http.ResponseWriter, interval time.Duration) *eventStream {
	return &eventStream{ResponseWriter: w, interval: interval}
}

// Write sends an event, or a part of a response that is not a stream of events.
func (s *eventStream) Write(data []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isOver {
		return 0, http.ErrHandlerTimeout
	}
	switch {
	case s.timer != nil:
		s.timer.Reset(s.interval)
	case s.Header().Get("Content-Type") == "text/event-stream":
		s.timer = time.AfterFunc(s.interval, s.comment)
	}
	return s.ResponseWriter.Write(data)
}

// FlushError sends what has been written.
func (s *eventStream) FlushError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isOver {
		return http.ErrHandlerTimeout
	}
	return http.NewResponseController(s.ResponseWriter).Flush()
}

// Unwrap returns the ResponseWriter of the server, for an http.ResponseController.
func (s *eventStream) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// comment sends a comment, unless the response has ended.
func (s *eventStream) comment() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isOver {
		return
	}
	s.timer.Reset(s.interval)
	if _, err := s.ResponseWriter.Write([]byte(":\n\n")); err == nil {
		http.NewResponseController(s.ResponseWriter).Flush()
	}
}

// end makes later writes fail, because the ResponseWriter must not be used after ServeHTTP has returned.
func (s *eventStream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isOver = true
	if s.timer != nil {
		s.timer.Stop()
	}
}
