package ws

import (
	"fmt"
	"net/url"
	"runtime"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// A handle is the Go value of a Lua connection.
type handle struct {
	*conn
	kept      bool // the messages go to the function on_message of a keeper
	receiving bool // a task waits in receive; for the executor's goroutine
}

func (m *module) pushable(L *lua.LState, c *conn) *lua.LUserData {
	return &lua.LUserData{Value: &handle{conn: c}, Env: L.Env, Metatable: m.conns}
}

// closeForgotten closes c when the script cannot use the connection ud any more, because it has
// forgotten it, or because the task that had it was killed.
func closeForgotten(ud *lua.LUserData, c *conn) {
	cleanup := runtime.AddCleanup(ud, func(c *conn) { go c.startClose(websocket.CloseGoingAway, "") }, c)
	go func() {
		<-c.done
		cleanup.Stop()
	}()
}

// connMetatable returns the metatable of connections.
func (m *module) connMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable(L, "ws connection", map[string]lua.LGFunction{
		"send":        func(L *lua.LState) int { return pushSent(L, checkConn(L).send(checkText(L, checkConn(L).target))) },
		"send_binary": func(L *lua.LState) int { return pushSent(L, checkConn(L).send(checkBinary(L, checkConn(L).target))) },
		"send_json":   func(L *lua.LState) int { return pushSent(L, checkConn(L).send(checkJSON(L))) },
		"receive":     m.receive,
		"messages":    m.messages,
		"close":       closeConn,
	}, func(h *handle, name string) lua.LValue { return h.field(name) })
}

// String returns the text of tostring.
func (h *handle) String() string {
	state := "open"
	if h.ending() != nil {
		state = "closed"
	}
	return fmt.Sprintf("ws connection %s (%s)", h.url, state)
}

// checkConn returns argument 1, which must be a connection.
func checkConn(L *lua.LState) *handle {
	return value.CheckHandle[*handle](L, "a connection", "connection:receive()")
}

// ending returns why c is closed, or nil if it is open.
func (c *conn) ending() *ending {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing != nil {
		return c.closing
	}
	return c.end
}

// field returns the field name of the connection, or nil.
func (c *conn) field(name string) lua.LValue {
	switch name {
	case "url":
		return lua.LString(c.url)
	case "protocol":
		return lua.LString(c.socket.Subprotocol())
	}
	e := c.ending()
	switch {
	case e == nil:
	case name == "close_code":
		return lua.LNumber(e.code)
	case name == "close_reason":
		return lua.LString(e.reason)
	}
	return lua.LNil
}

// pushSent pushes the results of a method that sends a message: true, or those of a failure.
func pushSent(L *lua.LState, f *sockets.Failure) int {
	if f != nil {
		return f.Push(L)
	}
	L.Push(lua.LTrue)
	return 1
}

// checkSent returns argument 2, which is sent to target.
func checkSent(L *lua.LState, target *url.URL) string {
	return sockets.CheckSent(L, 2, target.Hostname(), portOf(target))
}

// checkText returns the message in argument 2, which must be text in UTF-8.
func checkText(L *lua.LState, target *url.URL) message {
	s := checkSent(L, target)
	if !utf8.ValidString(s) {
		n := 0
		for r, size := utf8.DecodeRuneInString(s); r != utf8.RuneError || size > 1; r, size = utf8.DecodeRuneInString(s[n:]) {
			n += size
		}
		L.ArgError(2, fmt.Sprintf("the text is not UTF-8 at byte %d: use send_binary", n+1))
	}
	return message{s, websocket.TextMessage}
}

// checkBinary returns the message in argument 2, which may be any bytes.
func checkBinary(L *lua.LState, target *url.URL) message {
	return message{checkSent(L, target), websocket.BinaryMessage}
}

// checkJSON returns argument 2 as JSON.
func checkJSON(L *lua.LState) message {
	text, err := value.Append(nil, L.CheckAny(2), 0)
	if err != nil {
		L.ArgError(2, err.Error())
	}
	return message{string(text), websocket.TextMessage}
}

// closeConn is the Lua method connection:close.
func closeConn(L *lua.LState) int {
	h, code, reason := checkConn(L), websocket.CloseNormalClosure, L.OptString(3, "")
	if L.Get(2) != lua.LNil {
		code = int(value.CheckWhole(L, 2, 1000, 4999))
		if code != websocket.CloseNormalClosure && code < 3000 {
			L.ArgError(2, fmt.Sprintf("the code must be 1000 or from 3000 to 4999, not %d", code))
		}
	}
	if len(reason) > 123 || !utf8.ValidString(reason) {
		L.ArgError(3, "the reason must be UTF-8 of at most 123 bytes")
	}
	h.startClose(code, reason)
	L.Push(lua.LTrue)
	return 1
}

// next waits for the next message. ok is false if there will be none, or after the timeout; a
// negative timeout means no limit.
func (m *module) next(L *lua.LState, h *handle, timeout time.Duration) (msg message, ok bool) {
	if h.receiving {
		L.RaiseError("another task is receiving from the connection")
	}
	h.receiving = true
	defer func() { h.receiving = false }()
	sockets.Wait(m.rt, L, timeout, func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		if msg, ok = h.in.take(); ok {
			h.budget.Give(len(msg.data))
			h.room.Signal()
		}
		return ok || h.end != nil || h.closing != nil
	}, h.awaitMessage)
	return msg, ok
}

// awaitMessage makes wake be called when c has a message or has ended.
func (c *conn) awaitMessage(wake func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wakeTask = wake; len(c.in.messages) > 0 || c.end != nil || c.closing != nil {
		c.wakeReceiver()
	}
}

// checkReceiver returns argument 1, which must be a connection whose messages do not go to a
// function.
func checkReceiver(L *lua.LState, method string) *handle {
	h := checkConn(L)
	if h.kept {
		L.RaiseError("connection:%s: the messages go to on_message", method)
	}
	return h
}

// receive is the Lua method connection:receive.
func (m *module) receive(L *lua.LState) int {
	h := checkReceiver(L, "receive")
	timeout := time.Duration(-1)
	if !value.IsNone(L.Get(2)) {
		timeout = value.CheckTimeout(L, 2, 0, maxTimeout)
	}
	timeout = sockets.Limit(m.rt, timeout)
	msg, ok := m.next(L, h, timeout)
	switch e := h.ending(); {
	case ok:
		return pushMessage(L, msg)
	case e != nil:
		return e.failure.Push(L)
	}
	return value.PushFailure(L, "timeout", "no message from %s in %s", h.host, sockets.Seconds(timeout))
}

func pushMessage(L *lua.LState, msg message) int {
	L.Push(lua.LString(msg.data))
	L.Push(kindName(msg.kind))
	return 2
}

func kindName(kind int) lua.LString {
	if kind == websocket.TextMessage {
		return "text"
	}
	return "binary"
}

// messages is the Lua method connection:messages.
func (m *module) messages(L *lua.LState) int {
	h := checkReceiver(L, "messages")
	ud := L.Get(1)
	L.Push(L.NewFunction(func(L *lua.LState) int {
		defer runtime.KeepAlive(ud)        // the connection is open as long as the iterator is in use
		timeout := sockets.Limit(m.rt, -1) // a wait in a tool call is limited
		msg, ok := m.next(L, h, timeout)
		if ok {
			m.rt.Checkpoint(L)
			return pushMessage(L, msg)
		}
		switch e := h.ending(); {
		case e == nil:
			L.RaiseError("connection:messages: timeout: no message from %s in %s", h.host, sockets.Seconds(timeout))
		case e.failure.Code != "closed":
			L.RaiseError("connection:messages: %s", e.failure.Error())
		}
		L.Push(lua.LNil)
		return 1
	}))
	return 1
}
