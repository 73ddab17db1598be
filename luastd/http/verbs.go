package http

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

// A verb is a function that sends a request.
type verb struct {
	name   string
	method string // "" if the first argument is the method
	body   bool   // the body may be an argument
}

var verbs = []verb{
	{"get", "GET", false}, {"head", "HEAD", false}, {"delete", "DELETE", false}, {"options", "OPTIONS", false},
	{"post", "POST", true}, {"put", "PUT", true}, {"patch", "PATCH", true},
	{"request", "", false},
}

// send is the Lua function of a verb. name is its name for errors. If the script has called a
// method of a client, c is the client, and the client itself is not among the arguments.
func (m *module) send(L *lua.LState, v verb, name string, c *client) int {
	luastd.CheckLoaded(L, m.rt, name)
	method, target, body, n := v.arguments(L)
	u, err := c.url(target)
	if err != nil {
		L.RaiseError("%s: %s", name, err)
	}
	known := requestOptions
	if n == 1 {
		known = append([]string{"method", "url"}, known...)
	}
	c.addOptions(L, n)
	checkNames(L, n)
	o := newOptions(L, n, name, known)
	r := m.newRequest(o, strings.ToUpper(method), u, body, false)
	m.setRoute(o, r)
	a, err := m.perform(L, r, nil)
	if err != nil {
		return pushFailure(L, name, err)
	}
	L.Push(m.pushable(L, a))
	return 1
}

// arguments returns the arguments of v: the method, the URL, the body (nil if it was left out) and
// the number of the argument with the options. If that is 1, the method and the URL are among the
// options.
func (v verb) arguments(L *lua.LState) (method, target string, body lua.LValue, n int) {
	t, isTable := L.Get(1).(*lua.LTable)
	switch {
	case v.method == "" && isTable:
		return stringField(L, t, "method", "GET"), stringField(L, t, "url", ""), lua.LNil, 1
	case v.method == "":
		return L.CheckString(1), L.CheckString(2), lua.LNil, 3
	case isTable:
		L.ArgError(1, "a URL expected, got a table: use http.request{...}")
	}
	target = L.CheckString(1)
	_, isTable = L.Get(2).(*lua.LTable)
	switch {
	case !v.body || isTable && value.IsNone(L.Get(3)):
		return v.method, target, lua.LNil, 2
	case value.IsNone(L.Get(2)):
		return v.method, target, lua.LNil, 3
	}
	return v.method, target, L.Get(2), 3
}

// stringField returns a field of argument 1, which must be a string.
func stringField(L *lua.LState, t *lua.LTable, name, fallback string) string {
	s, err := value.OptionalString(t, name)
	if err != nil || s == "" && fallback == "" {
		L.ArgError(1, name+" must be a string")
	}
	if s == "" {
		return fallback
	}
	return s
}
