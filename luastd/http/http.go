// Package http is the Lua module "http": the client for HTTP. Package httpserve has the server,
// http.serve.
//
//	http.get(url [, options])            -> response; or nil, reason, code
//	http.head, http.delete, http.options    the same
//	http.post(url [, body] [, options])  -> response; or nil, reason, code
//	http.put, http.patch                    the same
//	http.request(method, url [, options])   the same for any method; also http.request{method =, url =, ...}
//	http.client{base =, ...}             -> a client, which has these functions as methods: client:get(path)
//	http.cookies()                       -> a cookie jar, for the option cookies
//	http.download(url, path [, options]) -> {status =, bytes =, sha256 =}; or nil, reason, code
//
//	response.status, .ok, .url, .headers, .body, .elapsed
//	response:header(name)                -> a list of all values of the header
//	response:json()                      -> the body as a Lua value; or nil, reason, code
//	response:text()                      -> the body in UTF-8
//
// With the option stream, the response has no body, and these methods read it:
//
//	response:read([n])                   -> at most n bytes; nil at the end; or nil, reason, code
//	response:lines()                     -> an iterator of the lines
//	response:events()                    -> an iterator of server-sent events
//	response:save(path)                  -> the number of bytes; or nil, reason, code
//	response:close()
//
//	jar:get(url)                         -> the cookies for the URL, by name
//	jar:clear()                             removes all cookies
//
// The manual describes the options. The functions that send something raise an error while the
// script loads.
//
// Each call runs on a goroutine of its own, and has one time limit for everything that it does,
// from waiting for its turn to the last byte of the body. Scripts share nothing: each generation of
// a script has its own connections, which are closed with it.
//
// A script has at most 64 calls in flight, of which 8 are to the same host; more calls wait. It has
// at most 100 idle connections, and 16 different sets of the options tls, proxy and unix. A body
// has at most max_bytes after decompression. The bodies that a script is receiving or sending count
// in its luastd.Budget. A URL has at most 8 KiB, the header of a response 256 KiB, the header of a
// request 64 KiB, a query or form 1,000 values, a multipart body 1,000 parts, a line or an event of
// a stream 1 MiB, and a jar 1,000 cookies.
package http

import (
	"context"
	_ "embed"
	"strings"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/engine/version"
	"moonlark/luastd"
	"moonlark/luastd/httpserve"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "http".
var Module = luastd.Module{
	Name: "http", Open: open, Doc: doc + httpserve.Doc, Manual: manual + "\n" + httpserve.Manual,
	Needs: []permit.Kind{permit.Net, permit.Listen}, Need: need, Tab: &tab,
}

const (
	maxCalls        = 64        // maximal number of calls in flight
	maxCallsPerHost = 8         // maximal number of calls in flight to one host
	maxIdle         = 100       // maximal number of idle connections
	maxTransports   = 16        // maximal number of different sets of the options tls, proxy and unix
	maxURL          = 8 << 10   // maximal length of a URL, in bytes
	maxHeader       = 256 << 10 // maximal length of the header of a response, in bytes
	maxSentHeader   = 64 << 10  // maximal length of the header of a request, in bytes
	maxFields       = 1000      // maximal number of values in a query or form, and of parts of a multipart body
	maxLine         = 1 << 20   // maximal length of a line or an event of a stream, in bytes

	minTimeout        = 10 * time.Millisecond
	maxTimeout        = 600 * time.Second
	defaultTimeout    = 30 * time.Second
	defaultConnecting = 10 * time.Second
)

// A module is the module of one Lua state.
type module struct {
	rt        luastd.Runtime
	userAgent string
	responses *lua.LTable // the methods of responses
	jars      *lua.LTable // the metatable of cookie jars
	clients   *lua.LTable // the metatable of clients

	warned bool // sockets.InsecureWarning has been logged; for the executor's goroutine
	owned  bool // close has been registered; for the executor's goroutine

	ctx   context.Context // done when the generation has ended
	end   context.CancelFunc
	slots slots

	budget *luastd.Budget // of the script

	connections connections

	mu         sync.Mutex // guards the fields below
	transports []*transport
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt, userAgent: userAgent(), budget: rt.Budget()}
	m.ctx, m.end = context.WithCancel(context.Background())
	m.responses = m.responseMethods(L)
	m.jars = jarMetatable(L)
	m.clients = m.clientMetatable(L)
	functions := map[string]lua.LGFunction{
		"client":   m.newClient,
		"cookies":  m.newJar,
		"download": m.download,
		"serve":    httpserve.New(rt),
	}
	for _, verb := range verbs {
		functions[verb.name] = func(L *lua.LState) int { return m.send(L, verb, "http."+verb.name, nil) }
	}
	t := L.CreateTable(0, len(functions))
	value.SetFunctions(L, t, functions)
	value.RaiseForUnknown(L, "http", t, functions, foreignFunctions)
	return t
}

// own registers close, so that nothing remains open when the generation has ended.
func (m *module) own() {
	if !m.owned {
		m.owned = true
		m.rt.Own(m.close)
	}
}

// close ends all calls and closes all connections. It runs when the generation has ended, on any
// goroutine.
func (m *module) close() {
	m.end()
	m.connections.closeAll()
	m.closeIdle()
}

// userAgent returns the header User-Agent of all requests whose headers do not have another.
func userAgent() string { return "Moonlark/" + strings.Trim(version.Version(), "()") }
