package control

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	mostClients = 64        // connections at a time; others wait to be accepted
	mostBody    = 256 << 10 // bytes of a request
	leaveTime   = 300 * time.Millisecond
)

// A server answers requests, each on a goroutine of net/http.
type server struct {
	control  *Control // fixed, as all that follows
	agent    Agent
	listener *crowd
	http     *http.Server
	stop     context.CancelFunc // ends the context of every request
	done     chan struct{}      // closed when it serves no more
	closing  sync.Once
}

// ErrNoToken is that of a server that could be reached from elsewhere.
var ErrNoToken = errors.New("anybody on the network could drive the agent: set a token, with MOONLARK_HTTP_TOKEN or --http-token")

func listen(c *Control, a Agent) (*server, error) {
	l, err := net.Listen("tcp", c.opts.Addr)
	if err != nil {
		return nil, err
	}
	if at, ok := l.Addr().(*net.TCPAddr); c.opts.Token == "" && !(ok && at.IP.IsLoopback()) {
		l.Close()
		return nil, ErrNoToken
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &server{control: c, agent: a, listener: newCrowd(l, mostClients), stop: stop, done: make(chan struct{})}
	s.http = &http.Server{
		Handler:           newGuard(c.opts.Token, l.Addr(), http.HandlerFunc(s.route)),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       30 * time.Second,
		MaxHeaderBytes:    16 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(c.opts.Log.Handler(), slog.LevelDebug),
	}
	go func() {
		defer close(s.done)
		s.http.Serve(s.listener) // it ends with ErrServerClosed
	}()
	return s, nil
}

func (s *server) url() string { return "http://" + s.listener.Addr().String() }

// close answers what has been asked, soon, and takes no more. It returns when
// nothing is left running, and may be called by several.
func (s *server) close() {
	s.closing.Do(func() {
		s.stop()
		ctx, cancel := context.WithTimeout(context.Background(), leaveTime)
		defer cancel()
		if s.http.Shutdown(ctx) != nil {
			s.http.Close()
		}
	})
	<-s.done
}

// A crowd is a listener that has so many connections at a time, and no more.
type crowd struct {
	net.Listener
	room   chan struct{} // has a value for each connection
	closed chan struct{}
	once   sync.Once
}

func newCrowd(l net.Listener, most int) *crowd {
	return &crowd{Listener: l, room: make(chan struct{}, most), closed: make(chan struct{})}
}

func (c *crowd) Accept() (net.Conn, error) {
	select {
	case c.room <- struct{}{}:
	case <-c.closed:
		return nil, net.ErrClosed
	}
	conn, err := c.Listener.Accept()
	if err != nil {
		<-c.room
		return nil, err
	}
	return &guest{Conn: conn, leave: func() { <-c.room }}, nil
}

func (c *crowd) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Listener.Close()
}

// A guest is a connection that makes room when it is closed.
type guest struct {
	net.Conn
	once  sync.Once
	leave func()
}

func (g *guest) Close() error {
	err := g.Conn.Close()
	g.once.Do(g.leave)
	return err
}
