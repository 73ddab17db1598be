// Package realtimetest contains a fake server with the Realtime API of OpenAI for tests. It has no
// model: each test says what the model hears and says. The server refuses what the real service
// refuses: unknown fields, a second answer at the same time, results of unknown calls, and
// truncations behind the end of an item.
//
// Each session has a goroutine that reads and a goroutine that runs the function of the test. The
// mutex of the session guards what they share.
package realtimetest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/testkit"
)

// Timeout is how long a test waits for an event.
const Timeout = 20 * time.Second

// A Server plays one session after the other.
type Server struct {
	URL  string // with the path; the scheme is ws
	Beta bool   // the server has the API before 2025; set it before the first session
	// Tolerated are the codes of errors that do not make the test fail; set it before the first
	// session.
	Tolerated []string

	t     testkit.TB
	plays []func(*Session)

	mu       sync.Mutex // guards the fields below
	played   int        // number of plays that have begun
	sessions []*Session // the sessions whose connections are open or were
	requests []*http.Request
}

// Serve starts a server, and stops it at the end of the test. It plays the first session with the
// first function, and so on, as soon as the client has set the session up. When the functions are
// used up, the server refuses connections with status 503. A function runs on a goroutine of its
// own; when it returns, the connection stays open until the client closes it, unless the function
// has closed it.
func Serve(t testkit.TB, plays ...func(*Session)) *Server {
	s := &Server{t: t, plays: plays}
	server := httptest.NewServer(s)
	s.URL = "ws" + strings.TrimPrefix(server.URL, "http") + "/v1/realtime"
	t.Cleanup(func() {
		for _, session := range s.Sessions() {
			session.ws.Close()
			<-session.over
		}
		server.Close()
	})
	return s
}

// Sessions returns the sessions so far.
func (s *Server) Sessions() []*Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sessions)
}

// Requests returns the handshakes so far.
func (s *Server) Requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// ServeHTTP implements [http.Handler]. It opens a WebSocket and plays the next session on it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r)
	n := s.played
	if n >= len(s.plays) {
		s.mu.Unlock()
		http.Error(w, `{"error":{"message":"the test has no more sessions"}}`, http.StatusServiceUnavailable)
		return
	}
	play := s.plays[n]
	session := &Session{server: s, Model: r.URL.Query().Get("model"), events: make(chan Event, 1000), begun: make(chan bool), gone: make(chan struct{}), over: make(chan struct{}), items: map[string]*item{}, calls: map[string]bool{}}
	s.played++
	s.mu.Unlock()
	ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		s.t.Errorf("%v", err)
		return
	}
	session.ws = ws
	s.mu.Lock()
	s.sessions = append(s.sessions, session)
	s.mu.Unlock()
	defer close(session.over)
	defer ws.Close()
	session.Send(Object{"type": "session.created", "session": session.settings()})
	played := make(chan struct{})
	go func() {
		defer close(played)
		session.Wait(session.begun)
		if session.IsOpen() {
			play(session)
		}
	}()
	session.read()
	<-played
}

// An Object is a JSON object.
type Object = map[string]any

// An Event is a message from the client.
type Event struct {
	Type string
	Raw  json.RawMessage
}

// Get returns the text at a path such as "item.call_id", or the JSON of another value, or "".
func (e Event) Get(path string) string {
	value := e.Raw
	for name := range strings.SplitSeq(path, ".") {
		var fields map[string]json.RawMessage
		var list []json.RawMessage
		switch {
		case json.Unmarshal(value, &fields) == nil:
			value = fields[name]
		case json.Unmarshal(value, &list) == nil && name == "0" && len(list) > 0:
			value = list[0]
		default:
			return ""
		}
	}
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}
