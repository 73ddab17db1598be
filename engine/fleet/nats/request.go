package nats

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/identity"
)

// requestTimeout is how long a request waits for its reply, unless its context ends earlier.
const requestTimeout = 30 * time.Second

// drainTimeout is how long the end of a subscription waits for the messages that are on their way.
const drainTimeout = 5 * time.Second

// A subscription is made again after each connection.
type subscription struct {
	subject, queue string
	maxBytes       int // of the messages that wait for handle; the client library drops more
	handle         nats.MsgHandler

	current *nats.Subscription // that of the current connection; nil before the first one; guarded by link.mu

	running sync.Mutex // locked while handle runs
	ended   bool       // handle must not be called any more; guarded by running
}

// subscribe makes the subscription of a connection.
func (s *subscription) subscribe(conn *nats.Conn) {
	sub, err := conn.QueueSubscribe(s.subject, s.queue, func(m *nats.Msg) {
		s.running.Lock()
		defer s.running.Unlock()
		if !s.ended {
			s.handle(m)
		}
	})
	if err != nil {
		return // the connection has just been lost; the next one will try again
	}
	_ = sub.SetPendingLimits(maxWaiting, s.maxBytes)
	s.current = sub
}

// maxWaiting is how many messages of a subscription wait for its handler.
const maxWaiting = 4096

// subscribe makes a subscription, now and after each connection. handle is called on a goroutine of the
// subscription. It must not wait, because messages that do not find room meanwhile are lost; only that of
// ServeStarts does, so that a host takes no more requests than it can answer. It is not called any more once
// close was called.
func (l *link) subscribe(subject, queue string, maxBytes int, handle nats.MsgHandler) *subscription {
	s := &subscription{subject: subject, queue: queue, maxBytes: maxBytes, handle: func(m *nats.Msg) {
		if l.enter() {
			defer l.handlers.Done()
			handle(m)
		}
	}}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.subs[s] = true
	if l.conn != nil {
		s.subscribe(l.conn)
	}
	return s
}

// unsubscribe ends a subscription, and returns when the messages that have arrived have been handled. Those
// that have not been handled after drainTimeout are dropped. It must not be called from handle.
func (l *link) unsubscribe(s *subscription) {
	l.mu.Lock()
	delete(l.subs, s)
	current := s.current
	l.mu.Unlock()
	if current != nil && current.Drain() == nil {
		for end := time.Now().Add(drainTimeout); current.IsValid() && time.Now().Before(end); {
			time.Sleep(5 * time.Millisecond)
		}
	}
	s.running.Lock()
	s.ended = true
	s.running.Unlock()
}

// enter reports whether a function that handles a message may begin. If it may, the caller must call
// l.handlers.Done when the function ends.
func (l *link) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing {
		return false
	}
	l.handlers.Add(1)
	return true
}

// isInbox reports whether a subject is one that replies are sent to. The hub lets everybody reply who has
// received a message, with any subject that the sender of the message has chosen: so a device could have
// others publish what it may not publish itself.
func isInbox(subject string) bool { return strings.HasPrefix(subject, identity.InboxPrefix("")) }

// A request waits for its reply.
type request struct {
	subject string
	fail    context.CancelCauseFunc
}

// publishDenied finds the subject in the error of the hub for a message that may not be published.
var publishDenied = regexp.MustCompile(`Publish to "([^"]+)"`)

// errDenied is the error of a request that the hub does not allow.
var errDenied = errors.New("the hub does not allow this client")

// denied ends the requests that the hub has refused.
func (l *link) denied(err error) {
	found := publishDenied.FindStringSubmatch(err.Error())
	if found == nil {
		return
	}
	subject := found[1]
	err = fmt.Errorf("%w to publish to %.200q", errDenied, subject)
	l.mu.Lock()
	for r := range l.waiting {
		if r.subject == subject {
			r.fail(err)
		}
	}
	l.mu.Unlock()
	if l.refused != nil {
		l.refused(subject, err)
	}
}

// request sends a message and returns the reply. Without a connection, or if it is lost, it returns
// follow.ErrOffline at once. If nobody listens to the subject, it returns nats.ErrNoResponders.
func (l *link) request(ctx context.Context, m *nats.Msg) (*nats.Msg, error) {
	conn, _, _ := l.state()
	if conn == nil {
		return nil, follow.ErrOffline
	}
	return l.requestOver(ctx, conn, m)
}

// requestOver is request over this connection.
func (l *link) requestOver(ctx context.Context, conn *nats.Conn, m *nats.Msg) (*nats.Msg, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, requestTimeout, fmt.Errorf("no reply within %v", requestTimeout))
	defer cancel()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	r := &request{subject: m.Subject, fail: fail}
	l.mu.Lock()
	l.waiting[r] = true
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		delete(l.waiting, r)
		l.mu.Unlock()
	}()
	reply, err := conn.RequestMsgWithContext(ctx, m)
	switch {
	case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrDisconnected):
		return nil, follow.ErrOffline
	case err != nil && ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	return reply, err
}
