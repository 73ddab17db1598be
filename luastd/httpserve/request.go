package httpserve

import (
	"crypto/rand"
	"net"
	"net/http"
	"net/netip"
	"net/url"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/headers"
	"moonlark/luastd/value"
)

// A request is the Go value of a Lua request.
type request struct {
	r    *http.Request
	body string
}

// requestField is the field of the metatable of a request that has its Go value.
const requestField = "moonlark.request"

// newRequest returns the Lua request for x: a table with a metatable of its own, in which the Go
// value is.
func (m *module) newRequest(L *lua.LState, rt *route, x *exchange) *lua.LTable {
	r, id := x.request, rand.Text()[:12]
	body := string(x.body)
	t := L.CreateTable(0, 8)
	t.RawSetString("method", lua.LString(r.Method))
	t.RawSetString("path", lua.LString(r.URL.Path))
	t.RawSetString("body", lua.LString(body))
	t.RawSetString("remote", lua.LString(remoteAddress(r.RemoteAddr)))
	t.RawSetString("id", lua.LString(id))
	params := L.CreateTable(0, len(rt.params))
	for _, name := range rt.params {
		params.RawSetString(name, lua.LString(r.PathValue(name)))
	}
	t.RawSetString("params", params)
	t.RawSetString("query", firstValues(L, r.URL.Query()))
	header := headers.Table(L, r.Header)
	header.RawSetString("host", lua.LString(r.Host))
	t.RawSetString("headers", header)
	meta := L.CreateTable(0, 4)
	meta.RawSetString("__index", m.requests)
	meta.RawSetString("__metatable", lua.LString("request"))
	text := "request " + rt.name
	meta.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString(text))
		return 1
	}))
	meta.RawSetString(requestField, &lua.LUserData{Value: &request{r, body}, Env: L.Env, Metatable: lua.LNil})
	t.Metatable = meta
	return t
}

// remoteAddress returns the address without the port, in the usual form for IPv4.
func remoteAddress(at string) string {
	host, _, err := net.SplitHostPort(at)
	if err != nil {
		return at
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().String()
	}
	return host
}

// firstValues returns a table with the first value of each name.
func firstValues(L *lua.LState, all url.Values) *lua.LTable {
	t := L.CreateTable(0, len(all))
	for name, values := range all {
		t.RawSetString(name, lua.LString(values[0]))
	}
	return t
}

func requestMethods(L *lua.LState) *lua.LTable {
	methods := L.CreateTable(0, 4)
	value.SetFunctions(L, methods, map[string]lua.LGFunction{
		"json":   requestJSON,
		"form":   requestForm,
		"cookie": requestCookie,
		"verify": requestVerify,
	})
	return methods
}

// checkRequest returns the request in argument 1.
func checkRequest(L *lua.LState) *request {
	if t, ok := L.Get(1).(*lua.LTable); ok {
		if meta, ok := t.Metatable.(*lua.LTable); ok {
			if ud, ok := meta.RawGetString(requestField).(*lua.LUserData); ok {
				return ud.Value.(*request)
			}
		}
	}
	L.ArgError(1, "a request expected: call the method with a colon")
	return nil
}

func requestJSON(L *lua.LState) int {
	req := checkRequest(L)
	if len(req.body) > value.MaxJSON {
		return value.PushFailure(L, "too_large", "the body has %d bytes; the maximum for JSON is %d", len(req.body), value.MaxJSON)
	}
	v, err := value.ParseString(L, req.body)
	if err != nil {
		return value.PushFailure(L, "invalid", "the body is not JSON: %s", err)
	}
	L.Push(v)
	return 1
}

func requestCookie(L *lua.LState) int {
	c, err := checkRequest(L).r.Cookie(L.CheckString(2))
	if err != nil {
		L.Push(lua.LNil)
	} else {
		L.Push(lua.LString(c.Value))
	}
	return 1
}
