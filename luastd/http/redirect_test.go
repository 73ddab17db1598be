package http_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

// redirecting answers a request for /STATUS?to=URL with a redirect, and shows all others.
func redirecting(w http.ResponseWriter, r *http.Request) {
	var status int
	if _, err := fmt.Sscanf(r.URL.Path, "/%d", &status); err != nil {
		show(w, r)
		return
	}
	to := r.URL.Query().Get("to")
	if to == "again" {
		to = r.URL.String()
	}
	w.Header().Set("Location", to)
	w.WriteHeader(status)
	fmt.Fprint(w, strings.Repeat("x", 1000))
}

func TestRedirects(t *testing.T) {
	url := serve(t, redirecting)
	s := openScript(t)
	check(t, s, url, []row{
		{"a redirect", `local r = http.get("URL/302?to=/b") return r.status, r.url == "URL/b", r.body`, "200, true, GET /b "},
		{"a relative one", `return http.get("URL/302?to=b").body`, "GET /b "},
		{"a complete URL", `return http.get("URL/301", {query = {to = "URL/b"}}).body`, "GET /b "},
		{"post becomes get", `return http.post("URL/302?to=/b", "x", {headers = {["content-type"] = "a/b", ["x-test"] = 1}}).body`, "GET /b  [X-Test: 1]"},
		{"301 as well", `return http.post("URL/301?to=/b", "x").body`, "GET /b "},
		{"303 for all methods", `return http.put("URL/303?to=/b", "x").body`, "GET /b "},
		{"put stays put", `return http.put("URL/302?to=/b", "x").body`, "PUT /b x [Content-Length: 1]"},
		{"head stays head", `local r = http.head("URL/303?to=/b") return r.status, r.headers["content-length"]`, "200, 8"},
		{"307 repeats the body", `return http.post("URL/307?to=/b", "x").body`, "POST /b x [Content-Length: 1]"},
		{"308 as well", `return http.post("URL/308?to=/b", {json = 1}).body`, "POST /b 1 [Content-Type: application/json] [Content-Length: 1]"},
		{"a body that cannot be repeated", `local n = 0 return http.post("URL/307?to=/b", function() n = n + 1 if n == 1 then return "x" end end)`, "nil, failed: HOST redirects a body that a function has returned, which cannot be sent again, failed"},
		{"credentials stay on the same origin", `return http.get("URL/302?to=/b", {bearer = "t"}).body`, "GET /b  [Authorization: Bearer t]"},
		{"no redirects wanted", `local r = http.get("URL/302?to=/b", {redirects = 0}) return r.status, r.headers.location`, "302, /b"},
		{"a redirect without a location", `return http.get("URL/302").status`, "302"},
		{"not modified", `return http.get("URL/304?to=/b").status`, "304"},
		{"a loop", `return http.get("URL/302?to=again")`, "nil, failed: HOST leads to more than 5 redirects, failed"},
		{"one too many", `return http.get("URL/302?to=/302?to=/b", {redirects = 1})`, "nil, failed: HOST leads to more than 1 redirects, failed"},
		{"another scheme", `return http.get("URL/302?to=ftp://x/")`, "nil, unsupported: HOST redirects to a URL that begins with ftp:, unsupported"},
		{"a file", `return http.get("URL/302?to=file:///etc/passwd")`, "nil, unsupported: HOST redirects to a URL that begins with file:, unsupported"},
		{"a wrong URL", `return http.get("URL/302?to=http://[/")`, "nil, invalid: HOST redirects to a wrong URL: missing ']' in host, invalid"},
		{"no host", `return http.get("URL/302?to=http:///x")`, `nil, invalid: HOST redirects to a wrong URL: "http:///x" has no host, invalid`},
		{"the time is for all of it", `return http.get("URL/302?to=/b", {timeout = 600}).status`, "200"},

		{"the credentials of clouds", `return http.get("URL/302?to=http://169.254.169.254/latest/meta-data/")`, "nil, denied: HOST redirects to 169.254.169.254: test.lua may not connect to 169.254.169.254:80, where clouds keep credentials, denied"},
		{"another host", `return http.get("URL/302?to=http://10.0.0.1/")`, "nil, denied: HOST redirects to 10.0.0.1: test.lua may not connect to 10.0.0.1:80, denied"},
		{"this machine by another address", `return http.get("URL/302?to=http://[::1]:81/")`, "nil, denied: HOST redirects to [::1]:81: test.lua may not connect to [::1]:81, denied"},
		{"an address in an odd form", `return http.get("URL/302?to=http://2130706433/")`, `nil, invalid: HOST redirects to a wrong URL: "2130706433" is not the name of a host: an address has the form 192.168.1.5, invalid`},
		{"an address in a short form", `return http.get("URL/302?to=http://127.1/")`, `nil, invalid: HOST redirects to a wrong URL: "127.1" is not the name of a host: an address has the form 192.168.1.5, invalid`},
	})
}

func TestRedirectsToLoopbackNeedAGrant(t *testing.T) {
	url := serve(t, redirecting)
	port := url[strings.LastIndexByte(url, ':'):]
	// The script may connect to localhost, but not to the address, nor to other names of it.
	s := openScript(t, "localhost")
	for _, host := range []string{"127.0.0.1", "[::ffff:127.0.0.1]", "0.0.0.0", "127.0.0.2"} {
		got := s.Run(`return select(3, http.get("http://localhost` + port + `/302?to=http://` + host + port + `/b"))`)
		if got != "denied" {
			t.Errorf("%s: got %s", host, got)
		}
	}
	check(t, s, "http://localhost"+port, []row{{"localhost itself", `return http.get("URL/302?to=/b").body`, "GET /b "}})
}

func TestCredentialsDoNotLeaveTheOrigin(t *testing.T) {
	other := serve(t, redirecting)
	url := serve(t, redirecting)
	s := openScript(t)
	options := `{bearer = "t", headers = {["x-test"] = 1, cookie = "a=b", accept = "c/d", ["user-agent"] = "me", range = "bytes=0-1", ["x-api-key"] = "k"}, json = 1, redirects = 3}`
	const survivors = "[Content-Type: application/json] [User-Agent: me] [Accept: c/d] [Range: bytes=0-1] [Content-Length: 1]"
	check(t, s, url, []row{
		{"another port", `return http.put("URL/307?to=` + other + `/b", ` + options + `).body`, "PUT /b 1 " + survivors},
		{"and back: they stay away", `return http.put("URL/307", {query = {to = "` + other + `/307?to=" .. "URL/b"}, bearer = "t", json = 1}).body`, "PUT /b 1 [Content-Type: application/json] [Content-Length: 1]"},
		{"the name in capitals is the same origin", `return http.get("URL/302?to=/b", {bearer = "t"}).body`, "GET /b  [Authorization: Bearer t]"},
		{"the server does not choose credentials", `return http.get("URL/302", {query = {to = ("URL/b"):gsub("//", "//eve:pass@") .. ""}}).body`, "GET /b "},
		{"nor the URL that the script sees", `return http.get("URL/302", {query = {to = ("URL/b"):gsub("//", "//eve:pass@") .. ""}}).url == "URL/b"`, "true"},
	})
}

func TestRedirectsFromHTTPSToHTTPAreDenied(t *testing.T) {
	secure := httptest.NewTLSServer(http.HandlerFunc(redirecting))
	defer secure.Close()
	plain := serve(t, redirecting)
	s := openScript(t)
	check(t, s, secure.URL, []row{
		{"down", `return http.get("URL/302?to=` + plain + `/b", {tls = {verify = false}})`, "nil, denied: HOST redirects from https to http, at " + strings.TrimPrefix(plain, "http://") + ", denied"},
	})
	check(t, s, plain, []row{
		// The certificate of the other server is checked although the script has switched that off.
		{"up", `return select(3, http.get("URL/302?to=` + secure.URL + `/b", {tls = {verify = false}}))`, "failed"},
	})
}

func TestNamesWithPrivateAddressesAreDenied(t *testing.T) {
	url := serve(t, show)
	port := url[strings.LastIndexByte(url, ':'):]
	names := testkit.NewNameServer(t, map[string][][]string{
		"private.example":  {{"192.168.1.5"}},
		"loop.example":     {{"127.0.0.1"}},
		"metadata.example": {{"169.254.169.254"}},
		"rebind.example":   {{"203.0.113.7"}, {"127.0.0.1"}},
		"printer.local":    {{"127.0.0.1"}},
	})
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: luastdtest.NetGrants("*.example", "printer.local"), Resolver: names.Resolver()}})
	names.Resolver().LookupHost(t.Context(), "rebind.example") // the check of somebody else
	check(t, s, "", []row{
		{"a private address", `return http.get("http://private.example/")`, "nil, denied: test.lua may not connect to 192.168.1.5:80, the address of private.example, denied"},
		{"a loopback address", `return http.get("http://loop.example` + port + `/")`, "nil, denied: test.lua may not connect to 127.0.0.1" + port + ", the address of loop.example, denied"},
		{"the credentials of clouds", `return http.get("http://metadata.example/")`, "nil, denied: test.lua may not connect to 169.254.169.254:80, where clouds keep credentials, denied"},
		{"an address that changes", `return http.get("http://rebind.example` + port + `/")`, "nil, denied: test.lua may not connect to 127.0.0.1" + port + ", the address of rebind.example, denied"},
		{"a name that does not exist", `return http.get("http://missing.example/")`, "nil, not_found: there is no host with the name missing.example, not_found"},
		{"a local name", `return http.get("http://printer.local` + port + `/").body`, "GET / "},
	})
}
