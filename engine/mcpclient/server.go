package mcpclient

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"moonlark/engine/backoff"
	"moonlark/engine/repeat"
	"moonlark/engine/safetext"
)

const (
	// firstPause and maxPause are the pauses before a server that was lost is started again.
	firstPause = 500 * time.Millisecond
	maxPause   = 30 * time.Second
	// provenTime is how long a server must have been ready for its next pause to be firstPause.
	provenTime = 10 * time.Second

	// listPause is the shortest time between two lists of the tools of a server, which may say all the
	// time that its tools have changed.
	listPause = 500 * time.Millisecond

	maxCalls = 64 // calls of a server at the same time
)

// A State is the state of a server.
type State string

const (
	Starting State = "starting" // it is being started for the first time, or has not been needed yet
	Ready    State = "ready"    // its tools can be called
	Down     State = "down"     // it was lost or could not be started, and is tried again after a pause
)

// A Server is one server. Any goroutine may use it. While it is in use, one goroutine connects to it
// and watches the connection.
type Server struct {
	entry *Entry       // never changes
	log   *slog.Logger // may be nil; never changes
	slots chan struct{}

	modern bool // the server knows only the newest version of the protocol; only for the goroutine run

	mu        sync.Mutex // guards the fields below
	users     int
	cancel    context.CancelFunc // ends the goroutine run; nil if there is none
	done      chan struct{}      // closed when the last goroutine run has ended; nil before the first
	state     State
	why       string              // why the server is down
	session   *session            // nil unless the server is ready
	tools     []*Tool             // those that may be called, sorted by name
	known     map[string][32]byte // the sums of the definitions that were listed first, by name
	takenBack map[string]bool     // tools whose definition has changed, for as long as the Server exists

	toldIncomplete bool          // the log says that tools were left out
	changed        chan struct{} // closed, and replaced, when something of the above has changed
	watchers       map[*watcher]func()
}

// A watcher stands for one call of Watch.
type watcher struct{ _ byte }

// NewServer returns the server of an entry. It starts nothing. log gets what happens to the server;
// nil means that it is dropped. The caller must call Close.
func NewServer(e *Entry, log *slog.Logger) *Server {
	return &Server{
		entry: e, log: log, slots: make(chan struct{}, maxCalls), state: Starting, known: make(map[string][32]byte), takenBack: make(map[string]bool),
		changed: make(chan struct{}), watchers: make(map[*watcher]func()),
	}
}

// Name returns the name of the server.
func (s *Server) Name() string { return s.entry.Name }

// Entry returns the entry of the server.
func (s *Server) Entry() *Entry { return s.entry }

// Acquire says that somebody uses the server. The first user starts it, in the background. Each
// Acquire needs a Release.
func (s *Server) Acquire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users++; s.users > 1 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	before, done := s.done, make(chan struct{})
	s.cancel, s.done = cancel, done
	s.set(Starting, "", nil)
	go func() {
		defer close(done)
		if before != nil {
			<-before
		}
		s.run(ctx)
	}()
}

// Release says that somebody does not use the server any more. The last user ends it, in the
// background.
func (s *Server) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.users == 0 && s.cancel != nil {
		s.cancel()
		s.cancel = nil
	}
}

// Close ends the server, also if it is in use, and returns when nothing of it runs any more: after at
// most two seconds.
func (s *Server) Close() {
	s.mu.Lock()
	if s.cancel != nil {
		s.cancel()
		s.cancel = nil
	}
	done := s.done
	s.mu.Unlock()
	if done != nil {
		<-done
	}
}

// Status returns the state of the server, and why it is down.
func (s *Server) Status() (state State, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state, s.why
}

// Tools returns the tools that may be called, sorted by name. They are those of the last connection
// while the server is down, and none before the server has been ready for the first time.
func (s *Server) Tools() []*Tool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tools
}

// Watch makes f be called whenever the state or the tools of the server may have changed, on any
// goroutine. f must not block. stop ends that; f may still run once.
func (s *Server) Watch(f func()) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := new(watcher)
	s.watchers[w] = f
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, w)
	}
}

// AwaitReady waits until the server is ready. The error says why it is down, or is that of ctx.
func (s *Server) AwaitReady(ctx context.Context) error {
	_, err := s.ready(ctx)
	return err
}

// ready waits until the server is ready, and returns the session. The error is an *Error.
func (s *Server) ready(ctx context.Context) (*session, error) {
	for {
		s.mu.Lock()
		state, why, sess, changed := s.state, s.why, s.session, s.changed
		s.mu.Unlock()
		switch {
		case state == Ready:
			return sess, nil
		case state == Down:
			return nil, failed("offline", "%s is not running: %s", s.entry.Name, why)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, s.ended(ctx, "has not started")
		}
	}
}

// set changes the state. The caller holds s.mu.
func (s *Server) set(state State, why string, sess *session) {
	s.state, s.why, s.session = state, why, sess
	s.announce()
}

// announce tells everybody that something has changed. The caller holds s.mu.
func (s *Server) announce() {
	close(s.changed)
	s.changed = make(chan struct{})
	for _, f := range s.watchers {
		go f() // f may call methods of s
	}
}

// run connects to the server again and again, until ctx is done.
func (s *Server) run(ctx context.Context) {
	pause := backoff.Backoff{First: firstPause, Max: maxPause}
	failures := make(map[string]int)
	for ctx.Err() == nil {
		began := time.Now()
		err := s.runOnce(ctx)
		if ctx.Err() != nil {
			break
		}
		if time.Since(began) > provenTime {
			pause.Reset()
		}
		why := shortText(err)
		s.mu.Lock()
		s.set(Down, why, nil)
		s.mu.Unlock()
		wait := pause.Next()
		failures[repeat.Key(why)]++
		if n := failures[repeat.Key(why)]; repeat.Shown(n) {
			s.logf(slog.LevelWarn, "is not running: %s%s", why, repeat.Suffix(n))
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set(Down, "it is not in use", nil)
}

// runOnce connects to the server, and returns when it is lost, or when ctx is done.
func (s *Server) runOnce(ctx context.Context) error {
	starting, cancel := context.WithTimeout(ctx, s.entry.startup())
	defer cancel()
	began := time.Now()
	sess, err := s.connect(starting)
	if err == nil {
		defer sess.end()
		err = s.update(starting, sess)
	}
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) && starting.Err() != nil {
			return fmt.Errorf("it has not started in %v", s.entry.startup())
		}
		return err
	}
	s.mu.Lock()
	s.set(Ready, "", sess)
	n := len(s.tools)
	s.mu.Unlock()
	listed, failures := time.Now(), 0
	s.logf(slog.LevelInfo, "is ready after %v; tools that may be called: %d%s", time.Since(began).Round(time.Millisecond), n, serverInfo(sess))
	for {
		select {
		case <-sess.lost:
			return sess.why
		case <-ctx.Done():
			return ctx.Err()
		case <-sess.changed:
		}
		pause := time.NewTimer(time.Until(listed.Add(listPause)))
		select {
		case <-pause.C:
		case <-sess.lost:
		case <-ctx.Done():
		}
		pause.Stop()
		listing, cancel := context.WithTimeout(ctx, s.entry.timeout())
		err := s.update(listing, sess)
		cancel()
		listed = time.Now()
		if err != nil && ctx.Err() == nil {
			if failures++; repeat.Shown(failures) {
				s.logf(slog.LevelWarn, "has changed its tools, but they cannot be listed: %s%s", shortText(err), repeat.Suffix(failures))
			}
		}
		s.mu.Lock()
		s.announce()
		s.mu.Unlock()
	}
}

// update gets the tools of the server.
func (s *Server) update(ctx context.Context, sess *session) error {
	listed, err := sess.list(ctx)
	if err == nil {
		s.relist(listed)
	}
	return err
}

// shortText returns the text of an error, which a server may have written, for the log.
func shortText(err error) string { return safetext.Cut(safetext.Line(plainError(err)), 300, "…") }

// serverInfo returns the name of the program of the server and its version, for the log.
func serverInfo(sess *session) string {
	res := sess.InitializeResult()
	if res == nil || res.ServerInfo == nil {
		return ""
	}
	return " " + safetext.Cut(safetext.Line(fmt.Sprintf("(%s %s)", res.ServerInfo.Name, res.ServerInfo.Version)), 100, "…")
}

// logf logs a sentence whose subject is the server.
func (s *Server) logf(level slog.Level, format string, args ...any) {
	if s.log != nil {
		s.log.Log(context.Background(), level, "mcp server "+s.entry.Name+" "+fmt.Sprintf(format, args...))
	}
}
