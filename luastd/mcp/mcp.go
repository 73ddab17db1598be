// Package mcp is the Lua module "mcp": the MCP servers of other people.
//
//	mcp.server(name)             -> server: an entry of the file that --mcp-servers names
//	mcp.connect{command = ...}   -> server: a program; or nil, reason, code
//	mcp.connect{url = ...}       -> server: reached by HTTP
//	    args, env, headers, allow, deny, name, timeout = 20, startup = 10, trust = false
//
//	server:call(tool [, arguments [, options]])  -> result; or nil, reason, code
//	server:tools()               -> list of {name, title, description, parameters}
//	server:offer(options)        -> true; offers tools to the agent
//	    allow, ask, prefix, describe, phrases, as, description
//	server:on_change(fn)         -> true; fn() after the tools or the status have changed
//	server:status()              -> "starting", "ready" or "down", and why
//	server.name
//
// Package mcpclient has the goroutines. A server that the operator has named is shared by all scripts;
// one of mcp.connect belongs to its script. Both stay connected when the script is loaded again. In
// this package, everything runs on the executor's goroutine, except for the calls, and for the
// functions that a server calls when something has changed.
//
// Bounds: 16 servers of a script, with 16 offers and 16 functions for changes each, and 64 calls of a
// server at the same time. The bounds of what a server answers are in package mcpclient.
package mcp

import (
	_ "embed"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "mcp".
var Module = luastd.Module{
	Name: "mcp", Open: open, Doc: doc, Manual: manual,
	Needs: []permit.Kind{permit.Run, permit.Net}, Need: need, NeedFunctions: []string{"connect"},
}

const (
	maxServers  = 16 // servers of a script
	maxHandlers = 16 // functions of on_change for a server
	maxOffers   = 16 // offers of a server
)

// A module is the module of one Lua state.
type module struct {
	rt        luastd.Runtime
	named     map[string]*handle // the servers of mcp.server, by name
	servers   int                // number of handles
	metatable *lua.LTable
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt, named: make(map[string]*handle)}
	m.metatable = value.HandleMetatable(L, "mcp server", map[string]lua.LGFunction{
		"call": m.call, "tools": m.tools, "offer": m.offer, "on_change": m.onChange, "status": m.status,
	}, func(h *handle, name string) lua.LValue {
		if name == "name" {
			return lua.LString(h.name)
		}
		return lua.LNil
	})
	t := L.CreateTable(0, 2)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"server": m.server, "connect": m.connect})
	return t
}

// need returns an error if b lacks the permissions for any call of mcp.connect, whose argument is
// never known.
func need(b *permit.Broker, _, _ string, _ bool) error {
	if err := b.CheckAnyProgram(); err != nil && b.CheckAnyHost() != nil {
		return err
	}
	return nil
}

// server is the Lua function mcp.server.
func (m *module) server(L *lua.LState) int {
	name := L.CheckString(1)
	h := m.named[name]
	if h == nil {
		var err error
		if h, err = m.openNamed(name); err != nil {
			value.Raise(L, fmt.Errorf("mcp.server: %w", err))
		}
		m.named[name] = h
	}
	L.Push(&lua.LUserData{Value: h, Env: L.Env, Metatable: m.metatable})
	return 1
}

// openNamed returns the server that the operator, or a test, has named.
func (m *module) openNamed(name string) (*handle, error) {
	if fakes := m.rt.Fakes(); fakes != nil {
		if fake := fakes.MCP(name); fake != nil {
			h, err := m.newHandle(name)
			if err == nil {
				h.isFake = true
				h.use(fakeServer{name, fake})
			}
			return h, err
		}
		if m.rt.MCPServers() == nil {
			return nil, fmt.Errorf("the test has no MCP server %q: t.mcp(%q, {...}) makes a fake", name, name)
		}
	}
	server, err := m.rt.MCPServers().Server(name)
	if err != nil {
		return nil, err
	}
	h, err := m.newHandle(name)
	if err != nil {
		return nil, err
	}
	h.use(server)
	_, err = m.rt.Claim(luastd.Claim{
		Kind: "mcp server", Settings: name,
		Open: func() (luastd.Resource, error) {
			server.Acquire()
			return sharedServer{server}, nil
		},
		Use: func(luastd.Resource, error) {},
	})
	return h, err
}
