// Package httpserve is the function http.serve of the Lua module "http": a server for HTTP.
//
//	http.serve{port =, ...}                -> a server; or nil, reason, code
//	server:get(path, fn)                      calls fn(request) for requests of a path
//	server:post, put, patch, delete, any      the same
//	server:on(method, path, fn)               the same for any method
//	server:static(prefix, folder [, options]) serves the files of a folder
//	server:events(path)                    -> a feed of server-sent events
//	server:ws(path, fn)                       calls fn(connection, request) for WebSockets
//	server:close()
//	server.url, server.port
//
//	request.method, .path, .params, .query, .headers, .body, .remote, .id
//	request:json()                         -> the body as a Lua value; or nil, reason, code
//	request:form()                         -> the fields of a form; or nil, reason, code
//	request:cookie(name)                   -> the value of a cookie, or nil
//	request:verify(secret [, options])     -> whether the body has the signature in a header
//
//	feed:send(data [, event])              -> the number of browsers that get it
//
// A request has two goroutines: that of net/http receives it and sends the answer, and never
// touches Lua; the executor runs the function of the script. Between them are a front, which has
// the listener and outlives the generations of a script, and a site, which has the functions of one
// generation. A request that no site has taken waits for the next one, so a reload loses no
// request.
//
// A script has at most 64 requests at once, and 32 servers. A server has at most 1,024 connections,
// and 256 requests that wait. A header has at most 32 KiB, a body max_body, and an answer 64 MiB.
// The bodies that have been received and not answered, and the answers that have not been sent,
// count in the luastd.Budget of the script. There are 5 s for the header of a request, and a
// connection is closed when it has been idle for a minute. A feed has at most 256 browsers, and 64
// events of each may wait. A script has at most 64 WebSockets, whose messages have at most 1 MiB.
package httpserve

import (
	_ "embed"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/files"
	"moonlark/luastd/value"
	"moonlark/luastd/ws"
)

//go:embed doc.lua
var Doc string // the declarations for editors

//go:embed manual.md
var Manual string

const (
	maxRequests    = 64       // maximal number of requests of a script at once
	maxServers     = 32       // maximal number of servers of a script
	maxConnections = 1024     // maximal number of connections of a server
	maxWaiting     = 256      // maximal number of requests that wait for the script
	maxHeader      = 32 << 10 // maximal length of the header of a request, in bytes

	defaultBody    = 1 << 20
	headerTimeout  = 5 * time.Second
	idleTimeout    = time.Minute
	defaultTimeout = 30 * time.Second
	maxTimeout     = 600 * time.Second

	// handover is how long a request waits for the next generation of the script.
	handover = 2 * time.Second
)

// A module has what the servers of one Lua state share. It belongs to the executor's goroutine.
type module struct {
	rt       luastd.Runtime
	runner   *files.Runner
	servers  *lua.LTable // the metatable of servers
	requests *lua.LTable // the methods of requests
	feeds    *lua.LTable // the metatable of feeds
	sockets  *ws.Acceptor

	open   int // number of servers that have not been closed
	active int // number of requests whose function runs
}

// New returns the function http.serve for a Lua state. What servers need is made by the first call,
// since most scripts that use the module http have no server.
func New(rt luastd.Runtime) lua.LGFunction {
	var m *module
	return func(L *lua.LState) int {
		if m == nil {
			m = newModule(L, rt)
		}
		return m.serve(L)
	}
}

func newModule(L *lua.LState, rt luastd.Runtime) *module {
	m := &module{rt: rt, runner: files.NewRunner(rt)}
	m.servers = m.serverMetatable(L)
	m.requests = requestMethods(L)
	m.feeds = feedMetatable(L)
	m.sockets = ws.NewAcceptor(L, rt)
	return m
}

// serve is the Lua function http.serve.
func (m *module) serve(L *lua.LState) int {
	settings, option := m.checkSettings(L)
	if option != nil {
		var err error
		if settings.tls, err = m.loadTLS(L, option); err != nil {
			return pushTLSFailure(L, err)
		}
	}
	if m.open >= maxServers {
		L.RaiseError("http.serve: there are %d servers: close those that are not needed any more", m.open)
	}
	s := m.newSite(settings)
	m.open++
	if code, text := s.start(L); code != "" {
		s.close()
		return value.PushFailure(L, code, "%s", text)
	}
	L.Push(&lua.LUserData{Value: s, Env: L.Env, Metatable: m.servers})
	return 1
}
