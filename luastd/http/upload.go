package http

import (
	"context"
	"io"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// An upload is the body of a request that a Lua function returns in pieces. The transport reads it
// on its own goroutine, while the task of the script calls the function whenever a piece is wanted.
type upload struct {
	ctx    context.Context
	wanted chan struct{}
	pieces chan string // "" means the end
	rest   string      // what has not been read of the last piece; for the reader
	ended  bool        // for the reader
}

// Read returns the next bytes. It waits for the function if there are none.
func (u *upload) Read(p []byte) (int, error) {
	if u.rest == "" && !u.ended {
		select {
		case u.wanted <- struct{}{}:
		case <-u.ctx.Done():
			return 0, context.Cause(u.ctx)
		}
		select {
		case u.rest = <-u.pieces:
			if u.ctx.Err() != nil {
				return 0, context.Cause(u.ctx) // the piece may be missing, which is not the end of the body
			}
			u.ended = u.rest == ""
		case <-u.ctx.Done():
			return 0, context.Cause(u.ctx)
		}
	}
	if u.rest == "" {
		return 0, io.EOF
	}
	n := copy(p, u.rest)
	u.rest = u.rest[n:]
	return n, nil
}

// Close does nothing: the function is not called again when nobody reads.
func (u *upload) Close() error { return nil }

// runWithUpload performs a request whose body a Lua function returns.
func (c *call) runWithUpload(L *lua.LState) {
	u := &upload{ctx: c.ctx, wanted: make(chan struct{}), pieces: make(chan string)}
	c.upload = u
	finished := make(chan struct{})
	c.start(func() { close(finished) })
	for {
		wanted := c.m.rt.Await(L, func(done func(any)) func() {
			go func() {
				select {
				case <-u.wanted:
					done(true)
				case <-finished:
					done(false)
				}
			}()
			return c.abandon
		})
		if wanted == false {
			return
		}
		piece := c.nextPiece(L)
		c.m.rt.Await(L, func(done func(any)) func() {
			go func() {
				select {
				case u.pieces <- piece:
				case <-finished:
				}
				done(nil)
			}()
			return c.abandon
		})
	}
}

// nextPiece calls the function. It skips empty strings, because "" means the end, and also returns
// "" when the time of the call is over.
func (c *call) nextPiece(L *lua.LState) string {
	for c.ctx.Err() == nil {
		L.Push(c.r.body.fn)
		L.Call(0, 1)
		v := L.Get(-1)
		L.Pop(1)
		switch v := v.(type) {
		case *lua.LNilType:
			return ""
		case lua.LString:
			if v != "" {
				return string(v)
			}
			c.m.rt.Checkpoint(L)
		default:
			L.RaiseError("%s: the function for body must return a string or nil, not %s", c.r.name, value.TypeName(v))
		}
	}
	return ""
}
