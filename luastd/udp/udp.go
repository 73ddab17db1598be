// Package udp is the Lua module "udp": datagrams.
//
//	udp.open([options])              -> socket; or nil, reason, code
//	    host                            the address of this machine; default: all addresses
//	    port = 0                        the port of this machine; 0 is a free one
//	    broadcast = false               datagrams may be sent to all machines of a network
//	    multicast                       the address of a group to join, which needs a port
//	    interface                       the network interface for groups
//
//	socket:send(data, host, port)    -> true; or nil, reason, code
//	socket:receive([timeout])        -> data, host, port; or nil, reason, code
//	socket:close()
//	socket.port, .dropped
//
// A script may send to the hosts that have been granted with --allow-net. A socket with a free port
// receives from addresses to which the script may connect, and from those to which it has sent. For
// a certain port, the script needs --allow-listen, and then receives from everyone.
//
// Each socket has a goroutine, which puts the datagrams into a queue. A socket with a certain port
// outlives the generations of the script, so that no datagram is lost during a reload. Bounds: 64
// sockets of a script, and 256 datagrams in a queue, which count in the luastd.Budget of the
// script: then the oldest are dropped and counted.
package udp

import (
	_ "embed"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
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

// Module is the Lua module "udp".
var Module = luastd.Module{Name: "udp", Open: open, Doc: doc, Manual: manual, Needs: []permit.Kind{permit.Net, permit.Listen}, Need: need}

const (
	maxSockets  = 64    // maximal number of sockets
	maxQueue    = 256   // maximal number of datagrams in a queue
	maxDatagram = 65507 // maximal length of a datagram, in bytes
	maxTimeout  = 600 * time.Second
	sendTimeout = 10 * time.Second // how long the lookup of a host may take
)

type module struct {
	rt      luastd.Runtime
	set     *sockets.Set
	budget  *luastd.Budget // the datagrams in all queues
	sockets *lua.LTable    // the metatable of sockets
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt, set: sockets.NewSet(rt, maxSockets), budget: rt.Budget()}
	m.sockets = m.socketMetatable(L)
	t := L.CreateTable(0, 1)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"open": m.open})
	return t
}

// need returns an error if b lacks both permissions that the module can use.
func need(b *permit.Broker, _, _ string, _ bool) error {
	if b.CheckAnyListen() == nil {
		return nil
	}
	return b.CheckAnyHost()
}

// open is the Lua function udp.open.
func (m *module) open(L *lua.LState) int {
	luastd.CheckLoaded(L, m.rt, "udp.open")
	o := value.CheckOptions(L, 1, "host", "port", "broadcast", "multicast", "interface")
	opts := permit.UDPOptions{
		Host: o.String("host", ""), Port: uint16(o.Int("port", 0, 0, 65535)),
		Broadcast: o.Bool("broadcast", false), Interface: o.String("interface", ""),
	}
	if group := o.String("multicast", ""); group != "" {
		addr, err := netip.ParseAddr(group)
		switch {
		case err != nil || !addr.IsMulticast():
			o.RaiseString("multicast", "the address of a group, such as 239.1.2.3")
		case opts.Port == 0:
			L.ArgError(1, "multicast needs the port of the group")
		}
		opts.Multicast = addr
	}
	if opts.Port != 0 {
		host := opts.Host
		if host == "" {
			host = "0.0.0.0"
			if opts.Multicast.Is6() {
				host = "::"
			}
			opts.Host = host
		}
		if err := m.rt.Permit().CheckListen(host, opts.Port); err != nil {
			L.RaiseError("udp.open: %s", err)
		}
	}
	h := &handle{budget: m.budget, drops: m.rt, slot: m.set.Reserve()}
	if h.slot == nil {
		L.RaiseError("udp.open: %d sockets are open: close those that are not needed any more", maxSockets)
	}
	err := m.openSocket(L, h, opts)
	if err != nil {
		h.slot.Release()
		code, text := permit.ListenError(err, opts.Port)
		return value.PushFailure(L, code, "%s", text)
	}
	if !h.slot.Put(h.end) {
		h.close()
	}
	L.Push(m.pushable(L, h))
	return 1
}

// openSocket opens the socket of h. For a certain port, it gets the socket of the generation before
// if all options are the same.
func (m *module) openSocket(L *lua.LState, h *handle, opts permit.UDPOptions) error {
	broker := m.rt.Permit()
	open := func() (luastd.Resource, error) {
		raw, err := broker.OpenUDP(opts)
		if err != nil {
			return nil, err
		}
		return newSocket(raw), nil
	}
	var failure error
	use := func(r luastd.Resource, err error) {
		if failure = err; err == nil {
			h.socket = r.(*socket)
			h.socket.attach(h)
		}
	}
	if opts.Port == 0 {
		use(open())
		return failure
	}
	// A port can be used more than once, with different addresses or for groups. A claim with other
	// options closes the sockets of the generation before all the same, since one of them may be in
	// the way.
	lease, err := m.rt.Claim(luastd.Claim{
		Kind: "udp socket", Name: strconv.Itoa(int(opts.Port)), Settings: fmt.Sprintf("%+v", opts), Open: open, Use: use,
	})
	if err != nil {
		h.slot.Release()
		L.RaiseError("udp.open: %s", err)
	}
	if h.lease = lease; failure != nil {
		lease.Release()
	}
	return failure
}

// explain returns the failure for an error of a datagram that is sent to host.
func explain(err error, host string) *sockets.Failure {
	var denied *permit.Denied
	switch {
	case errors.As(err, &denied):
	case isTooLarge(err):
		return sockets.Fail("too_large", "the network does not carry datagrams of this length")
	case isNotAllowed(err):
		return sockets.Fail("denied", "the system does not allow that: the option broadcast is needed for the address of a network")
	}
	return sockets.Explain(err, host)
}
