package serial

import (
	"context"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

const (
	writeTimeout   = 5 * time.Second
	requestTimeout = time.Second
	maxBreak       = 3 * time.Second
)

// checkData returns argument 2, which is sent.
func checkData(L *lua.LState) string {
	data := L.CheckString(2)
	if len(data) > maxWrite {
		L.ArgError(2, "more than 1 MiB cannot be written at once")
	}
	return data
}

// send makes the running task wait until the system has taken data. 0 or less means no timeout.
func (h *handle) send(L *lua.LState, data string, timeout time.Duration) *sockets.Failure {
	h.port.mu.Lock()
	closed := h.closed
	h.port.mu.Unlock()
	if closed {
		return errClosed
	}
	failure, _ := h.m.rt.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithCancel(context.Background())
		if timeout > 0 {
			ctx, cancel = context.WithTimeout(ctx, timeout)
		}
		go func() {
			defer cancel()
			done(h.port.write(ctx, data))
		}()
		return cancel
	}).(*sockets.Failure)
	return failure
}

// write is the Lua method port:write.
func (m *module) write(L *lua.LState) int {
	h, data := m.checkUsable(L, "write"), checkData(L)
	timeout := h.waiter.Limit(value.OptTimeout(L, 3, writeTimeout, maxTimeout))
	if failure := h.send(L, data, timeout); failure != nil {
		return failure.Push(L)
	}
	L.Push(lua.LTrue)
	return 1
}

// request is the Lua method port:request.
func (m *module) request(L *lua.LState) int {
	h, data := m.checkUsable(L, "request"), checkData(L)
	h.checkNoHandler(L, "request")
	timeout := h.waiter.Limit(value.OptTimeout(L, 3, requestTimeout, maxTimeout))
	line := ""
	failure := h.exclusively(L, timeout, func(left time.Duration) (failure *sockets.Failure) {
		h.drop() // an answer that has come too late must not be that of this request
		began := m.rt.Elapsed()
		if failure = h.send(L, data, max(time.Millisecond, left)); failure != nil {
			return failure
		}
		line, failure = h.takeLine(L, max(0, left-m.rt.Elapsed().Sub(began)), false)
		return failure
	})
	return pushText(L, line, failure)
}

// setLine returns the Lua method that sets the level of a line.
func (m *module) setLine(name string, set func(w wire, level bool) error) lua.LGFunction {
	return func(L *lua.LState) int {
		h, level := m.checkUsable(L, name), L.CheckBool(2)
		return h.control(L, func(w wire) error { return set(w, level) })
	}
}

// sendBreak is the Lua method port:send_break.
func (m *module) sendBreak(L *lua.LState) int {
	h := m.checkUsable(L, "send_break")
	d := value.OptTimeout(L, 2, 250*time.Millisecond, maxBreak)
	return h.control(L, func(w wire) error { return w.Break(d) })
}

// control runs do, which may block, with the open port of the system.
func (h *handle) control(L *lua.LState, do func(w wire) error) int {
	w, failure := h.port.current()
	if failure != nil {
		return failure.Push(L)
	}
	err, _ := h.m.rt.Await(L, func(done func(any)) func() {
		go func() { done(do(w)) }()
		return nil
	}).(error)
	if err != nil {
		if _, failure := h.port.current(); failure != nil { // it was closed, or unplugged, meanwhile
			return failure.Push(L)
		}
		return explain(err, h.settings.device).Push(L)
	}
	L.Push(lua.LTrue)
	return 1
}
