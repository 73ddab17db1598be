package mcp

import (
	"context"
	"sync"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// httpSessions are the sessions of HTTP clients that use MCP versions before 2026-07-28. The library
// keeps each session until its client ends it, and many clients never do. A session ends here when
// it has had no request for some time, or when there are too many. Any goroutine may call the methods.
type httpSessions struct {
	idle time.Duration  // how long a session without an open request lasts
	ends sync.WaitGroup // the goroutines that end sessions

	mu     sync.Mutex // guards the fields below
	byID   map[string]*httpSession
	closed bool // whether close was called; sessions that begin later are ended at once
}

// An httpSession is one session. httpSessions.mu guards the fields below the blank line.
type httpSession struct {
	sdk    *sdk.ServerSession
	ctx    context.Context // done when the session has ended; its calls are cancelled then
	cancel context.CancelFunc

	open  int         // how many requests are open, including a stream for notifications
	since time.Time   // when the last request ended
	timer *time.Timer // ends the session
}

func newHTTPSessions(idle time.Duration) *httpSessions {
	return &httpSessions{idle: idle, byID: map[string]*httpSession{}}
}

// add adds a session that has begun. If there are maxHTTPSessions already, it ends the one that has had
// no request for the longest time.
func (s *httpSessions) add(session *sdk.ServerSession) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := session.ID()
	if s.byID[id] != nil {
		return
	}
	if s.closed {
		go session.Close() // it has no calls, so it ends at once
		return
	}
	if len(s.byID) >= maxHTTPSessions {
		s.removeIdlest()
	}
	n := &httpSession{sdk: session, since: time.Now()}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.timer = time.AfterFunc(s.idle, func() { s.expire(id) })
	s.byID[id] = n
}

// removeIdlest ends the session that has had no request for the longest time. If all sessions have an
// open request, it ends none: the number of open requests is limited too. The caller must hold s.mu.
func (s *httpSessions) removeIdlest() {
	idlest := ""
	for id, n := range s.byID {
		if n.open == 0 && (idlest == "" || n.since.Before(s.byID[idlest].since)) {
			idlest = id
		}
	}
	if idlest != "" {
		s.remove(idlest)
	}
}

// begin notes that a request of a session begins. The caller must call end when the request has ended.
func (s *httpSessions) begin(id string) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.byID[id]
	if n == nil {
		return func() {} // the library answers that there is no such session
	}
	n.open++
	n.timer.Stop()
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		n.open--
		if n.open == 0 && s.byID[id] == n {
			n.since = time.Now()
			n.timer.Reset(s.idle)
		}
	}
}

// expire ends a session that has had no request for s.idle.
func (s *httpSessions) expire(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.byID[id]; n != nil && n.open == 0 {
		s.remove(id)
	}
}

// forget removes a session that the library is about to end, and cancels its calls.
func (s *httpSessions) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.byID[id]; n != nil {
		delete(s.byID, id)
		n.timer.Stop()
		n.cancel()
	}
}

// remove ends a session. It does so on a goroutine of its own, which waits for the calls of the
// session. The caller must hold s.mu.
func (s *httpSessions) remove(id string) {
	n := s.byID[id]
	delete(s.byID, id)
	n.timer.Stop()
	n.cancel()
	s.ends.Go(func() { n.sdk.Close() })
}

// bind returns a context for a request of a client. It is done when ctx is, or when the session of
// the client has ended.
func (s *httpSessions) bind(ctx context.Context, id string) (context.Context, context.CancelFunc) {
	s.mu.Lock()
	n := s.byID[id]
	s.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	if n == nil {
		cancel()
		return ctx, cancel
	}
	stop := context.AfterFunc(n.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// count returns how many sessions there are.
func (s *httpSessions) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.byID)
}

// close ends all sessions, and those that begin later. It returns when their calls have ended.
func (s *httpSessions) close() {
	s.mu.Lock()
	s.closed = true
	for id := range s.byID {
		s.remove(id)
	}
	s.mu.Unlock()
	s.ends.Wait()
}

// sessionHeader is the header with the id of the session.
const sessionHeader = "Mcp-Session-Id"

// follow tells s of the sessions that begin, and cancels the calls of those that have ended.
func (s *httpSessions) follow(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, request sdk.Request) (sdk.Result, error) {
		session, ok := request.GetSession().(*sdk.ServerSession)
		if !ok || session.ID() == "" { // a client of stdio, or one that uses MCP 2026-07-28
			return next(ctx, method, request)
		}
		if method != "initialize" {
			ctx, cancel := s.bind(ctx, session.ID())
			defer cancel()
			return next(ctx, method, request)
		}
		result, err := next(ctx, method, request)
		if err == nil {
			s.add(session)
		}
		return result, err
	}
}
