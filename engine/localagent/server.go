package localagent

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// A Server is an agent that listens on a port of its own. Its methods may be
// called by any goroutine.
type Server struct {
	listener net.Listener // fixed
	http     *http.Server // fixed
	stop     func()       // asks every conversation to end
	kill     func()       // cuts every conversation off
	serving  sync.WaitGroup

	mu     sync.Mutex // guards what follows
	closed bool       // no conversation begins any more
}

// Listen starts an agent on addr, "127.0.0.1:0" when that is empty. Anybody
// who can reach the address can use the tools, as there are no accounts: let it
// be a loopback address unless the network around it is trusted. The error is
// the listener's.
func Listen(addr string, opts Options) (*Server, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	opts = opts.complete()
	stop, cancelStop := context.WithCancel(context.Background())
	kill, cancelKill := context.WithCancel(context.Background())
	s := &Server{listener: listener, stop: cancelStop, kill: cancelKill}
	s.http = &http.Server{
		Handler:           s.counted(newHandler(opts, stop, kill)),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(opts.Log.Handler(), slog.LevelDebug),
	}
	s.serving.Go(func() { _ = s.http.Serve(listener) }) // it ends with ErrServerClosed
	return s, nil
}

// counted lets Close wait for conversations: net/http forgets a connection
// once it is a WebSocket.
func (s *Server) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		s.serving.Add(1)
		s.mu.Unlock()
		defer s.serving.Done()
		next.ServeHTTP(w, r)
	})
}

// Addr is the address it listens on, with the port it got.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// URL is where a conversation begins: ws://127.0.0.1:4711/v1/convai/conversation?agent_id=moonlark.
func (s *Server) URL() string {
	return "ws://" + dialable(s.Addr()) + conversationPath + "?agent_id=moonlark"
}

// Close ends every conversation with code 1001 and returns when none of its
// goroutines is left. Clients that do not answer have 2 s, or until ctx is
// over: then they are cut off, and the error is that of ctx. It may be called
// again.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	cut := context.AfterFunc(ctx, func() {
		s.kill()
		s.http.Close()
	})
	_ = s.http.Shutdown(ctx) // what it says is in ctx
	s.serving.Wait()
	if cut() {
		s.kill() // releases its context: nobody is left to be cut off
		return nil
	}
	return ctx.Err()
}
