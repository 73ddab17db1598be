package http_test

import (
	"fmt"
	"net/http"
	"testing"
)

func TestClients(t *testing.T) {
	url := serve(t, show)
	other := serve(t, show)
	s := openScript(t)
	s.Run(`function new(options) options.base = "` + url + `/v1/" return http.client(options) end`)
	check(t, s, url, []row{
		{"paths are joined", `local c = new{} return c:get("/a").body, c:get("b/c").body, c:get("").body, c:get("?x=1").body`, "GET /v1/a , GET /v1/b/c , GET /v1 , GET /v1?x=1 "},
		{"all verbs", `local c = new{} return c:post("a", "x").body, c:delete("a").body, c:request("put", "a", {body = "y"}).body, c:request{url = "a"}.body`,
			"POST /v1/a x [Content-Length: 1], DELETE /v1/a , PUT /v1/a y [Content-Length: 1], GET /v1/a "},
		{"headers are joined", `return new{headers = {["X-Test"] = 1, accept = "a/b"}, bearer = "t"}:get("a", {headers = {["x-test"] = 2}}).body`, "GET /v1/a  [Authorization: Bearer t] [X-Test: 2] [Accept: a/b]"},
		{"queries are joined", `return new{query = {key = "k", a = 1}}:get("a", {query = {a = 2, b = 3}}).body`, "GET /v1/a?a=2&b=3&key=k "},
		{"the call has other credentials", `return new{bearer = "t"}:get("a", {auth = {"u", "p"}}).body`, "GET /v1/a  [Authorization: Basic dTpw]"},
		{"the call switches options off", `local c = new{bearer = "t", headers = {a = 1}, query = {b = 2}, proxy = "http://127.0.0.1:1"} return c:get("a", {bearer = false, headers = false, query = false, proxy = false}).body`, "GET /v1/a "},
		{"credentials in base", `return http.client{base = ("URL"):gsub("//", "//u:p@") .. ""}:get("a").body`, "GET /a  [Authorization: Basic dTpw]"},
		{"the call changes nothing", `local c = new{} c:get("a", {headers = {accept = "a/b"}}) return c:get("a").body`, "GET /v1/a "},
		{"the table of the script changes nothing", `local o = {} local c = new(o) o.bearer = "t" return c:get("a").body`, "GET /v1/a "},
		{"a complete URL of the same origin", `return new{bearer = "t"}:get("URL/x").body`, "GET /x  [Authorization: Bearer t]"},
		{"a complete URL of another origin", `new{}:get("` + other + `/x")`, "a.lua:1: client:get: the client is for " + url + ", not for " + other},
		{"a part ..", `new{}:get("a/../../b")`, `a.lua:1: client:get: the path "a/../../b" has a part .. or a wrong escape`},
		{"an escaped part ..", `new{}:get("a/%2e%2E/b")`, `a.lua:1: client:get: the path "a/%2e%2E/b" has a part .. or a wrong escape`},
		{"an escaped slash", `new{}:get("a%2f..%2fb")`, `a.lua:1: client:get: the path "a%2f..%2fb" has a part .. or a wrong escape`},
		{"dots in a name", `return new{}:get("a..b/...").body`, "GET /v1/a..b/... "},
		{"without base", `return http.client{bearer = "t"}:get("URL/a").body`, "GET /a  [Authorization: Bearer t]"},
		{"without options", `return http.client():get("URL/a").body`, "GET /a "},
		{"tostring", `return new{}`, "http client"},
		{"a dot for the colon", `new{}.get("a")`, "a.lua:1: bad argument #1 to get (a client expected: use a colon, as in client:get(...))"},
		{"an unknown option", `new{bas = 1}`, "a.lua:1: bad argument #1 to client (there is no field 'bas' (did you mean 'base'?); its fields are base, query, headers, timeout, connect_timeout, auth, bearer, redirects, max_bytes, retries, retry_all, tls, cookies, proxy, unix)"},
		{"a wrong option", `new{timeout = 5000}`, "a.lua:1: bad argument #1 to client (timeout must be at most 600, not 5000: seconds are meant, not milliseconds)"},
		{"an unknown field of tls", `new{tls = {verif = false}}`, "a.lua:1: http.client: tls: there is no field 'verif' (did you mean 'verify'?); its fields are ca, cert, key, server_name, min_version, verify"},
		{"a wrong tls", `new{tls = true}`, `a.lua:1: bad argument #1 to client (tls must be a table such as {ca = "./ca.pem"}, not a boolean)`},
		{"a wrong proxy", `new{proxy = "ftp://x"}`, "a.lua:1: http.client: proxy: the URL must begin with http://, https:// or socks5://"},
		{"a wrong socket", `new{unix = 1}`, "a.lua:1: bad argument #1 to client (unix must be a string, not 1)"},
		{"a socket and a proxy", `new{unix = "x", proxy = "http://127.0.0.1"}`, "a.lua:1: http.client: only one of proxy and unix can be used"},
		{"a wrong base", `http.client{base = "example.com"}`, `a.lua:1: http.client: base: "example.com" has no scheme: write https://example.com`},
		{"a base with a query", `http.client{base = "URL/?a=b"}`, `a.lua:1: http.client: base: it cannot have a query: use the option query`},
		{"an unknown option of a call", `new{}:get("a", {params = 1})`, "a.lua:1: bad argument #2 to get (there is no field 'params': use query)"},
		{"two credentials in a call", `new{bearer = "t"}:get("a", {auth = {"a", "b"}, bearer = "c"})`, "a.lua:1: client:get: only one of auth and bearer can be used"},
	})
}

func TestCookies(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/set":
			http.SetCookie(w, &http.Cookie{Name: "a", Value: r.URL.Query().Get("v"), Path: "/"})
			http.SetCookie(w, &http.Cookie{Name: "b", Value: "2", Path: "/b", MaxAge: 60})
			http.SetCookie(w, &http.Cookie{Name: "o", Value: "4", Path: "/", Domain: "other.example"})
			http.Redirect(w, r, "/after", http.StatusFound)
		case "/remove":
			http.SetCookie(w, &http.Cookie{Name: "a", Path: "/", MaxAge: -1})
		case "/many":
			for i := range 100 {
				http.SetCookie(w, &http.Cookie{Name: fmt.Sprintf("n%s%d", r.URL.Query().Get("v"), i), Value: "1", Path: "/"})
			}
		case "/long":
			w.Header().Set("Set-Cookie", fmt.Sprintf("l=%05000d; Path=/", 0))
		default:
			show(w, r)
		}
	})
	s := openScript(t)
	check(t, s, url, []row{
		{"cookies of a redirect", `jar = http.cookies() return http.get("URL/set?v=1", {cookies = jar}).body`, "GET /after  [Cookie: a=1]"},
		{"they are sent again", `return http.get("URL/b/c", {cookies = jar}).body, http.get("URL/c", {cookies = jar}).body`, "GET /b/c  [Cookie: b=2; a=1], GET /c  [Cookie: a=1]"},
		{"beside those of the script", `return http.get("URL/c", {cookies = jar, headers = {cookie = "x=y"}}).body`, "GET /c  [Cookie: x=y; a=1]"},
		{"not without the jar", `return http.get("URL/c").body, http.get("URL/c", {cookies = false}).body`, "GET /c , GET /c "},
		{"get", `local c = jar:get("URL/b") return c.a, c.b, c.o`, "1, 2, nil"},
		{"remove", `http.get("URL/remove", {cookies = jar}) return jar:get("URL/").a`, "nil"},
		{"clear", `jar:clear() return next(jar:get("URL/b"))`, "nil"},
		{"a client has its own jar", `local c = http.client{base = "URL", cookies = true} c:get("set?v=5") return c:get("c").body, next(jar:get("URL/"))`, "GET /c  [Cookie: a=5], nil"},
		{"a long cookie is ignored", `http.get("URL/long", {cookies = jar}) return next(jar:get("URL/"))`, "nil"},
		{"too many cookies are ignored", `for i = 1, 12 do http.get("URL/many", {cookies = jar, query = {v = i .. "_"}, timeout = 60}) end
			local n = 0 for _ in pairs(jar:get("URL/")) do n = n + 1 end return n`, "1000"},
		{"those that there are can be changed", `http.get("URL/many?v=1_", {cookies = jar}) local n = 0 for _ in pairs(jar:get("URL/")) do n = n + 1 end return n`, "1000"},
		{"tostring", `return jar`, "cookie jar"},
		{"a dot for the colon", `jar.clear()`, "a.lua:1: bad argument #1 to clear (a cookie jar expected: use a colon, as in jar:get(url))"},
	})
}
