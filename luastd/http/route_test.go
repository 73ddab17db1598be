package http_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"moonlark/engine/permit"
	"moonlark/luastd/luastdtest"
)

// proxy is an HTTP proxy, also for CONNECT.
func proxy(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		w.Header().Set("X-Proxy", "1")
		io.WriteString(w, "proxied "+r.URL.String()+" "+r.Header.Get("Proxy-Authorization"))
		return
	}
	server, err := net.Dial("tcp", r.Host)
	if err != nil {
		w.WriteHeader(502)
		return
	}
	defer server.Close()
	client, _, _ := w.(http.Hijacker).Hijack()
	defer client.Close()
	io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
	go io.Copy(server, client)
	io.Copy(client, server)
}

func TestProxies(t *testing.T) {
	through := serve(t, proxy)
	secure := httptest.NewTLSServer(http.HandlerFunc(show))
	defer secure.Close()
	t.Setenv("HTTP_PROXY", through)
	t.Setenv("HTTPS_PROXY", through)
	plain := serve(t, show)
	s := openScript(t, "127.0.0.1", "*.example")
	check(t, s, through, []row{
		{"http", `return http.get("http://api.example/a", {proxy = "URL"}).body`, "proxied http://api.example/a "},
		{"credentials for the proxy", `return http.get("http://api.example/a", {proxy = ("URL"):gsub("//", "//u:p@") .. ""}).body`, "proxied http://api.example/a Basic dTpw"},
		{"https", `return http.get("` + secure.URL + `/a", {proxy = "URL", tls = {verify = false}}).body`, "GET /a "},
		{"none from the environment", `return http.get("` + plain + `/a").body`, "GET /a "},
		{"a host without a grant", `http.get("http://api.test/a", {proxy = "URL"})`, "a.lua:1: http.get: test.lua may not connect to api.test:80. Start with --allow-net=api.test"},
		{"credentials of clouds", `http.get("http://169.254.169.254/", {proxy = "URL"})`, "a.lua:1: http.get: test.lua may not connect to 169.254.169.254:80, where clouds keep credentials"},
		{"a proxy without a grant", `http.get("http://api.example/a", {proxy = "http://10.0.0.1:3128"})`, "a.lua:1: http.get: proxy: test.lua may not connect to 10.0.0.1:3128. Start with --allow-net=10.0.0.1:3128"},
		{"a wrong scheme", `http.get("http://api.example/a", {proxy = "ftp://x"})`, "a.lua:1: http.get: proxy: the URL must begin with http://, https:// or socks5://"},
	})
}

func TestUnixSockets(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("for Unix")
	}
	folder := t.TempDir()
	socket := filepath.Join(folder, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := http.Server{Handler: http.HandlerFunc(redirecting)}
	go server.Serve(l)
	defer server.Close()
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: []permit.Grant{{Kind: permit.Write, Value: socket}}}})
	denied := luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: []permit.Grant{{Kind: permit.Read, Value: folder}, {Kind: permit.Net}}}})
	check(t, s, socket, []row{
		{"a request", `return http.get("http://docker/v1/info", {unix = "` + socket + `"}).body`, "GET /v1/info "},
		{"a redirect stays at the socket", `return http.get("http://docker/302?to=http://other/b", {unix = "` + socket + `"}).body`, "GET /b "},
		{"another file", `http.get("http://docker/", {unix = "` + folder + `/x"})`, "a.lua:1: http.get: test.lua may not change " + folder + "/x. Start with --allow-write=" + folder},
		{"the name is not a host", `return http.get("http://docker/")`, "a.lua:1: http.get: test.lua may not connect to docker:80. Start with --allow-net=docker"},
		{"a socket and a proxy", `http.get("http://x/", {unix = "x", proxy = "http://127.0.0.1"})`, "a.lua:1: http.get: only one of proxy and unix can be used"},
	})
	if got := denied.Run(`http.get("http://docker/", {unix = "` + socket + `"})`); !strings.Contains(got, "Start with --allow-write="+folder) {
		t.Errorf("with the permission to read: %s", got)
	}
	server.Close()
	check(t, s, socket, []row{{"nobody there", `return select(3, http.get("http://docker/", {unix = "` + socket + `"}))`, "not_found"}})
}
