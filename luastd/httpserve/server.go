package httpserve

import (
	"regexp"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
	"moonlark/luastd/value"
)

// foreignMethods are names that other libraries have for the methods of a server.
var foreignMethods = map[string]string{
	"route": "on", "handle": "on", "all": "any", "use": "any", "del": "delete", "stop": "close", "shutdown": "close", "sse": "events", "websocket": "ws", "files": "static",
}

// needlessMethods are methods of other libraries that a server does not need, with the reason.
var needlessMethods = map[string]string{
	"listen": "the server accepts connections already", "start": "the server accepts connections already",
}

// serverMetatable returns the metatable of servers.
func (m *module) serverMetatable(L *lua.LState) *lua.LTable {
	methods := L.CreateTable(0, 12)
	functions := map[string]lua.LGFunction{
		"any":    func(L *lua.LState) int { return m.addRoute(L, "any", "", 2) },
		"on":     func(L *lua.LState) int { return m.addRoute(L, "on", L.CheckString(2), 3) },
		"static": m.static,
		"events": m.events,
		"ws":     m.ws,
		"close": func(L *lua.LState) int {
			checkSite(L, "close").close()
			return 0
		},
	}
	for _, verb := range []string{"get", "post", "put", "patch", "delete"} {
		functions[verb] = func(L *lua.LState) int { return m.addRoute(L, verb, strings.ToUpper(verb), 2) }
	}
	var names []string
	for name := range functions {
		names = append(names, name)
	}
	slices.Sort(names)
	value.SetFunctions(L, methods, functions)
	meta := L.CreateTable(0, 3)
	meta.RawSetString("__metatable", lua.LString("http server"))
	meta.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString(checkSite(L, "tostring").String()))
		return 1
	}))
	meta.RawSetString("__index", L.NewFunction(func(L *lua.LState) int {
		s, name := checkSite(L, "get"), L.Get(2).String()
		v := methods.RawGetString(name)
		switch {
		case name == "port" && s.port() != 0:
			v = lua.LNumber(s.port())
		case name == "url" && s.url() != "":
			v = lua.LString(s.url())
		case v == lua.LNil && foreignMethods[name] != "":
			L.RaiseError("there is no server:%s: use %s", name, foreignMethods[name])
		case v == lua.LNil && needlessMethods[name] != "":
			L.RaiseError("there is no server:%s: %s", name, needlessMethods[name])
		case v == lua.LNil && name != "port" && name != "url":
			L.RaiseError("there is no server:%s%s", name, guess.DidYouMean(name, names))
		}
		L.Push(v)
		return 1
	}))
	return meta
}

// checkSite returns the server in argument 1.
func checkSite(L *lua.LState, method string) *site {
	return value.CheckHandle[*site](L, "a server", "server:"+method+"(...)")
}

// checkOpen is like checkSite, but raises an error if the server has been closed.
func checkOpen(L *lua.LState, method string) *site {
	s := checkSite(L, method)
	if s.closed {
		L.RaiseError("server:%s: the server has been closed", method)
	}
	return s
}

// methodName matches the methods of HTTP.
var methodName = regexp.MustCompile(`^[A-Z]+(-[A-Z]+)*$`)

// addRoute adds a function for requests of a method, or of all methods if httpMethod is "". The
// arguments from number n on are the path and the function.
func (m *module) addRoute(L *lua.LState, method, httpMethod string, n int) int {
	s := checkOpen(L, method)
	path, fn := checkPath(L, n), L.CheckFunction(n+1)
	httpMethod = strings.ToUpper(httpMethod)
	if httpMethod != "" && !methodName.MatchString(httpMethod) {
		L.ArgError(2, value.Quote(httpMethod)+" is not a method of HTTP")
	}
	pattern := strings.TrimSpace(httpMethod + " " + path)
	s.addHandler(L, method, pattern, &route{name: pattern, params: paramNames(path), fn: fn})
	return 0
}

// checkPath returns the path in argument n.
func checkPath(L *lua.LState, n int) string {
	path := L.CheckString(n)
	if !strings.HasPrefix(path, "/") || len(path) > 1000 {
		L.ArgError(n, "a path begins with a slash, not "+value.Quote(path))
	}
	return path
}

// paramNames returns the names in braces of a path such as /a/{id}/{rest...}.
func paramNames(path string) []string {
	var names []string
	for _, match := range param.FindAllStringSubmatch(path, -1) {
		names = append(names, match[1])
	}
	return names
}

var param = regexp.MustCompile(`\{(\w+)(?:\.\.\.)?\}`)
