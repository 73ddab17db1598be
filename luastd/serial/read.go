package serial

import (
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// exclusively runs do while no other task of the script reads from the port. do gets what is left
// of timeout. A negative timeout means no limit.
func (h *handle) exclusively(L *lua.LState, timeout time.Duration, do func(left time.Duration) *sockets.Failure) *sockets.Failure {
	began := h.m.rt.Elapsed()
	got := h.waiter.Wait(L, timeout, &h.readingEnded, func() bool {
		if h.reading {
			return false
		}
		h.reading = true
		return true
	})
	if !got {
		return sockets.Fail("timeout", "another task has used the port for %s", sockets.Seconds(timeout))
	}
	defer func() {
		h.reading = false
		h.readingEnded.Send()
	}()
	if timeout > 0 {
		timeout = max(0, timeout-h.m.rt.Elapsed().Sub(began))
	}
	return do(timeout)
}

// await makes the running task wait until take returns true, which is called with the mutex of the
// port. It returns the failure of take, why nothing can be received, or that timeout has passed.
// keep makes it wait also while the device is unplugged.
func (h *handle) await(L *lua.LState, timeout time.Duration, keep bool, take func() (bool, *sockets.Failure)) (failure *sockets.Failure) {
	got := h.waiter.Wait(L, timeout, &h.port.changed, func() (ended bool) {
		h.port.mu.Lock()
		defer h.port.mu.Unlock()
		if failure = h.ending(); failure != nil {
			return true
		}
		if ended, failure = take(); ended {
			return true
		}
		if h.port.wire == nil && !(keep && h.settings.reconnect) {
			failure = h.port.absence()
			return true
		}
		return false
	})
	if !got {
		return sockets.Fail("timeout", "%s has sent nothing more in %s", h.settings.device, sockets.Seconds(timeout))
	}
	return failure
}

// takeLine waits for a line. The caller reads exclusively.
func (h *handle) takeLine(L *lua.LState, timeout time.Duration, keep bool) (line string, failure *sockets.Failure) {
	failure = h.await(L, timeout, keep, func() (bool, *sockets.Failure) {
		text, result := h.port.received.takeLine(h.settings.ending)
		switch line = text; result {
		case oneLine:
			return true, nil
		case tooLongLine:
			return true, sockets.Fail("too_large", "a line has more than %d bytes and has been dropped", maxLine)
		}
		return false, nil
	})
	return line, failure
}

// optTimeout returns argument n, a timeout, limited by the deadline of the tool call. A negative
// timeout means no limit.
func (h *handle) optTimeout(L *lua.LState, n int, fallback time.Duration) time.Duration {
	timeout := fallback
	if !value.IsNone(L.Get(n)) {
		timeout = value.CheckTimeout(L, n, 0, maxTimeout)
	}
	return h.waiter.Limit(timeout)
}

// checkNoHandler raises an error if on_line gets the lines.
func (h *handle) checkNoHandler(L *lua.LState, method string) {
	if h.onLine != nil {
		L.RaiseError("port:%s: the function of on_line gets what the port receives", method)
	}
}

// readLine is the Lua method port:read_line.
func (m *module) readLine(L *lua.LState) int {
	h := m.checkUsable(L, "read_line")
	h.checkNoHandler(L, "read_line")
	line, failure := h.nextLine(L, h.optTimeout(L, 2, -1), false)
	return pushText(L, line, failure)
}

// nextLine is like takeLine, but waits until no other task reads.
func (h *handle) nextLine(L *lua.LState, timeout time.Duration, keep bool) (line string, failure *sockets.Failure) {
	failure = h.exclusively(L, timeout, func(left time.Duration) (failure *sockets.Failure) {
		line, failure = h.takeLine(L, left, keep)
		return failure
	})
	return line, failure
}

// pushText pushes what has been received, or the failure.
func pushText(L *lua.LState, text string, failure *sockets.Failure) int {
	if failure != nil {
		return failure.Push(L)
	}
	L.Push(lua.LString(text))
	return 1
}

// read is the Lua method port:read.
func (m *module) read(L *lua.LState) int {
	h := m.checkUsable(L, "read")
	h.checkNoHandler(L, "read")
	least, most, timeout := 0, maxBuffer, time.Duration(0) // what there is
	switch {
	case !value.IsNone(L.Get(2)):
		least = int(value.CheckWhole(L, 2, 1, maxBuffer/2))
		most, timeout = least, h.optTimeout(L, 3, -1)
	case !value.IsNone(L.Get(3)):
		least, timeout = 1, h.optTimeout(L, 3, -1)
	}
	data := ""
	failure := h.exclusively(L, timeout, func(left time.Duration) *sockets.Failure {
		return h.await(L, left, false, func() (bool, *sockets.Failure) {
			there := len(h.port.received.bytes)
			if there < least || there == 0 && h.port.wire == nil {
				return false, nil
			}
			data = h.port.received.take(min(there, most))
			return true, nil
		})
	})
	return pushText(L, data, failure)
}

// lines is the Lua method port:lines.
func (m *module) lines(L *lua.LState) int {
	h := m.checkUsable(L, "lines")
	h.checkNoHandler(L, "lines")
	L.Push(L.NewFunction(func(L *lua.LState) int {
		for {
			line, failure := h.nextLine(L, h.waiter.Limit(-1), true)
			switch {
			case failure == nil:
				L.Push(lua.LString(line))
				return 1
			case failure.Code == "closed":
				return 0
			case failure.Code != "too_large":
				L.RaiseError("port:lines: %s", failure)
			}
		}
	}))
	return 1
}

// discard is the Lua method port:discard.
func (m *module) discard(L *lua.LState) int {
	h := m.checkUsable(L, "discard")
	h.drop()
	L.Push(lua.LTrue)
	return 1
}

// drop forgets what has been received.
func (h *handle) drop() {
	p := h.port
	p.mu.Lock()
	defer p.mu.Unlock()
	if h.ending() != nil {
		return
	}
	p.received.clear()
	if p.wire != nil {
		p.wire.Discard()
	}
}
