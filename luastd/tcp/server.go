package tcp

import (
	"fmt"
	"log/slog"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// A server is a listener as one generation of the script has it.
type server struct {
	m        *module
	listener *listener
	lease    luastd.Lease
	slot     *sockets.Slot

	// The fields below belong to the executor's goroutine.
	accepting  bool // a task waits in accept, or on_connection has been called
	loggedFull bool // the log says that the script has too many connections

	// The mutex of the listener guards the fields below.
	closed   bool   // the script has closed the server, or the generation has ended
	replaced bool   // the server of a newer generation has the listener
	wakeTask func() // ends the wait of accept; nil if no task waits
}

// serverMetatable returns the metatable of servers.
func (m *module) serverMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable(L, "tcp server", map[string]lua.LGFunction{
		"accept": m.accept, "on_connection": m.onConnection, "close": closeServer,
	}, func(s *server, name string) lua.LValue {
		if name == "port" {
			return lua.LNumber(s.listener.port)
		}
		return lua.LNil
	})
}

// String returns the text of tostring.
func (s *server) String() string {
	state := "open"
	if s.ending() != nil {
		state = "closed"
	}
	return fmt.Sprintf("tcp server at port %d (%s)", s.listener.port, state)
}

// checkServer returns argument 1, which must be a server.
func checkServer(L *lua.LState) *server {
	return value.CheckHandle[*server](L, "a server", "server:accept()")
}

// ending returns why s is closed, or nil if it is open.
func (s *server) ending() *sockets.Failure {
	s.listener.mu.Lock()
	defer s.listener.mu.Unlock()
	switch {
	case s.replaced:
		return errServerReplaced
	case s.closed || s.listener.stopped:
		return errServerClosed
	}
	return nil
}

// wake ends the wait of accept. The caller holds the mutex of the listener. s may be nil.
func (s *server) wake() {
	if s != nil && s.wakeTask != nil {
		s.wakeTask()
		s.wakeTask = nil
	}
}

// nextConn waits for a connection. ok is false if the server is closed, or after the timeout; a
// negative timeout means no limit.
func (m *module) nextConn(L *lua.LState, s *server, timeout time.Duration) (c *conn, ok bool) {
	sockets.Wait(m.rt, L, timeout, func() bool {
		c, ok = s.take()
		return ok || s.ending() != nil
	}, s.awaitConn)
	return c, ok
}

// awaitConn makes wake be called when a connection waits for s, or when s is closed.
func (s *server) awaitConn(wake func()) {
	l := s.listener
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.wakeTask = wake; len(l.pending) > 0 || s.closed || s.replaced || l.stopped {
		s.wake()
	}
}

// take makes a connection of the first one that has arrived. ok is false if there is none.
// Connections for which the script has no room are closed.
func (s *server) take() (c *conn, ok bool) {
	for {
		a, ok := s.listener.take(s)
		if !ok {
			return nil, false
		}
		host, port := a.address()
		slot := s.m.set.Reserve()
		if slot == nil {
			s.logFull()
			a.raw.Close()
			continue
		}
		c = newConn(a.raw, host, port, s.m.budget, slot.Release)
		c.stream, c.returned = a.stream, a.returned
		if slot.Put(c.close) {
			return c, true
		}
		c.Abort()
	}
}

// logFull logs, once, that a connection is closed because the script has too many.
func (s *server) logFull() {
	if !s.loggedFull {
		s.loggedFull = true
		s.m.rt.Log(slog.LevelWarn, "tcp.listen: connections are closed, because the script has too many that are open")
	}
}

// accept is the Lua method server:accept.
func (m *module) accept(L *lua.LState) int {
	s, timeout := checkServer(L), time.Duration(-1)
	if !value.IsNone(L.Get(2)) {
		timeout = value.CheckTimeout(L, 2, 0, maxTimeout)
	}
	timeout = sockets.Limit(m.rt, timeout)
	s.startAccepting(L, "accept")
	defer func() { s.accepting = false }()
	if c, ok := m.nextConn(L, s, timeout); ok {
		L.Push(m.pushable(L, c))
		return 1
	}
	if f := s.ending(); f != nil {
		return f.Push(L)
	}
	return value.PushFailure(L, "timeout", "no connection has come in %s", sockets.Seconds(timeout))
}

// startAccepting raises an error if somebody else accepts the connections of s.
func (s *server) startAccepting(L *lua.LState, method string) {
	if s.accepting {
		L.RaiseError("server:%s: another task, or on_connection, accepts the connections", method)
	}
	s.accepting = true
}

// onConnection is the Lua method server:on_connection.
func (m *module) onConnection(L *lua.LState) int {
	s, fn := checkServer(L), L.CheckFunction(2)
	s.startAccepting(L, "on_connection")
	if err := m.rt.Spawn(L.NewFunction(func(L *lua.LState) int {
		for {
			c, ok := m.nextConn(L, s, -1)
			if !ok {
				return 0
			}
			m.serve(L, s, c, fn)
		}
	}), nil); err != nil {
		L.RaiseError("server:on_connection: %s", err)
	}
	L.Push(lua.LTrue)
	return 1
}

// serve starts a task that calls fn with c. When the task has ended, c is closed. If the script is
// replaced before fn has used the connection, the next generation gets it. That happens only once
// to a connection, because fn may be killed for another reason, again and again.
func (m *module) serve(L *lua.LState, s *server, c *conn, fn *lua.LFunction) {
	_, err := m.rt.Start(luastd.TaskSpec{
		Name: "on_connection", Fn: fn, Args: []lua.LValue{m.pushable(L, c)},
		Ended: func(o luastd.Outcome) bool {
			if o.Killed && !c.used && !c.returned {
				s.giveBack(c)
			} else if c.shut() {
				go c.hangUp()
			}
			return false
		},
	})
	if err != nil {
		m.rt.Log(slog.LevelWarn, fmt.Sprintf("tcp.listen: a connection from %s is closed: %s", c.host, err))
		c.Abort()
	}
}

// giveBack gives c, which the script has not used, back to the listener.
func (s *server) giveBack(c *conn) {
	if c.leave() {
		s.listener.giveBack(arrival{c.raw, c.stream, true})
	}
}

// close closes the server, and the connections that have not been accepted. It may be called more
// than once.
func (s *server) close() {
	s.listener.detach(s)
	s.lease.Release()
	s.slot.Release()
}

// closeServer is the Lua method server:close.
func closeServer(L *lua.LState) int {
	checkServer(L).close()
	L.Push(lua.LTrue)
	return 1
}
