package control

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"moonlark/engine/loopback"
)

const (
	// maxConnections is the maximum number of open connections, in addition to one for each request
	// that the mounts may have open. Further connections wait until one of them is closed.
	maxConnections  = 64
	maxBody         = 256 << 10 // maximum size of a request's body, in bytes
	writeTimeout    = 15 * time.Second
	shutdownTimeout = 300 * time.Millisecond
)

// A server serves HTTP requests. net/http runs each connection on a goroutine of its own.
type server struct {
	control   *Control // control and the fields below do not change after listen
	agent     Agent    // nil if there are only mounts
	guard     *guard
	addr      net.Addr
	http      *http.Server
	cancel    context.CancelFunc // cancels the contexts of all requests
	done      chan struct{}      // closed when the server's goroutine has ended
	closeOnce sync.Once
}

// ErrNoToken means that the server was not started because other machines could reach it without a
// token.
var ErrNoToken = errors.New("anybody on the network could send commands: set a token, with MOONLARK_HTTP_TOKEN or --http-token")

// listen opens the server's address and serves requests on a new goroutine, until close is called.
// It returns ErrNoToken if other machines could reach the server without a token.
func listen(c *Control, a Agent) (*server, error) {
	l, err := net.Listen("tcp", c.opts.Addr)
	if err != nil {
		return nil, err
	}
	if c.opts.Token == "" && !loopback.HostPort(l.Addr().String()) {
		l.Close()
		return nil, ErrNoToken
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &server{control: c, agent: a, guard: newGuard(c.opts, l.Addr()), addr: l.Addr(), cancel: cancel, done: make(chan struct{})}
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       30 * time.Second,
		MaxHeaderBytes:    16 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(c.opts.Log.Handler(), slog.LevelDebug),
	}
	connections := maxConnections
	for _, m := range c.mounts {
		connections += m.MaxOpen
	}
	go func() {
		defer close(s.done)
		// Serve returns ErrServerClosed after close.
		s.http.Serve(netutil.LimitListener(l, connections))
	}()
	return s, nil
}

func (s *server) url() string { return "http://" + s.addr.String() }

// close stops the server and returns when it has stopped. Requests in progress have shutdownTimeout
// to finish. Any goroutine may call close, and may call it more than once.
func (s *server) close() {
	s.closeOnce.Do(func() {
		s.cancel()
		ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		defer cancel()
		if s.http.Shutdown(ctx) != nil {
			s.http.Close()
		}
	})
	<-s.done
}
