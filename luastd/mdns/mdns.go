// Package mdns is the Lua module "mdns": hosts and services in the local network.
//
//	mdns.lookup(name [, {timeout = 3}])   -> a list of addresses; or nil, reason, code
//	mdns.browse(kind [, {timeout = 3}])   -> a list of services; or nil, reason, code
//	mdns.browse(kind, {on_found = fn(service), on_lost = fn(service)}) -> browser
//	mdns.register{name, service, port, text = {}} -> registration
//	browser:close(), registration:close(), registration.name
//
// A service is {name, host, port, addresses, text}. Browsing and registering need the permission
// for the local network, --allow-net=lan. Package moonlark/engine/mdns has the protocol.
//
// Bounds: 4 lookups and searches of a script at the same time, 16 browsers and registrations.
package mdns

import (
	"context"
	_ "embed"
	"errors"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/mdns"
	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "mdns".
var Module = luastd.Module{Name: "mdns", Open: open, Doc: doc, Manual: manual, Needs: []permit.Kind{permit.Net}, Need: need}

const (
	maxSearches    = 4  // maximal number of lookups and searches at the same time
	maxHandles     = 16 // maximal number of browsers and registrations
	defaultTimeout = 3 * time.Second
	maxTimeout     = 60 * time.Second
)

type module struct {
	rt       luastd.Runtime
	set      *sockets.Set
	searches atomic.Int64 // number of lookups and searches

	browsers      *lua.LTable // the metatable of browsers
	registrations *lua.LTable // the metatable of registrations
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt, set: sockets.NewSet(rt, maxHandles)}
	m.browsers = value.HandleMetatable[*browser](L, "mdns browser", map[string]lua.LGFunction{"close": closeBrowser}, nil)
	m.registrations = m.registrationMetatable(L)
	t := L.CreateTable(0, 3)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"lookup": m.lookup, "browse": m.browse, "register": m.register})
	return t
}

// need returns the error of a call of function with this first argument, if b lacks the permission.
func need(b *permit.Broker, function, name string, known bool) error {
	switch {
	case function != "lookup":
		return b.CheckLAN()
	case !known:
		return b.CheckAnyHost()
	}
	return b.CheckLookup(name)
}

// run runs do on another goroutine while the task waits, for at most timeout. It returns the failure
// "busy" if too many searches run.
func run[T any](m *module, L *lua.LState, timeout time.Duration, do func(ctx context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	if m.searches.Load() >= maxSearches {
		var none T
		return none, sockets.Fail("busy", "%d searches have not ended", maxSearches)
	}
	r := m.rt.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		m.searches.Add(1)
		go func() {
			defer cancel()
			v, err := do(ctx)
			m.searches.Add(-1)
			done(result{v, err})
		}()
		return cancel
	}).(result)
	return r.value, r.err
}

// explain returns the failure for an error.
func explain(err error) *sockets.Failure {
	if errors.Is(err, mdns.ErrNoNetwork) {
		return sockets.Fail("unreachable", "%s", err)
	}
	return sockets.Explain(err, "the local network")
}

// lookup is the Lua function mdns.lookup.
func (m *module) lookup(L *lua.LState) int {
	luastd.CheckLoaded(L, m.rt, "mdns.lookup")
	name := L.CheckString(1)
	if !strings.HasSuffix(strings.TrimSuffix(strings.ToLower(name), "."), ".local") {
		L.ArgError(1, "a name that ends in .local expected, got "+value.Quote(name))
	}
	timeout := m.rt.WaitLimit(value.CheckOptions(L, 2, "timeout").Timeout("timeout", defaultTimeout, maxTimeout))
	broker := m.rt.Permit()
	if err := broker.CheckLookup(name); err != nil {
		L.RaiseError("mdns.lookup: %s", err)
	}
	addrs, err := run(m, L, timeout, func(ctx context.Context) ([]netip.Addr, error) { return broker.LookupMulticast(ctx, name) })
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return value.PushFailure(L, "not_found", "no machine with the name %s has answered in %s", name, sockets.Seconds(timeout))
	case err != nil:
		return explain(err).Push(L)
	}
	L.Push(addressList(L, addrs))
	return 1
}

func addressList(L *lua.LState, addrs []netip.Addr) *lua.LTable {
	list := L.CreateTable(len(addrs), 0)
	for _, addr := range addrs {
		list.Append(lua.LString(addr.String()))
	}
	return list
}

// serviceTable returns the Lua table for a service.
func serviceTable(L *lua.LState, s mdns.Service) *lua.LTable {
	t := L.CreateTable(0, 5)
	t.RawSetString("name", lua.LString(s.Name))
	t.RawSetString("host", lua.LString(s.Host))
	t.RawSetString("port", lua.LNumber(s.Port))
	t.RawSetString("addresses", addressList(L, s.Addresses))
	text := L.CreateTable(0, len(s.Text))
	for name, v := range s.Text {
		text.RawSetString(name, lua.LString(v))
	}
	t.RawSetString("text", text)
	return t
}
