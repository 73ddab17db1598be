package udp

import (
	"context"
	"fmt"
	"runtime"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// A handle is a socket as one generation of the script has it.
type handle struct {
	socket *socket
	budget *luastd.Budget
	drops  luastd.DropCounter
	lease  luastd.Lease // nil for a free port
	slot   *sockets.Slot

	receiving bool // a task receives; for the executor's goroutine

	// The mutex of the socket guards the fields below.
	cleanup  *runtime.Cleanup // closes the socket when the script has forgotten it
	closed   bool             // the script has closed the socket, or the generation has ended
	replaced bool             // the handle of a newer generation receives the datagrams
	wakeTask func()           // ends the wait of receive; nil if no task waits
}

// wake ends the wait of receive. The caller holds the mutex of the socket. h may be nil.
func (h *handle) wake() {
	if h != nil && h.wakeTask != nil {
		h.wakeTask()
		h.wakeTask = nil
	}
}

// close closes the socket, unless a newer generation has it. It may be called more than once.
func (h *handle) close() {
	if !h.socket.detach(h) {
		return
	}
	if h.lease != nil {
		h.lease.Release()
	} else {
		h.socket.Stop()
		h.socket.Close(context.Background())
	}
	h.slot.Release()
}

// end closes the socket when the generation has ended, unless the next generation may want it.
func (h *handle) end() {
	if h.lease != nil {
		h.socket.detach(h)
	} else {
		h.close()
	}
}

// pushable returns the Lua socket for h, which is closed when the script has forgotten it.
func (m *module) pushable(L *lua.LState, h *handle) *lua.LUserData {
	ud := &lua.LUserData{Value: h, Env: L.Env, Metatable: m.sockets}
	cleanup := runtime.AddCleanup(ud, func(h *handle) { go h.close() }, h)
	h.socket.mu.Lock()
	defer h.socket.mu.Unlock()
	if h.cleanup = &cleanup; h.closed {
		cleanup.Stop()
	}
	return ud
}

// socketMetatable returns the metatable of sockets.
func (m *module) socketMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable(L, "udp socket", map[string]lua.LGFunction{
		"send": m.send, "receive": m.receive, "close": closeSocket,
	}, func(h *handle, name string) lua.LValue {
		s := h.socket
		s.mu.Lock()
		defer s.mu.Unlock()
		switch name {
		case "port":
			return lua.LNumber(s.port)
		case "dropped":
			return lua.LNumber(s.dropped)
		}
		return lua.LNil
	})
}

// String returns the text of tostring.
func (h *handle) String() string {
	state := "open"
	if h.ending() != nil {
		state = "closed"
	}
	return fmt.Sprintf("udp socket at port %d (%s)", h.socket.port, state)
}

// checkSocket returns argument 1, which must be a socket.
func checkSocket(L *lua.LState) *handle {
	return value.CheckHandle[*handle](L, "a socket", "socket:receive()")
}

// The reasons why nothing can be received from a socket.
var (
	errClosed   = sockets.Fail("closed", "the script has closed the socket")
	errReplaced = sockets.Fail("closed", "the port belongs to the new copy of the script")
)

// ending returns why nothing can be received, or nil if h is open.
func (h *handle) ending() *sockets.Failure {
	h.socket.mu.Lock()
	defer h.socket.mu.Unlock()
	switch {
	case h.closed || h.socket.stopped:
		return errClosed
	case h.replaced:
		return errReplaced
	}
	return nil
}

// send is the Lua method socket:send.
func (m *module) send(L *lua.LState) int {
	h, host, port := checkSocket(L), L.CheckString(3), sockets.CheckPort(L, 4)
	data := sockets.CheckSent(L, 2, host, port)
	if err := m.rt.Permit().CheckHost(host, port, 0); err != nil {
		L.RaiseError("socket:send: %s", err)
	}
	// The copy of the script that had the port before can still send.
	switch f := h.ending(); {
	case f == errClosed:
		return f.Push(L)
	case len(data) > maxDatagram:
		return value.PushFailure(L, "too_large", "the datagram has %d bytes; the maximum is %d", len(data), maxDatagram)
	}
	timeout := m.rt.WaitLimit(sendTimeout)
	err, _ := m.rt.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		go func() {
			defer cancel()
			done(h.socket.raw.SendTo(ctx, []byte(data), host, port))
		}()
		return cancel
	}).(error)
	if err != nil {
		return explain(err, host).Push(L)
	}
	L.Push(lua.LTrue)
	return 1
}

// receive is the Lua method socket:receive.
func (m *module) receive(L *lua.LState) int {
	h, timeout := checkSocket(L), time.Duration(-1)
	if !value.IsNone(L.Get(2)) {
		timeout = value.CheckTimeout(L, 2, 0, maxTimeout)
	}
	timeout = sockets.Limit(m.rt, timeout)
	if h.receiving {
		L.RaiseError("another task is receiving from the socket")
	}
	h.receiving = true
	defer func() { h.receiving = false }()
	var d datagram
	var ok bool
	var ending *sockets.Failure
	sockets.Wait(m.rt, L, timeout, func() bool {
		if d, ok = h.next(); !ok {
			ending = h.ending()
		}
		return ok || ending != nil
	}, h.awaitDatagram)
	switch {
	case ok:
		L.Push(lua.LString(d.data))
		L.Push(lua.LString(d.from.Addr().String()))
		L.Push(lua.LNumber(d.from.Port()))
		return 3
	case ending != nil:
		return ending.Push(L)
	}
	return value.PushFailure(L, "timeout", "no datagram has come in %s", sockets.Seconds(timeout))
}

// next removes the first datagram. ok is false if there is none for h.
func (h *handle) next() (d datagram, ok bool) {
	s := h.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.user != h || len(s.queue) == 0 {
		return datagram{}, false
	}
	return s.take(), true
}

// awaitDatagram makes wake be called when there is a datagram for h, or when h is closed.
func (h *handle) awaitDatagram(wake func()) {
	s := h.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	if h.wakeTask = wake; len(s.queue) > 0 || s.user != h || s.stopped {
		h.wake()
	}
}

// closeSocket is the Lua method socket:close.
func closeSocket(L *lua.LState) int {
	checkSocket(L).close()
	L.Push(lua.LTrue)
	return 1
}
