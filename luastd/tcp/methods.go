package tcp

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// pushable returns the Lua connection for c, which is closed when the script has forgotten it.
func (m *module) pushable(L *lua.LState, c *conn) *lua.LUserData {
	ud := &lua.LUserData{Value: c, Env: L.Env, Metatable: m.conns}
	cleanup := runtime.AddCleanup(ud, func(c *conn) { go c.close() }, c)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cleanup = &cleanup; c.closed {
		cleanup.Stop()
	}
	return ud
}

// connMetatable returns the metatable of connections.
func (m *module) connMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable(L, "tcp connection", map[string]lua.LGFunction{
		"send": m.send, "receive": m.receive, "lines": m.lines, "starttls": m.startTLS, "close": closeConn,
	}, func(c *conn, name string) lua.LValue {
		switch name {
		case "host":
			return lua.LString(c.host)
		case "port":
			return lua.LNumber(c.port)
		case "local_port":
			return lua.LNumber(c.localPort)
		}
		return lua.LNil
	})
}

// String returns the text of tostring.
func (c *conn) String() string {
	state := "open"
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		state = "closed"
	}
	return fmt.Sprintf("tcp connection %s (%s)", c.name(), state)
}

// checkConn returns argument 1, which must be a connection.
func checkConn(L *lua.LState) *conn {
	c := value.CheckHandle[*conn](L, "a connection", "connection:receive()")
	c.used = true
	return c
}

// run runs work on a goroutine of its own and waits for its error. The context of work is done
// after the timeout, and when the task is killed.
func (m *module) run(L *lua.LState, timeout time.Duration, work func(ctx context.Context) error) error {
	err, _ := m.rt.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		go func() {
			defer cancel()
			done(work(ctx))
		}()
		return cancel
	}).(error)
	return err
}

// push pushes true if err is nil, and the results of a failure otherwise. late is the reason of a
// timeout.
func push(L *lua.LState, c *conn, err error, late string, timeout time.Duration) int {
	switch {
	case err == nil:
		L.Push(lua.LTrue)
		return 1
	case errors.Is(err, context.DeadlineExceeded):
		return value.PushFailure(L, "timeout", "%s %s in %s", c.name(), late, sockets.Seconds(timeout))
	}
	return c.failure(err).Push(L)
}

// send is the Lua method connection:send.
func (m *module) send(L *lua.LState) int {
	c := checkConn(L)
	data := sockets.CheckSent(L, 2, c.host, c.port)
	timeout := m.rt.WaitLimit(value.OptTimeout(L, 3, sendTimeout, maxTimeout))
	err := m.run(L, timeout, func(ctx context.Context) error { return c.write(ctx, data) })
	return push(L, c, err, "has not taken the data", timeout)
}

// startTLS is the Lua method connection:starttls.
func (m *module) startTLS(L *lua.LState) int {
	c, v := checkConn(L), L.Get(2)
	if value.IsNone(v) {
		v = lua.LTrue
	}
	o := m.checkTLS(L, "connection:starttls", 2, v)
	if o == nil {
		L.ArgError(2, "tls must be true or a table, not false")
	}
	timeout := m.rt.WaitLimit(value.OptTimeout(L, 3, connectTimeout, maxTimeout))
	if c.receiving {
		L.RaiseError("connection:starttls: another task is receiving from the connection")
	}
	c.receiving = true
	defer func() { c.receiving = false }()
	err := m.run(L, timeout, func(ctx context.Context) error {
		err := c.startTLS(ctx, o)
		if err != nil && (ctx.Err() != nil || sockets.Explain(err, "").Code == "timeout") {
			err = context.DeadlineExceeded
		}
		return err
	})
	return push(L, c, err, "has not begun TLS", timeout)
}

// closeConn is the Lua method connection:close. It does not wait.
func closeConn(L *lua.LState) int {
	if c := checkConn(L); c.shut() {
		go c.hangUp()
	}
	L.Push(lua.LTrue)
	return 1
}
