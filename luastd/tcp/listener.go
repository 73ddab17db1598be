package tcp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"moonlark/luastd/sockets"
)

const (
	maxPending       = 16               // maximal number of connections that have not been accepted
	handshakeTimeout = 10 * time.Second // how long a client may take to begin TLS
)

// A listener accepts connections, and passes them to the server of the script's generation. It
// stays open when the script is loaded again: it is a luastd.Resource. Any goroutine may call its
// methods.
type listener struct {
	raw    net.Listener
	port   int
	ctx    context.Context
	cancel func()        // ends the connections that begin TLS
	ended  chan struct{} // closed when all goroutines have ended

	mu      sync.Mutex  // guards the fields below, and some of the server
	room    *sync.Cond  // signalled when pending may have room
	config  *tls.Config // of the last server; nil: no TLS
	server  *server     // gets the connections; nil between two generations
	stopped bool
	pending []arrival // the connections that no server has taken
	begun   int       // the number of connections that begin TLS
}

// An arrival is a connection that no server has taken.
type arrival struct {
	raw    net.Conn
	stream net.Conn // raw, or TLS over it
	// returned says that a server has taken the connection and given it back.
	returned bool
}

// newListener returns a listener that accepts the connections of raw, and starts its goroutine.
func newListener(raw net.Listener, config *tls.Config) *listener {
	l := &listener{raw: raw, port: raw.Addr().(*net.TCPAddr).Port, config: config, ended: make(chan struct{})}
	l.room = sync.NewCond(&l.mu)
	l.ctx, l.cancel = context.WithCancel(context.Background())
	go l.run()
	return l
}

// run accepts connections until the listener is stopped.
func (l *listener) run() {
	var beginning sync.WaitGroup
	for l.awaitRoom() {
		raw, err := l.raw.Accept()
		switch {
		case err == nil:
			beginning.Go(func() { l.begin(raw) })
			continue
		case !errors.Is(err, net.ErrClosed): // such as too many open files
			time.Sleep(50 * time.Millisecond)
		}
		l.add(nil)
	}
	beginning.Wait()
	close(l.ended)
}

// awaitRoom waits until another connection can be accepted, and counts it. It returns false if the
// listener has been stopped.
func (l *listener) awaitRoom() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.stopped && len(l.pending)+l.begun >= maxPending {
		l.room.Wait()
	}
	l.begun++
	return !l.stopped
}

// begin begins TLS, if the server uses that, and adds the connection.
func (l *listener) begin(raw net.Conn) {
	l.mu.Lock()
	config := l.config
	l.mu.Unlock()
	if config == nil {
		l.add(&arrival{raw: raw, stream: raw})
		return
	}
	ctx, cancel := context.WithTimeout(l.ctx, handshakeTimeout)
	defer cancel()
	secure := tls.Server(raw, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		raw.Close()
		l.add(nil)
		return
	}
	l.add(&arrival{raw: raw, stream: secure})
}

// add adds a connection that awaitRoom has counted. nil says that there is none.
func (l *listener) add(a *arrival) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun--
	switch {
	case a == nil:
		l.room.Signal()
	case l.stopped:
		a.raw.Close()
	default:
		l.pending = append(l.pending, *a)
		l.server.wake()
	}
}

// giveBack puts a connection that a server has taken and not used before all others.
func (l *listener) giveBack(a arrival) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		a.raw.Close()
		return
	}
	l.pending = append([]arrival{a}, l.pending...)
	l.server.wake()
}

// attach makes s get the connections, in place of the server before. config is that of s.
func (l *listener) attach(s *server, config *tls.Config) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if old := l.server; old != nil {
		old.replaced = true
		old.wake()
	}
	l.server, l.config = s, config
}

// detach makes connections wait for the next server, if s gets them now.
func (l *listener) detach(s *server) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.closed = true; l.server == s {
		l.server = nil
	}
	s.wake()
}

// take removes the first connection that waits for s. ok is false if there is none.
func (l *listener) take(s *server) (a arrival, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.server != s || len(l.pending) == 0 {
		return arrival{}, false
	}
	a = l.pending[0]
	l.pending = append([]arrival(nil), l.pending[1:]...)
	l.room.Signal()
	return a, true
}

// Stop closes the port, and the connections that no server has taken.
func (l *listener) Stop() {
	l.mu.Lock()
	l.stopped = true
	pending := l.pending
	l.pending = nil
	l.server.wake()
	l.room.Signal()
	l.mu.Unlock()
	l.cancel()
	l.raw.Close()
	for _, a := range pending {
		a.raw.Close()
	}
}

// Close waits for the goroutines.
func (l *listener) Close(context.Context) { <-l.ended }

// address returns the address and the port of the other end.
func (a arrival) address() (host string, port uint16) {
	from, _ := netip.ParseAddrPort(a.raw.RemoteAddr().String())
	return from.Addr().Unmap().String(), from.Port()
}

// The reasons why a server is closed.
var (
	errServerClosed   = sockets.Fail("closed", "the script has closed the server")
	errServerReplaced = sockets.Fail("closed", "the port belongs to the new copy of the script")
)
