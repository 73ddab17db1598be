// Package dns is the Lua module "dns": lookups in the domain name system.
//
//	dns.lookup(name [, type [, options]]) -> a list; or nil, reason, code
//	    type                                 "A" or "AAAA": addresses; left out: the addresses of both kinds
//	                                         "TXT": texts; "MX": {host, priority}; "SRV": {host, port,
//	                                         priority, weight}; "PTR": the names of an address
//	    timeout = 5                          seconds, 0.01 to 60
//
// The script needs the permission to connect to the name or the address at some port.
//
// Bounds: 16 lookups of a script at the same time; more fail with "busy".
package dns

import (
	"context"
	_ "embed"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
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

// Module is the Lua module "dns".
var Module = luastd.Module{Name: "dns", Open: open, Doc: doc, Manual: manual, Needs: []permit.Kind{permit.Net}, Need: need}

const (
	maxLookups     = 16 // maximal number of lookups at the same time
	defaultTimeout = 5 * time.Second
	maxTimeout     = 60 * time.Second
)

type module struct {
	rt      luastd.Runtime
	lookups atomic.Int64 // number of lookups
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt}
	t := L.CreateTable(0, 1)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"lookup": m.lookup})
	return t
}

// need returns the error of a lookup of name, if b lacks the permission for it.
func need(b *permit.Broker, _, name string, known bool) error {
	if !known {
		return b.CheckAnyHost()
	}
	return b.CheckLookup(name)
}

// A record is an entry of the list that lookup returns.
type record struct {
	text      string // an address, a text or a name; "" if the other fields count
	host      string
	port      uint16 // 0 for MX
	priority  uint16
	weight    uint16
	isService bool // port and weight count
}

// lookup is the Lua function dns.lookup.
func (m *module) lookup(L *lua.LState) int {
	luastd.CheckLoaded(L, m.rt, "dns.lookup")
	name, kind := L.CheckString(1), "both"
	if !value.IsNone(L.Get(2)) {
		kind = value.CheckChoice(L, 2, "A", "AAAA", "SRV", "TXT", "MX", "PTR")
	}
	timeout := m.rt.WaitLimit(value.CheckOptions(L, 3, "timeout").Timeout("timeout", defaultTimeout, maxTimeout))
	_, err := netip.ParseAddr(name)
	switch isAddress := err == nil; {
	case kind == "PTR" && !isAddress:
		L.ArgError(1, "an address expected for PTR, got "+value.Quote(name))
	case kind != "PTR" && isAddress:
		L.ArgError(1, "a name expected, got the address "+name)
	}
	broker := m.rt.Permit()
	if err := broker.CheckLookup(name); err != nil {
		L.RaiseError("dns.lookup: %s", err)
	}
	if m.lookups.Load() >= maxLookups {
		return value.PushFailure(L, "busy", "%d lookups have not ended", maxLookups)
	}
	type result struct {
		records []record
		err     error
	}
	r := m.rt.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		m.lookups.Add(1)
		go func() {
			defer cancel()
			records, err := find(ctx, broker, kind, name)
			m.lookups.Add(-1) // before the caller goes on, which may look up something else
			if err != nil && (errors.Is(ctx.Err(), context.DeadlineExceeded) || sockets.Explain(err, "").Code == "timeout") {
				err = sockets.Fail("timeout", "the name server has not answered in %s", sockets.Seconds(timeout))
			}
			done(result{records, err})
		}()
		return cancel
	}).(result)
	if r.err != nil {
		return explain(r.err, name, kind).Push(L)
	}
	L.Push(table(L, r.records))
	return 1
}

// find looks up the records of name.
func find(ctx context.Context, b *permit.Broker, kind, name string) (all []record, err error) {
	switch kind {
	case "TXT":
		texts, err := b.LookupTXT(ctx, name)
		for _, text := range texts {
			all = append(all, record{text: text})
		}
		return all, err
	case "MX":
		records, err := b.LookupMX(ctx, name)
		for _, r := range records {
			all = append(all, record{host: withoutDot(r.Host), priority: r.Pref})
		}
		return all, err
	case "SRV":
		records, err := b.LookupSRV(ctx, name)
		for _, r := range records {
			all = append(all, record{host: withoutDot(r.Target), port: r.Port, priority: r.Priority, weight: r.Weight, isService: true})
		}
		return all, err
	case "PTR":
		names, err := b.LookupAddr(ctx, netip.MustParseAddr(name))
		for _, name := range names {
			all = append(all, record{text: withoutDot(name)})
		}
		return all, err
	}
	network := map[string]string{"A": "ip4", "AAAA": "ip6"}[kind]
	if network == "" {
		network = "ip"
	}
	addrs, err := b.LookupNetIP(ctx, network, name)
	for _, addr := range addrs {
		all = append(all, record{text: addr.Unmap().String()})
	}
	return all, err
}

// withoutDot returns name without the dot at its end. The host "." stays, which says that there is
// no server.
func withoutDot(name string) string {
	if name == "." {
		return name
	}
	return strings.TrimSuffix(name, ".")
}

// explain returns the failure for the error of a lookup.
func explain(err error, name, kind string) *sockets.Failure {
	var lookup *net.DNSError
	switch {
	case !errors.As(err, &lookup) || !lookup.IsNotFound:
		return sockets.Explain(err, "the name server")
	case kind == "PTR":
		return sockets.Fail("not_found", "%s has no name", name)
	case kind == "both":
		return sockets.Fail("not_found", "there is no host with the name %s", name)
	}
	return sockets.Fail("not_found", "there is no %s record of %s", kind, name)
}

// table returns records as a Lua list.
func table(L *lua.LState, records []record) *lua.LTable {
	list := L.CreateTable(len(records), 0)
	for _, r := range records {
		if r.host == "" {
			list.Append(lua.LString(r.text))
			continue
		}
		t := L.CreateTable(0, 4)
		t.RawSetString("host", lua.LString(r.host))
		t.RawSetString("priority", lua.LNumber(r.priority))
		if r.isService {
			t.RawSetString("port", lua.LNumber(r.port))
			t.RawSetString("weight", lua.LNumber(r.weight))
		}
		list.Append(t)
	}
	return list
}
