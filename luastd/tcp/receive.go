package tcp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// A want says what receive waits for: a kind, or a number of bytes.
type want struct {
	kind  string // "*l", "*a" or "*s"; "" for a number
	bytes int
}

// checkWant returns argument n of receive.
func checkWant(L *lua.LState, n int) want {
	switch v := L.Get(n).(type) {
	case lua.LNumber:
		if f := float64(v); f != math.Trunc(f) || f < 1 || f > maxBytes {
			L.ArgError(n, fmt.Sprintf("the number of bytes must be from 1 to %d, not %s", maxBytes, v.String()))
		}
		return want{bytes: int(v)}
	case lua.LString:
		switch v {
		case "*l", "*a", "*s":
			return want{kind: string(v)}
		}
		L.ArgError(n, value.Quote(string(v))+` is not "*l", "*a", "*s" or a number of bytes`)
	}
	if !value.IsNone(L.Get(n)) {
		L.ArgError(n, `"*l", "*a", "*s" or a number of bytes expected, got `+L.Get(n).Type().String())
	}
	return want{kind: "*l"}
}

var errTooLong = errors.New("more than receive can return")

// take returns what w waits for, or ok = false if it has not come yet. err says why it cannot come.
// partial is then what has come of it.
func (c *conn) take(w want) (data, partial string, ok bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case w.kind == "" && len(c.buf) >= w.bytes:
		return c.cut(w.bytes, 0), "", true, nil
	case w.kind == "*s" && len(c.buf) > 0:
		return c.cut(min(len(c.buf), maxBytes), 0), "", true, nil
	case w.kind == "*a" && len(c.buf) > maxBytes:
		return "", "", false, errTooLong
	case w.kind == "*a" && c.err == io.EOF && len(c.buf) > 0:
		return c.cut(len(c.buf), 0), "", true, nil
	case w.kind == "*l":
		if i := bytes.IndexByte(c.buf[c.scanned:], '\n'); i >= 0 {
			i += c.scanned
			if i > maxLine {
				return "", "", false, errTooLong
			}
			if i > 0 && c.buf[i-1] == '\r' {
				return c.cut(i-1, 2), "", true, nil
			}
			return c.cut(i, 1), "", true, nil
		}
		if c.scanned = len(c.buf); c.scanned > maxLine+1 {
			return "", "", false, errTooLong
		}
	}
	if c.err != nil {
		return "", c.cut(len(c.buf), 0), false, c.err
	}
	c.seen = len(c.buf)
	return "", "", false, nil
}

// cut removes n bytes from the buffer and returns them, and removes skip more bytes. The caller
// holds c.mu.
func (c *conn) cut(n, skip int) string {
	s := string(c.buf[:n])
	c.buf = c.buf[n+skip:]
	if len(c.buf) == 0 {
		c.buf = nil
	}
	c.scanned = 0
	c.budget.Give(n + skip)
	return s
}

// next waits for what w says. It returns errTimeout if timeout has passed; a negative timeout means
// no limit.
func (m *module) next(L *lua.LState, c *conn, w want, timeout time.Duration) (data, partial string, err error) {
	if c.receiving {
		L.RaiseError("another task is receiving from the connection")
	}
	c.receiving = true
	defer func() { c.receiving = false }()
	take := func() (over bool) {
		var ok bool
		data, partial, ok, err = c.take(w)
		return ok || err != nil
	}
	if !sockets.Wait(m.rt, L, timeout, take, c.awaitBytes) {
		return "", "", errTimeout
	}
	return data, partial, err
}

var errTimeout = errors.New("timeout")

// awaitBytes makes wake be called when more bytes have come than take has seen, or when the
// connection has ended.
func (c *conn) awaitBytes(wake func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.buf) > c.seen || c.err != nil {
		wake()
		return
	}
	c.wakeTask = wake
	c.startReading()
}

// receive is the Lua method connection:receive.
func (m *module) receive(L *lua.LState) int {
	c, w := checkConn(L), checkWant(L, 2)
	timeout := receiveTimeout
	if !value.IsNone(L.Get(3)) {
		timeout = value.CheckTimeout(L, 3, 0, maxTimeout)
	}
	timeout = sockets.Limit(m.rt, timeout)
	data, partial, err := m.next(L, c, w, timeout)
	switch {
	case err == nil:
		L.Push(lua.LString(data))
		return 1
	case err == errTimeout:
		return value.PushFailure(L, "timeout", "%s has not sent %s in %s", c.name(), w, sockets.Seconds(timeout))
	}
	n := m.explain(c, w, err).Push(L)
	if partial != "" {
		L.Push(lua.LString(partial))
		n++
	}
	return n
}

// String describes w for messages.
func (w want) String() string {
	switch w.kind {
	case "":
		return fmt.Sprintf("%d bytes", w.bytes)
	case "*l":
		return "a line"
	case "*a":
		return "everything"
	}
	return "anything"
}

func (m *module) explain(c *conn, w want, err error) *sockets.Failure {
	switch {
	case err != errTooLong:
		return c.failure(err)
	case w.kind == "*l":
		return sockets.Fail("too_large", "%s has sent a line of more than %d bytes", c.name(), maxLine)
	}
	return sockets.Fail("too_large", "%s has sent more than %d bytes", c.name(), maxBytes)
}

// lines is the Lua method connection:lines.
func (m *module) lines(L *lua.LState) int {
	c, ud := checkConn(L), L.Get(1)
	timeout := time.Duration(-1)
	if !value.IsNone(L.Get(2)) {
		timeout = value.CheckTimeout(L, 2, 10*time.Millisecond, maxTimeout)
	}
	L.Push(L.NewFunction(func(L *lua.LState) int {
		defer runtime.KeepAlive(ud) // the connection is open as long as the iterator is in use
		timeout := sockets.Limit(m.rt, timeout)
		line, partial, err := m.next(L, c, want{kind: "*l"}, timeout)
		switch {
		case err == nil:
			m.rt.Checkpoint(L)
		case err == io.EOF && partial != "":
			line = partial // the last line has no end
		case err == io.EOF, err == error(errScriptClosed):
			L.Push(lua.LNil)
			return 1
		case err == errTimeout:
			L.RaiseError("connection:lines: timeout: %s has not sent a line in %s", c.name(), sockets.Seconds(timeout))
		default:
			L.RaiseError("connection:lines: %s", m.explain(c, want{kind: "*l"}, err).Error())
		}
		L.Push(lua.LString(line))
		return 1
	}))
	return 1
}
