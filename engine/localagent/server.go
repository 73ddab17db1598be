package localagent

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// A Server is an embedded agent that listens on a port of its own. Its methods may be called on any
// goroutine.
type Server struct {
	listener net.Listener // never changes
	http     *http.Server // never changes
	stop     func()       // asks every conversation to end
	cut      func()       // closes the connection of every conversation
	// counts the running conversations and the goroutine that accepts connections
	conversations sync.WaitGroup

	mu     sync.Mutex // guards the field below
	closed bool       // Close was called; no new conversation may begin
}

// Listen starts an embedded agent that listens on addr. If addr is "", it listens on 127.0.0.1 with
// a free port. The agent has no accounts: everybody who can reach the address can use the tools. So
// addr should be a loopback address, unless the network is trusted. The error says why Listen could
// not listen on addr.
func Listen(addr string, opts Options) (*Server, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return serve(listener, opts), nil
}

func serve(listener net.Listener, opts Options) *Server {
	opts = opts.withDefaults()
	stopCtx, stop := context.WithCancel(context.Background())
	cutCtx, cut := context.WithCancel(context.Background())
	s := &Server{listener: listener, stop: stop, cut: cut}
	s.http = &http.Server{
		Handler:           s.countConversations(newHandler(opts, stopCtx, cutCtx)),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(opts.Log.Handler(), slog.LevelDebug),
	}
	// Serve always returns ErrServerClosed
	s.conversations.Go(func() { _ = s.http.Serve(listener) })
	return s
}

// countConversations returns a handler that calls next and counts the requests that next is
// serving, so that Close can wait for them. [http.Server.Shutdown] does not wait for a connection
// that has become a WebSocket. After Close, the handler refuses every request.
func (s *Server) countConversations(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		s.conversations.Add(1)
		s.mu.Unlock()
		defer s.conversations.Done()
		next.ServeHTTP(w, r)
	})
}

// Addr returns the address that the server listens on, with the port.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// URL returns the URL at which a client on this machine can open a conversation, for example
// ws://127.0.0.1:4711/v1/convai/conversation?agent_id=moonlark.
func (s *Server) URL() string {
	return "ws://" + dialAddress(s.Addr()) + conversationPath + "?agent_id=moonlark"
}

// dialAddress returns the address at which a client on this machine reaches a listener on addr. If
// the listener accepts connections on all network interfaces, that is a loopback address.
func dialAddress(addr net.Addr) string {
	a, err := netip.ParseAddrPort(addr.String())
	if err != nil || !a.Addr().IsUnspecified() {
		return addr.String()
	}
	host := netip.IPv6Loopback()
	if a.Addr().Is4() {
		host = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.AddrPortFrom(host, a.Port()).String()
}

// Close ends every conversation with close code 1001 and returns when all goroutines of the server
// have ended. A client has 2 s to answer the close frame, but not longer than until ctx ends. Then
// Close closes the connection. Close returns nil, or the error of ctx if ctx ended first. Close may
// be called more than once.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	disarm := context.AfterFunc(ctx, func() {
		s.cut()
		s.http.Close()
	})
	_ = s.http.Shutdown(ctx) // Shutdown can only return the error of ctx
	s.conversations.Wait()
	if disarm() {
		// All conversations have ended: this call only frees the context.
		s.cut()
		return nil
	}
	return ctx.Err()
}
