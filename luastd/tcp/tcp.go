// Package tcp is the Lua module "tcp": connections that carry bytes.
//
//	tcp.connect(host, port [, options]) -> connection; or nil, reason, code
//	    timeout = 10                       seconds until the connection must be open, 0.01 to 600
//	    tls                                true, or a table: ca, cert, key, server_name, min_version, verify
//	    keepalive = 15                     seconds between two probes of an idle connection; false: none
//
//	connection:send(data [, timeout = 10])          -> true; or nil, reason, code
//	connection:receive([what = "*l" [, timeout = 30]]) -> data; or nil, reason, code [, partial]
//	    what                               "*l": a line without its end, LF or CR LF; "*a": everything
//	                                       until the other end closes the connection; "*s": what there
//	                                       is, at least one byte; a number: so many bytes
//	connection:lines([timeout])         -> an iterator of the lines
//	connection:starttls([tls [, timeout = 10]])     -> true; or nil, reason, code
//	connection:close()
//	connection.host, .port, .local_port
//
//	tcp.listen{port =, host = "127.0.0.1", tls =}   -> server; or nil, reason, code
//	server:accept([timeout])            -> connection; or nil, reason, code
//	server:on_connection(fn)               calls fn(connection) in a task for each connection
//	server:close()
//	server.port
//
// What has come of a line, of n bytes or of everything when a timeout ends the wait stays for the
// next receive. When the connection ends in the middle, receive returns what has come as partial.
//
// Bytes are read only when the script receives, by a goroutine that reads at most 16 KiB at a time,
// so that the other end has to wait for a script that does not receive.
//
// A server is the part of one generation of the script in a listener, which outlives the
// generations, so that no connection is refused during a reload.
//
// Bounds: 64 connections and servers of a script, 16 connections of a server that have not been
// accepted, a line of 64 KiB, 8 MiB for "*a" and for a number. The bytes that have been read and
// not delivered count in the luastd.Budget of the script.
package tcp

import (
	_ "embed"
	"log/slog"
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

// Module is the Lua module "tcp".
var Module = luastd.Module{Name: "tcp", Open: open, Doc: doc, Manual: manual, Needs: []permit.Kind{permit.Net, permit.Listen}, Need: need}

const (
	maxConnections = 64       // maximal number of connections
	maxLine        = 64 << 10 // maximal length of a line, in bytes
	maxBytes       = 8 << 20  // maximal number of bytes that receive returns otherwise
	maxTimeout     = 600 * time.Second

	connectTimeout = 10 * time.Second // default of the option timeout, and of the timeout of starttls
	sendTimeout    = 10 * time.Second // default of the timeout of send
	receiveTimeout = 30 * time.Second // default of the timeout of receive
)

// A module is the module of one Lua state.
type module struct {
	rt      luastd.Runtime
	set     *sockets.Set
	budget  *luastd.Budget // bytes that have been read and not delivered
	conns   *lua.LTable    // the metatable of connections
	servers *lua.LTable    // the metatable of servers
	warned  bool           // the log has sockets.InsecureWarning
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt, set: sockets.NewSet(rt, maxConnections), budget: rt.Budget()}
	m.conns, m.servers = m.connMetatable(L), m.serverMetatable(L)
	t := L.CreateTable(0, 2)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"connect": m.connect, "listen": m.listen})
	return t
}

// need returns the error of a call of function with this host, if b lacks the permission to connect
// to any of its ports; or that of a call of listen, if b lacks the permission for any port.
func need(b *permit.Broker, function, host string, known bool) error {
	switch {
	case function == "listen":
		return b.CheckAnyListen()
	case !known:
		return b.CheckAnyHost()
	}
	return b.CheckSomePort(host)
}

// connect is the Lua function tcp.connect.
func (m *module) connect(L *lua.LState) int {
	const name = "tcp.connect"
	luastd.CheckLoaded(L, m.rt, name)
	d := dialer{host: L.CheckString(1), port: sockets.CheckPort(L, 2), broker: m.rt.Permit(), budget: m.budget}
	o := value.CheckOptions(L, 3, "timeout", "tls", "keepalive")
	d.timeout = m.rt.WaitLimit(o.Timeout("timeout", connectTimeout, maxTimeout))
	if o.Get("keepalive") != lua.LFalse {
		d.keepAlive = o.Seconds("keepalive", 15*time.Second, time.Second, maxTimeout)
	}
	d.tls = m.checkTLS(L, name, 3, o.Get("tls"))
	if err := d.broker.CheckHost(d.host, d.port, 0); err != nil {
		L.RaiseError("%s: %s", name, err)
	}
	d.slot = m.reserve(L, name)
	c, err := sockets.Connect(m.rt, L, d.dial)
	if err != nil {
		return sockets.Explain(err, d.name()).Push(L)
	}
	L.Push(m.pushable(L, c))
	return 1
}

// reserve returns a slot for a connection or a server. It raises an error if there are too many.
func (m *module) reserve(L *lua.LState, name string) *sockets.Slot {
	slot := m.set.Reserve()
	if slot == nil {
		L.RaiseError("%s: %d connections are open: close those that are not needed any more", name, maxConnections)
	}
	return slot
}

// checkTLS returns the options of TLS in v, which is a part of argument n: nil or false for none,
// true, or a table.
func (m *module) checkTLS(L *lua.LState, name string, n int, v lua.LValue) *sockets.TLS {
	t, isTable := v.(*lua.LTable)
	switch {
	case v == lua.LNil || v == lua.LFalse:
		return nil
	case v != lua.LTrue && !isTable:
		L.ArgError(n, "tls must be true or a table such as {ca = \"./ca.pem\"}, not "+value.TypeName(v))
	}
	o, err := sockets.ParseTLS(m.rt.Permit(), t)
	if err != nil {
		L.RaiseError("%s: %s", name, err)
	}
	if o.Insecure && !m.warned {
		m.warned = true
		m.rt.Log(slog.LevelWarn, "tcp: "+sockets.InsecureWarning)
	}
	return o
}
