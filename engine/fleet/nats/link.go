package nats

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"moonlark/engine/backoff"
	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/identity"
)

const (
	minPause = 50 * time.Millisecond // between attempts to connect
	maxPause = time.Minute
	// stableTime is how long a connection must last so that the next pauses are short again.
	stableTime = 5 * time.Second
	// pingInterval is how often a ping is sent. Two that are not answered end the connection.
	pingInterval = 30 * time.Second
	flushTimeout = time.Second
	// maxComplaints is how many errors of the hub are logged for each connection.
	maxComplaints = 20
)

// A link keeps a connection with the hub. One goroutine connects, waits until the connection is lost, and
// connects again, until close is called.
//
// The client library could reconnect by itself. But it gives up for ever when the hub sends an error that
// the library does not know, it holds a lock while it dials, it sends hours later what was published without
// a connection, and a request whose connection is lost waits for its timeout.
type link struct {
	opts Options      // fixed
	hubs []hub        // fixed
	name string       // fixed: it begins the subjects that replies are sent to
	log  *slog.Logger // fixed

	// The levels of the log lines about a new connection and about a lost one. They must be set before start.
	connectedLevel, lostLevel slog.Level

	// connected is called after each connection, on the goroutine of the link. It may be nil, and must be
	// set before start.
	connected func()
	// refused is called when the hub does not allow the client to publish to a subject, on a goroutine of
	// the client library. It may be nil, and must be set before start.
	refused func(subject string, err error)

	ctx    context.Context // ends with close
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine has ended

	logins []nats.Option // used by the goroutine: the ways to log in, that which was last used first

	mu       sync.Mutex
	conn     *nats.Conn    // nil without a connection
	reason   error         // why there is none; nil before the first attempt has ended
	changed  chan struct{} // closed and replaced when conn or reason changes
	subs     map[*subscription]bool
	waiting  map[*request]bool
	closing  bool
	handlers sync.WaitGroup // of the functions that handle messages
}

// newLink returns a link that does not yet connect.
func newLink(o Options, hubs []hub, logins []nats.Option, name string) *link {
	l := &link{
		connectedLevel: slog.LevelInfo, lostLevel: slog.LevelWarn,
		opts: o, hubs: hubs, logins: logins, name: name, log: cmp.Or(o.Log, slog.New(slog.DiscardHandler)),
		done: make(chan struct{}), changed: make(chan struct{}),
		subs: map[*subscription]bool{}, waiting: map[*request]bool{},
	}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// start starts the goroutine of the link.
func (l *link) start() {
	go func() {
		defer close(l.done)
		longest := cmp.Or(l.opts.maxPause, maxPause)
		pauses := backoff.Backoff{First: min(time.Second, longest), Max: longest}
		for l.ctx.Err() == nil {
			if lasted := l.connect(); lasted > stableTime {
				pauses.Reset()
			}
			// The pause is random, so that a hub that comes back does not see all devices at once.
			select {
			case <-time.After(minPause + rand.N(pauses.Next())):
			case <-l.ctx.Done():
			}
		}
	}()
}

// connect connects once, and returns when the connection is lost, or could not be made. It returns how
// long the connection has lasted.
func (l *link) connect() time.Duration {
	d := &dialer{ctx: l.ctx, hubs: l.hubs, roots: l.opts.RootCAs, pin: l.opts.Pin, inProcess: l.opts.InProcess}
	closed := make(chan struct{})
	c := &complaints{link: l}
	options := []nats.Option{
		nats.NoReconnect(),
		nats.SetCustomDialer(d), nats.SkipHostLookup(), nats.IgnoreDiscoveredServers(),
		nats.Timeout(dialTimeout), nats.PingInterval(pingInterval), nats.MaxPingsOutstanding(2),
		nats.Name(l.name), nats.CustomInboxPrefix(identity.InboxPrefix(l.name)),
		nats.ErrorHandler(c.handle),
		nats.ClosedHandler(func(*nats.Conn) { close(closed) }),
	}
	conn, err := l.logIn(options)
	if err != nil {
		if errors.Is(err, nats.ErrNoServers) {
			err = cmp.Or(d.err, err)
		}
		l.lost(err)
		return 0
	}
	began := time.Now()
	l.use(conn)
	select {
	case <-closed:
	case <-l.ctx.Done():
		conn.Close()
		<-closed
	}
	l.lost(cmp.Or(c.fatal(), conn.LastError(), errors.New("the hub has ended the connection")))
	return time.Since(began)
}

// logIn connects with the first of the logins that the hub accepts.
func (l *link) logIn(options []nats.Option) (conn *nats.Conn, err error) {
	urls := make([]string, len(l.hubs))
	for i, h := range l.hubs {
		urls[i] = "nats://" + h.address // the dialer adds TLS
	}
	for i, login := range l.logins {
		conn, err = nats.Connect(strings.Join(urls, ","), append(slices.Clip(options), login)...)
		if err == nil {
			l.logins[0], l.logins[i] = l.logins[i], l.logins[0]
		}
		// If another hub cannot be reached, the library may return ErrNoServers in place of a refusal.
		mayBeRefused := len(l.hubs) > 1 && errors.Is(err, nats.ErrNoServers)
		if !errors.Is(err, nats.ErrAuthorization) && !mayBeRefused {
			break
		}
	}
	return conn, err
}

// use makes the subscriptions of a new connection, and then lets everybody use it.
func (l *link) use(conn *nats.Conn) {
	l.mu.Lock()
	for s := range l.subs {
		s.subscribe(conn)
	}
	l.conn, l.reason = conn, nil
	l.change()
	l.mu.Unlock()
	l.log.Log(l.ctx, l.connectedLevel, "connected with the hub of the fleet", "address", conn.ConnectedAddr())
	if l.connected != nil {
		l.connected()
	}
}

// lost records that the connection was lost or could not be made, and why.
func (l *link) lost(err error) {
	err = explain(err)
	l.mu.Lock()
	known := l.conn == nil && l.reason != nil && l.reason.Error() == err.Error()
	l.conn, l.reason = nil, err
	l.change()
	l.mu.Unlock()
	if !known && l.ctx.Err() == nil {
		l.log.Log(l.ctx, l.lostLevel, "no connection with the hub of the fleet", "reason", err)
	}
}

// ErrRefused is the error of a connection when the hub does not accept the credentials.
var ErrRefused = errors.New("the hub refuses the credentials")

// explain returns the error in words that say more to people.
func explain(err error) error {
	for _, refused := range []error{nats.ErrAuthorization, nats.ErrAuthExpired, nats.ErrAuthRevoked, nats.ErrAccountAuthExpired} {
		if errors.Is(err, refused) {
			return fmt.Errorf("%w: %s", ErrRefused, strings.TrimPrefix(err.Error(), "nats: "))
		}
	}
	return err
}

// change wakes those who wait for the connection. The mutex must be locked.
func (l *link) change() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// state returns the current connection, or nil and why there is none; and a channel that is closed when this
// changes.
func (l *link) state() (conn *nats.Conn, changed <-chan struct{}, reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn, l.changed, l.reason
}

// close ends the connection, and returns when the goroutine of the link and all handlers have ended.
func (l *link) close() {
	l.mu.Lock()
	l.closing = true // no handler begins from here on
	l.mu.Unlock()
	l.handlers.Wait()
	if conn, _, _ := l.state(); conn != nil {
		ctx, cancel := context.WithTimeout(l.ctx, flushTimeout)
		_ = conn.FlushWithContext(ctx) // for the last replies of handlers
		cancel()
	}
	l.cancel()
	<-l.done
}

// complaints handles the errors that the hub sends in a connection.
type complaints struct {
	link *link

	mu     sync.Mutex
	logged map[string]bool
	reason error // why the hub is going to end the connection
}

// handle is called by the client library, on a goroutine of the library.
func (c *complaints) handle(_ *nats.Conn, sub *nats.Subscription, err error) {
	explained := explain(err)
	c.mu.Lock()
	if explained.Error() != err.Error() {
		c.reason = explained
	}
	if c.logged == nil {
		c.logged = map[string]bool{}
	}
	isNew := !c.logged[err.Error()] && len(c.logged) < maxComplaints
	if isNew {
		c.logged[err.Error()] = true
	}
	c.mu.Unlock()
	if errors.Is(err, nats.ErrPermissionViolation) {
		c.link.denied(err)
	}
	if !isNew {
		return
	}
	subject := ""
	if sub != nil {
		subject = sub.Subject
	}
	c.link.log.Warn("the hub of the fleet reports an error", "error", fmt.Sprintf("%.300s", err), "subject", subject)
}

// fatal returns why the hub has ended the connection, or nil if the hub did not say it.
func (c *complaints) fatal() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reason
}

// publicState returns the state for people.
func (l *link) publicState() follow.Link {
	conn, _, reason := l.state()
	switch {
	case conn != nil:
		return follow.Link{Connected: true}
	case reason != nil:
		return follow.Link{Reason: reason.Error()}
	}
	return follow.Link{}
}
