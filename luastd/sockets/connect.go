package sockets

import (
	"context"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// A Conn is a connection that Connect has made.
type Conn interface {
	// Abort closes the connection at once. Any goroutine may call it, more than once.
	Abort()
}

// Connect runs dial on a goroutine of its own, and makes the running task wait for the connection.
// If the task is killed, the context of dial is cancelled, and a connection that is made too late
// is closed.
func Connect[C Conn](w luastd.Waiter, L *lua.LState, dial func(ctx context.Context) (C, error)) (C, error) {
	type result struct {
		conn C
		keep func() bool // the end of the task does not close conn any more
		err  error
	}
	r := w.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			conn, err := dial(ctx)
			if err != nil {
				cancel()
				done(result{err: err})
				return
			}
			done(result{conn: conn, keep: context.AfterFunc(ctx, conn.Abort)})
		}()
		return cancel
	}).(result)
	if r.err == nil {
		r.keep()
	}
	return r.conn, r.err
}
