package http

import (
	"context"
	"fmt"
	"net/http"
	"runtime"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/headers"
	"moonlark/luastd/value"
)

// A response is the Go value of a Lua response.
type response struct {
	header http.Header
	stream *stream // nil unless the script reads the body itself
}

// responseField is the field of the metatable of a response that has its Go value.
const responseField = "moonlark.response"

func (m *module) responseMethods(L *lua.LState) *lua.LTable {
	methods := L.CreateTable(0, 9)
	value.SetFunctions(L, methods, map[string]lua.LGFunction{
		"header": responseHeader,
		"json":   responseJSON,
		"text":   m.responseText,
		"read":   m.read,
		"lines":  m.lines,
		"events": m.events,
		"save":   m.save,
		"close":  closeStream,
	})
	return methods
}

// pushable returns the Lua response for an answer: a table with a metatable of its own, in which
// the Go value is.
func (m *module) pushable(L *lua.LState, a *answer) *lua.LTable {
	t := L.CreateTable(0, 6)
	t.RawSetString("status", lua.LNumber(a.status))
	t.RawSetString("ok", lua.LBool(a.status >= 200 && a.status <= 299))
	t.RawSetString("url", lua.LString(a.url.String()))
	t.RawSetString("headers", headers.Table(L, a.header))
	t.RawSetString("elapsed", lua.LNumber(a.elapsed.Seconds()))
	if a.stream == nil {
		t.RawSetString("body", lua.LString(a.body))
	}
	ud := &lua.LUserData{Value: &response{a.header, a.stream}, Env: L.Env, Metatable: lua.LNil}
	if a.stream != nil {
		closeForgotten(ud, a.stream)
	}
	text := fmt.Sprintf("response %d from %s", a.status, shown(a.url))
	meta := L.CreateTable(0, 4)
	meta.RawSetString("__index", m.responses)
	meta.RawSetString("__metatable", lua.LString("response"))
	meta.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString(text))
		return 1
	}))
	meta.RawSetString(responseField, ud)
	t.Metatable = meta
	return t
}

// closeForgotten closes s when the script cannot use the response ud any more, because it has
// forgotten the response, or because the task that had it was killed.
func closeForgotten(ud *lua.LUserData, s *stream) {
	s.c.r.body = nil // a function could keep the response alive
	cleanup := runtime.AddCleanup(ud, func(s *stream) { s.close() }, s)
	context.AfterFunc(s.c.ctx, cleanup.Stop) // otherwise s would keep the Lua state alive
}

// checkResponse returns the response in argument 1, and its userdata.
func checkResponse(L *lua.LState) (*lua.LTable, *lua.LUserData, *response) {
	if t, ok := L.Get(1).(*lua.LTable); ok {
		if meta, ok := t.Metatable.(*lua.LTable); ok {
			if ud, ok := meta.RawGetString(responseField).(*lua.LUserData); ok {
				return t, ud, ud.Value.(*response)
			}
		}
	}
	L.ArgError(1, "a response expected: call the method with a colon")
	return nil, nil, nil
}

func responseHeader(L *lua.LState) int {
	_, _, r := checkResponse(L)
	list := L.CreateTable(1, 0)
	for _, v := range r.header.Values(L.CheckString(2)) {
		list.Append(lua.LString(v))
	}
	L.Push(list)
	return 1
}

// checkBody returns the body of the response in argument 1.
func checkBody(L *lua.LState) (string, *response) {
	t, _, r := checkResponse(L)
	if r.stream != nil {
		L.RaiseError("response: it is a stream: use read, lines or events")
	}
	body, ok := t.RawGetString("body").(lua.LString)
	if !ok {
		L.RaiseError("response: the script has replaced the body")
	}
	return string(body), r
}

func responseJSON(L *lua.LState) int {
	body, _ := checkBody(L)
	if len(body) > value.MaxJSON {
		return value.PushFailure(L, "too_large", "the body has %d bytes; the maximum for JSON is %d", len(body), value.MaxJSON)
	}
	v, err := value.ParseString(L, body)
	if err != nil {
		return value.PushFailure(L, "invalid", "the body is not JSON: %s", err)
	}
	L.Push(v)
	return 1
}
