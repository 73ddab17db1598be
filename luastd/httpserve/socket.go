package httpserve

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/websocket"
	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/ws"
)

// ws is the Lua function server:ws.
func (m *module) ws(L *lua.LState) int {
	s := checkOpen(L, "ws")
	path, fn := checkPath(L, 2), L.CheckFunction(3)
	pattern := "GET " + path
	s.addHandler(L, "ws", pattern, &socketRoute{route{name: pattern, params: paramNames(path), fn: fn, isSocket: true}})
	return 0
}

// A socketRoute is a route for WebSockets.
type socketRoute struct{ route }

// ServeHTTP refuses requests that do not open a WebSocket, and those of pages of other sites, which
// the rules of browsers do not keep from opening WebSockets.
func (rt *socketRoute) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !websocket.IsWebSocketUpgrade(r) {
		w.Header().Set("Upgrade", "websocket")
		refusal(http.StatusUpgradeRequired, "this path is for WebSockets").write(w, r)
		return
	}
	if !exchangeOf(r).site.settings.guard.allowsOrigin(r) {
		refusal(http.StatusForbidden, "WebSockets of pages of other sites are refused: the option origins lists exceptions").write(w, r)
		return
	}
	rt.route.ServeHTTP(w, r)
}

// allowsOrigin reports whether r comes from a page of this server or of a site in the option
// origins, or from no browser.
func (g *guard) allowsOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || g.origins[origin] {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

// beginSocket starts a task that opens a WebSocket and calls the function of r with it. The task
// ends when the script is replaced.
func (s *site) beginSocket(L *lua.LState, r *route, x *exchange) {
	place := s.m.sockets.Reserve()
	if place == nil {
		x.answer(busy("too many WebSockets are open"))
		return
	}
	o := &opening{accept: func(w http.ResponseWriter, request *http.Request) (*ws.Accepted, error) {
		return s.m.sockets.Accept(w, request, place, remoteAddress(request.RemoteAddr))
	}}
	_, err := s.m.rt.Start(luastd.TaskSpec{
		Name: "http.serve: " + r.name,
		Fn:   L.NewFunction(func(L *lua.LState) int { return s.callSocket(L, r, x, o) }),
		Ended: func(end luastd.Outcome) bool {
			delete(s.openings, o)
			x.answer(&answer{again: true}) // has no effect if the WebSocket is being opened
			if !o.end(end) {
				place.Release()
			}
			return false
		},
	})
	s.openings[o] = struct{}{}
	if err != nil {
		delete(s.openings, o)
		place.Release()
		s.refuseStart(x, err)
	}
}

// callSocket is the Lua function of the task.
func (s *site) callSocket(L *lua.LState, r *route, x *exchange, o *opening) int {
	conn, _ := s.m.rt.Await(L, func(done func(any)) func() {
		x.answer(&answer{
			open:      func(w http.ResponseWriter, request *http.Request) { done(o.open(w, request)) },
			abandoned: func() { done(nil) },
		})
		return nil
	}).(*ws.Accepted)
	if conn == nil {
		return 0 // the client has been told why
	}
	L.Push(r.fn)
	L.Push(s.m.sockets.Push(L, conn))
	L.Push(s.m.newRequest(L, r, x))
	L.Call(2, 0)
	return 0
}
