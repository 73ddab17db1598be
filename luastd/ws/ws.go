// Package ws is the Lua module "ws": the client for WebSockets.
//
//	ws.connect(url [, options])      -> connection; or nil, reason, code
//	    headers = {}                    more headers of the request
//	    subprotocols = {}               a list of the protocols that the script understands
//	    timeout = 10                    seconds until the connection must be open, 0.01 to 600
//	    ping = 30                       seconds between two pings, 0.1 to 600; false: none
//	    max_message = 1 MiB             maximal length of a message that is received, at most 16 MiB
//	    tls                             a table: ca, cert, key, server_name, min_version, verify
//	    compression = false             true: compress messages, if the server can
//	ws.keep(url, options)            -> keeper: a connection that is made again whenever it ends
//	    on_message = fn(data, kind, connection), on_open = fn(connection), on_close = fn(code, reason)
//	    backoff = {1, 60}               seconds before the first and before later new attempts
//
//	connection:send(text)            -> true; or nil, reason, code
//	connection:send_binary(bytes)       the same
//	connection:send_json(value)         the same
//	connection:receive([timeout])    -> data, "text" or "binary"; or nil, reason, code
//	connection:messages()            -> an iterator of data, kind
//	connection:close([code [, reason]])
//	connection.url, .protocol, .close_code, .close_reason
//	keeper:send(text), keeper:send_binary(bytes), keeper:send_json(value), keeper:close()
//	keeper.url, .connected
//
// Each connection has two goroutines: one reads, and one writes and sends pings. Messages go from
// the first, and to the second, through queues, so that send never waits, and a timeout of receive
// does not harm the connection.
//
// Bounds: 64 connections and keepers of a script. Each queue of a connection has at most 256
// messages, and at most 4 MiB unless it has one message only. When the queue of received messages
// is full, nothing is read, so that the server has to wait. When the queue of messages to send is
// full, send returns "busy". The messages in these queues count in the luastd.Budget of the script.
// A message that is sent has at most 16 MiB. The answer of a server that opens a connection has at
// most 256 KiB.
package ws

import (
	_ "embed"
	"log/slog"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "ws".
var Module = luastd.Module{Name: "ws", Open: open, Doc: doc, Manual: manual, Needs: []permit.Kind{permit.Net}, Need: need}

const (
	maxConnections = 64        // maximal number of connections and keepers
	maxQueue       = 256       // maximal number of messages in a queue
	maxQueueBytes  = 4 << 20   // maximal number of bytes in a queue that has more than one message
	maxMessage     = 16 << 20  // maximal length of a message, in bytes
	maxHandshake   = 256 << 10 // maximal length of the answer that opens a connection, in bytes
	maxURL         = 8 << 10   // maximal length of a URL, in bytes
	maxHeader      = 64 << 10  // maximal length of the headers of the request, in bytes

	maxTimeout = 600 * time.Second
)

// A module is the module of one Lua state.
type module struct {
	rt      luastd.Runtime
	set     *sockets.Set
	budget  *luastd.Budget
	buffers sync.Pool // of gorilla's write buffers

	conns   *lua.LTable // the metatable of connections
	keepers *lua.LTable // the metatable of keepers
	warned  bool        // the log has sockets.InsecureWarning
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt, set: sockets.NewSet(rt, maxConnections), budget: rt.Budget()}
	m.conns = m.connMetatable(L)
	m.keepers = m.keeperMetatable(L)
	t := L.CreateTable(0, 2)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"connect": m.connect, "keep": m.keep})
	return t
}

// need returns the error of a call of function with this URL, if b lacks the permission for it.
func need(b *permit.Broker, _, url string, known bool) error {
	if !known {
		return b.CheckAnyHost()
	}
	u, err := parseURL(url)
	if err != nil {
		return err
	}
	return b.CheckHost(u.Hostname(), portOf(u), defaultPort(u))
}

// reserve returns a slot for a connection or a keeper. It raises an error if there are too many.
func (m *module) reserve(L *lua.LState, name string) *sockets.Slot {
	slot := m.set.Reserve()
	if slot == nil {
		L.RaiseError("%s: %d connections are open: close those that are not needed any more", name, maxConnections)
	}
	return slot
}

// warnInsecure logs, once, that the script does not check certificates.
func (m *module) warnInsecure() {
	if !m.warned {
		m.warned = true
		m.rt.Log(slog.LevelWarn, "ws: "+sockets.InsecureWarning)
	}
}

// connect is the Lua function ws.connect.
func (m *module) connect(L *lua.LState) int {
	luastd.CheckLoaded(L, m.rt, "ws.connect")
	r := m.checkRequest(L, "ws.connect")
	r.timeout = m.rt.WaitLimit(r.timeout)
	c, err := sockets.Connect(m.rt, L, r.dialer(m.reserve(L, "ws.connect"), true))
	if err != nil {
		return sockets.Explain(err, r.host()).Push(L)
	}
	ud := m.pushable(L, c)
	closeForgotten(ud, c)
	L.Push(ud)
	return 1
}
