package ws

import (
	"bufio"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/sockets"
)

const (
	maxAccepted     = 64 // maximal number of connections that a script has accepted
	acceptTimeout   = 10 * time.Second
	acceptedPing    = 30 * time.Second
	acceptedMessage = 1 << 20 // maximal length of a message that an accepted connection receives, in bytes
)

// An Acceptor accepts the WebSockets that others open to a web server of a script. The connections
// have the same methods as those that the script opens.
type Acceptor struct{ m *module }

// NewAcceptor returns the Acceptor of a Lua state.
func NewAcceptor(L *lua.LState, rt luastd.Runtime) *Acceptor {
	m := &module{rt: rt, set: sockets.NewSet(rt, maxAccepted), budget: rt.Budget()}
	m.conns = m.connMetatable(L)
	return &Acceptor{m}
}

// Reserve returns the slot for a connection, or nil if there are too many. It must be called on the
// executor's goroutine.
func (a *Acceptor) Reserve() *sockets.Slot { return a.m.set.Reserve() }

// An Accepted is a connection that a web server has accepted.
type Accepted struct{ c *conn }

// Accept answers a request by opening a WebSocket, in the slot that Reserve has returned, which it
// releases when the connection has ended. client is the address of the other end. Accept runs on
// the goroutine of the request. If it returns an error, it has answered the request with the error.
func (a *Acceptor) Accept(w http.ResponseWriter, r *http.Request, slot *sockets.Slot, client string) (*Accepted, error) {
	// The buffer sizes must be set: otherwise the Upgrader reads through the buffer of the web
	// server, and not through the wire.
	protocols := websocket.Subprotocols(r)
	u := websocket.Upgrader{
		HandshakeTimeout: acceptTimeout,
		ReadBufferSize:   4 << 10,
		WriteBufferSize:  16 << 10,
		WriteBufferPool:  &a.m.buffers,
		CheckOrigin:      func(*http.Request) bool { return true }, // the web server has checked it
		Subprotocols:     protocols[:min(1, len(protocols))],
	}
	h := &hijacker{ResponseWriter: w}
	socket, err := u.Upgrade(h, r, nil)
	if err != nil {
		slot.Release()
		return nil, err
	}
	h.wire.limited.Store(false)
	h.wire.SetDeadline(time.Time{})
	c := &conn{
		socket: socket, wire: h.wire,
		target: &url.URL{Scheme: "ws", Host: net.JoinHostPort(client, "80")}, host: client, url: r.URL.Path,
		ping: acceptedPing, maxMessage: acceptedMessage, budget: a.m.budget,
		release: slot.Release, wake: make(chan struct{}, 1), ended: make(chan struct{}), done: make(chan struct{}),
	}
	c.room = sync.NewCond(&c.mu)
	socket.SetReadLimit(acceptedMessage)
	if !slot.Put(c.goAway) {
		c.wire.Close()
		slot.Release()
		return nil, sockets.Fail("cancelled", "the script has ended")
	}
	go c.run()
	return &Accepted{c}, nil
}

// A hijacker puts a wire into the connection that the web server gives away.
type hijacker struct {
	http.ResponseWriter
	wire *wire
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	raw, buffers, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.wire = newWire(raw)
	return h.wire, buffers, nil
}

// Push returns the Lua connection for conn. It must be called on the executor's goroutine.
func (a *Acceptor) Push(L *lua.LState, conn *Accepted) lua.LValue { return a.m.pushable(L, conn.c) }

// Close closes the connection. failed says that the function of the script has failed. Any
// goroutine may call it.
func (a *Accepted) Close(failed bool) {
	code := websocket.CloseNormalClosure
	if failed {
		code = websocket.CloseInternalServerErr
	}
	a.c.startClose(code, "")
}

// GoAway closes the connection because the script is loaded again or closed. Any goroutine may call
// it.
func (a *Accepted) GoAway() { a.c.startClose(websocket.CloseGoingAway, "") }
