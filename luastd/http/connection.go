package http

import (
	"context"
	"net"
	"net/http/httptrace"
	"sync"
	"time"

	"moonlark/engine/permit"
)

// connections are the open connections of a module. Any goroutine may use them.
type connections struct {
	mu     sync.Mutex // guards the fields below
	closed bool
	open   map[*connection]struct{}
}

// A connection is an open connection of a module.
type connection struct {
	net.Conn
	all *connections
}

// add adds conn. It returns nil if closeAll has been called.
func (all *connections) add(conn net.Conn) *connection {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.closed {
		return nil
	}
	if all.open == nil {
		all.open = make(map[*connection]struct{})
	}
	c := &connection{conn, all}
	all.open[c] = struct{}{}
	return c
}

// count returns how many connections are open.
func (all *connections) count() int {
	all.mu.Lock()
	defer all.mu.Unlock()
	return len(all.open)
}

// Close closes the connection. It may be called more than once.
func (c *connection) Close() error {
	c.all.mu.Lock()
	delete(c.all.open, c)
	c.all.mu.Unlock()
	return c.Conn.Close()
}

// closeAll closes all connections, and those that are added later.
func (all *connections) closeAll() {
	all.mu.Lock()
	all.closed = true
	open := all.open
	all.open = nil
	all.mu.Unlock()
	for c := range open {
		c.Conn.Close()
	}
}

// dialer returns the function with which a transport makes connections. socket is the Unix socket
// to which all connections go, or nil.
func (m *module) dialer(socket *permit.SocketPlace) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		a := ctx.Value(attemptKey{}).(*attempt)
		// The context of the transport does not end with the request.
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(a.ctx, cancel)()
		var conn net.Conn
		var err error
		if socket != nil {
			conn, err = socket.DialContext(ctx)
		} else {
			conn, err = m.rt.Permit().Dialer(a.defaultPort)(ctx, network, address)
		}
		if err != nil {
			return nil, err
		}
		c := m.connections.add(conn)
		if c == nil || !a.made(c) {
			conn.Close()
			return nil, context.Canceled
		}
		if m.connections.count() > maxIdle+maxCalls {
			m.closeIdle()
		}
		return c, nil
	}
}

// An attempt is the attempt to get a connection for a request. A transport finishes a connection
// that it has begun to make even if the request has been cancelled; an attempt closes it instead.
type attempt struct {
	ctx         context.Context // of the request
	defaultPort uint16
	timer       *time.Timer // cancels ctx when the attempt takes too long

	mu       sync.Mutex // guards the fields below
	finished bool
	release  []func() bool // each makes a connection independent of ctx
}

type attemptKey struct{}

// newAttempt returns an attempt for a request with the context ctx, and a context for the
// transport. When the timeout has passed, the
// attempt calls cancel.
func newAttempt(ctx context.Context, defaultPort uint16, timeout time.Duration, cancel func()) (*attempt, context.Context) {
	a := &attempt{ctx: ctx, defaultPort: defaultPort, timer: time.AfterFunc(timeout, cancel)}
	ctx = context.WithValue(ctx, attemptKey{}, a)
	return a, httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { a.timer.Reset(timeout) },
		GotConn: func(httptrace.GotConnInfo) { a.timer.Stop() },
	})
}

// made tells a that c was made. Until finish is called, c is closed when the request is cancelled.
// made returns false if the request has been cancelled already.
func (a *attempt) made(c *connection) bool {
	if a.ctx.Err() != nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.finished {
		a.release = append(a.release, context.AfterFunc(a.ctx, func() { c.Close() }))
	}
	return true
}

// finish says that the request has its answer, or has failed.
func (a *attempt) finish() {
	a.timer.Stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.finished = true
	for _, release := range a.release {
		release()
	}
}
