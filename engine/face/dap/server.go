// Package dap lets a debugger, such as that of an editor, stop Lua scripts at breakpoints and look
// at them. It speaks the Debug Adapter Protocol (DAP) over TCP.
//
// Each connection has a goroutine that reads requests, one that handles them one after the other,
// and one that writes. The goroutines of the scripts only put events into the queue of the writer,
// so a slow client delays nobody.
package dap

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"golang.org/x/net/netutil"

	"moonlark/engine/bus"
	"moonlark/engine/loopback"
	"moonlark/engine/script/debug"
)

// maxConnections is how many clients may be connected before they have said that they are
// debuggers. Further connections wait.
const maxConnections = 8

// errNotLoopback means that other machines could reach the server. The protocol has no password,
// and a debugger can run any code that the script may run.
var errNotLoopback = errors.New("a debugger needs no password, so it can only listen on this machine: leave out the host, and use ssh -L to debug from another machine")

// A Server serves debuggers, from Open to Close.
type Server struct {
	debugger *debug.Debugger // debugger and the fields below never change
	events   *bus.Bus
	log      *slog.Logger
	listener net.Listener
	ctx      context.Context // done when Close is called
	cancel   context.CancelFunc
	wg       sync.WaitGroup // counts the goroutines of the server
}

// Address completes an address of the form PORT or HOST:PORT. The default host is this machine. It
// returns an error if other machines could reach the address.
func Address(text string) (string, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port, err = net.SplitHostPort(":" + text)
	}
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil || port == "" {
		return "", fmt.Errorf("%q: want PORT or HOST:PORT", text)
	}
	if host = cmp.Or(host, "127.0.0.1"); !loopback.Host(host) {
		return "", errNotLoopback
	}
	return net.JoinHostPort(host, port), nil
}

// Open opens the address, which must be one of this machine, and serves debuggers. What scripts
// print and log goes to the debugger too, from events. Problems are logged to log.
func Open(addr string, d *debug.Debugger, events *bus.Bus, log *slog.Logger) (*Server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	if !loopback.HostPort(l.Addr().String()) {
		l.Close()
		return nil, errNotLoopback
	}
	s := &Server{debugger: d, events: events, log: log, listener: netutil.LimitListener(l, maxConnections)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.wg.Go(s.accept)
	return s, nil
}

// Addr returns the address on which the server listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close disconnects all clients. It returns when the goroutines of the server have ended.
func (s *Server) Close() {
	s.cancel()
	s.listener.Close()
	s.wg.Wait()
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			if s.ctx.Err() == nil {
				s.log.Error("debugger: " + err.Error())
			}
			return
		}
		s.wg.Go(func() { s.serve(conn) })
	}
}
