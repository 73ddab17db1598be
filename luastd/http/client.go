package http

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// A client has options for all of its calls.
type client struct {
	base    *url.URL    // nil if there is none
	options *lua.LTable // a copy of the script's table, without base
}

// clientMetatable returns the metatable of clients, with the verbs and download as methods.
func (m *module) clientMetatable(L *lua.LState) *lua.LTable {
	method := func(name string, call func(L *lua.LState, name string, c *client) int) lua.LGFunction {
		return func(L *lua.LState) int {
			c := value.CheckHandle[*client](L, "a client", "client:"+name+"(...)")
			L.Remove(1)
			return call(L, "client:"+name, c)
		}
	}
	methods := map[string]lua.LGFunction{"download": method("download", m.saveTo)}
	for _, v := range verbs {
		methods[v.name] = method(v.name, func(L *lua.LState, name string, c *client) int { return m.send(L, v, name, c) })
	}
	return value.HandleMetatable[*client](L, "http client", methods, nil)
}

// newClient is the Lua function http.client.
func (m *module) newClient(L *lua.LState) int {
	checkNames(L, 1)
	o := value.CheckOptions(L, 1, append([]string{"base"}, clientOptions...)...)
	c := &client{options: L.CreateTable(0, 8)}
	if t, ok := L.Get(1).(*lua.LTable); ok {
		copyFields(c.options, t)
		c.options.RawSetString("base", lua.LNil)
	}
	if o.Get("cookies") == lua.LTrue {
		c.options.RawSetString("cookies", m.jarValue(L, newJar()))
	}
	if base := o.String("base", ""); base != "" {
		u, err := parseURL(base)
		if err == nil && u.RawQuery != "" {
			err = fmt.Errorf("it cannot have a query: use the option query")
		}
		if err != nil {
			L.RaiseError("http.client: base: %s", err)
		}
		c.base = u
	}
	m.checkClient(L, c)
	L.Push(&lua.LUserData{Value: c, Env: L.Env, Metatable: m.clients})
	return 1
}

// checkClient raises an error if the options of c are wrong, so that the error has the line at
// which the client is made.
func (m *module) checkClient(L *lua.LState, c *client) {
	u := &url.URL{Scheme: "https", Host: "localhost"}
	if c.base != nil {
		copied := *c.base
		u = &copied
	}
	L.SetTop(0)
	L.Push(c.options)
	o := newOptions(L, 1, "http.client", clientOptions)
	m.newRequest(o, "GET", u, lua.LNil, false)
	m.routeOption(o)
}

func copyFields(to, from *lua.LTable) {
	for k, v := from.Next(lua.LNil); k != lua.LNil; k, v = from.Next(k) {
		to.RawSet(k, v)
	}
}

// addOptions replaces argument n, the options of a call, with a table that also has the options of
// the client. c may be nil.
func (c *client) addOptions(L *lua.LState, n int) {
	if c == nil {
		return
	}
	given, ok := L.Get(n).(*lua.LTable)
	if !ok && !value.IsNone(L.Get(n)) {
		return // the check of the options raises the error
	}
	all := L.CreateTable(0, 8)
	copyFields(all, c.options)
	if ok {
		merge(L, all, given)
	}
	for L.GetTop() < n {
		L.Push(lua.LNil)
	}
	L.Replace(n, all)
}

// merge adds the options of a call to those of its client. Headers and values of the query are
// added by name.
func merge(L *lua.LState, all, given *lua.LTable) {
	for _, pair := range [][2]string{{"auth", "bearer"}, {"proxy", "unix"}} { // options that exclude each other
		if given.RawGetString(pair[0]) != lua.LNil || given.RawGetString(pair[1]) != lua.LNil {
			all.RawSetString(pair[0], lua.LNil)
			all.RawSetString(pair[1], lua.LNil)
		}
	}
	for k, v := given.Next(lua.LNil); k != lua.LNil; k, v = given.Next(k) {
		if name := k.String(); name == "headers" || name == "query" {
			ours, ok1 := all.RawGetString(name).(*lua.LTable)
			theirs, ok2 := v.(*lua.LTable)
			if ok1 && ok2 {
				v = mergeByName(L, ours, theirs, name == "headers")
			}
		}
		all.RawSet(k, v)
	}
}

func mergeByName(L *lua.LState, ours, theirs *lua.LTable, ignoreCase bool) *lua.LTable {
	merged := L.CreateTable(0, 8)
	replaced := func(name string) bool {
		for k, _ := theirs.Next(lua.LNil); k != lua.LNil; k, _ = theirs.Next(k) {
			if k.String() == name || ignoreCase && strings.EqualFold(k.String(), name) {
				return true
			}
		}
		return false
	}
	for k, v := ours.Next(lua.LNil); k != lua.LNil; k, v = ours.Next(k) {
		if !replaced(k.String()) {
			merged.RawSet(k, v)
		}
	}
	copyFields(merged, theirs)
	return merged
}

// url returns the URL for the first argument of a call. c may be nil.
func (c *client) url(text string) (*url.URL, error) {
	if c == nil || c.base == nil {
		return parseURL(text)
	}
	if strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://") {
		u, err := parseURL(text)
		if err == nil && origin(u) != origin(c.base) {
			err = fmt.Errorf("the client is for %s, not for %s", origin(c.base), origin(u))
		}
		return u, err
	}
	path, query, _ := strings.Cut(text, "?")
	if decoded, err := url.PathUnescape(path); err != nil || slices.Contains(strings.FieldsFunc(decoded, isSlash), "..") {
		return nil, fmt.Errorf("the path %s has a part .. or a wrong escape", value.Quote(path))
	}
	joined := *c.base
	joined.Path, joined.RawPath, joined.User = "", "", nil
	whole := joined.String() + strings.TrimSuffix(c.base.EscapedPath(), "/")
	if path != "" {
		whole += "/" + strings.TrimPrefix(path, "/")
	}
	if query != "" {
		whole += "?" + query
	}
	u, err := parseURL(whole)
	if err == nil {
		u.User = c.base.User
	}
	return u, err
}

func isSlash(r rune) bool { return r == '/' || r == '\\' }
