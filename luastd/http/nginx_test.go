package http_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startNginx starts nginx with an authority's certificate, and returns its URL for HTTP and its URL
// for HTTPS. It skips the test if nginx is not installed.
func startNginx(t *testing.T, a authority) (plain, secure string) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		if nginx, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			t.Skip("nginx is not installed")
		}
	}
	folder := t.TempDir()
	cert, key := a.Issue(t, "127.0.0.1")
	files := map[string][]byte{
		"cert.pem": cert, "key.pem": key, "www/a.txt": []byte("hello from nginx"),
		"www/big.json": bytes.Repeat([]byte(`{"a": "b"} `), 100_000),
		"www/bomb.txt": make([]byte, 20<<20),
	}
	var ports []string
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, l.Addr().String())
		l.Close()
	}
	files["nginx.conf"] = fmt.Appendf(nil, `
daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 64; }
http {
	access_log off; gzip on; gzip_types application/json text/plain; gzip_min_length 100;
	types { text/plain txt; application/json json; }
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
	server {
		listen %[2]s;
		listen %[3]s ssl http2;
		ssl_certificate %[1]s/cert.pem; ssl_certificate_key %[1]s/key.pem;
		root %[1]s/www; keepalive_requests 3;
		location = /r5 { return 301 /r4; } location = /r4 { return 302 /r3; } location = /r3 { return 307 /r2; }
		location = /r2 { return 308 /r1; } location = /r1 { return 303 /a.txt; }
		location = /slow { limit_rate 100; alias %[1]s/www/big.json; gzip off; }
		location = /auth { if ($http_authorization != "Bearer t") { return 401; } return 200 "in"; }
		location = /show { return 200 "$request_method $args $http_user_agent"; }
		location = /busy { add_header Retry-After 0 always; return 503; }
	}
}`, folder, ports[0], ports[1])
	for name, content := range files {
		os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o755)
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	os.Chmod(filepath.Dir(folder), 0o755)
	os.Chmod(folder, 0o755)
	run := exec.Command(nginx, "-p", folder, "-c", filepath.Join(folder, "nginx.conf"))
	var output bytes.Buffer
	run.Stderr = &output
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		run.Process.Signal(syscall.SIGTERM)
		run.Wait()
	})
	deadline := time.Now().Add(10 * time.Second)
	for {
		conn, err := net.Dial("tcp", ports[0])
		if err == nil {
			conn.Close()
			return "http://" + ports[0], "https://" + ports[1]
		}
		if time.Now().After(deadline) {
			t.Fatalf("nginx does not accept connections: %s", output.String())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestNginx(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	a := newAuthority(t)
	plain, secure := startNginx(t, a)
	s := openScript(t)
	write(t, s, "ca.pem", a.PEM)
	s.Run(`tls = {ca = "./ca.pem"}`)
	for _, url := range []string{plain, secure} {
		check(t, s, url, []row{
			{"a file", `return http.get("URL/a.txt", {tls = tls}).body`, "hello from nginx"},
			{"a compressed file", `local r = http.get("URL/big.json", {tls = tls}) return #r.body, r.headers["content-encoding"]`, "1100000, nil"},
			{"a compressed file that is too large", `return select(3, http.get("URL/bomb.txt", {tls = tls}))`, "too_large"},
			{"as the script wants it", `local r = http.get("URL/big.json", {tls = tls, headers = {["accept-encoding"] = "gzip"}}) return r.headers["content-encoding"], #r.body < 20000`, "gzip, true"},
			{"five redirects", `local r = http.get("URL/r5", {tls = tls}) return r.body, r.url == "URL/a.txt"`, "hello from nginx, true"},
			{"four are not enough", `return select(3, http.get("URL/r5", {tls = tls, redirects = 4}))`, "failed"},
			{"a part of a file", `local r = http.get("URL/a.txt", {tls = tls, headers = {range = "bytes=6-9"}}) return r.status, r.body`, "206, from"},
			{"not changed", `local r = http.get("URL/a.txt", {tls = tls}) return http.get("URL/a.txt", {tls = tls, headers = {["if-none-match"] = r.headers.etag}}).status`, "304"},
			{"head", `local r = http.head("URL/a.txt", {tls = tls}) return r.status, r.headers["content-length"]`, "200, 16"},
			{"a wrong method", `return http.delete("URL/a.txt", {tls = tls}).status`, "405"},
			{"a token", `return http.get("URL/auth", {tls = tls}).status, http.get("URL/auth", {tls = tls, bearer = "t"}).body`, "401, in"},
			{"retries", `return http.get("URL/busy", {tls = tls, retries = 2}).status`, "503"},
			{"a slow file", `return select(3, http.get("URL/slow", {tls = tls, timeout = 0.3}))`, "timeout"},
			{"many calls, some on connections that nginx closes", `local n = 0 for i = 1, 50 do spawn(function() if http.get("URL/a.txt", {tls = tls}).ok then n = n + 1 end end) end
				for i = 1, 1000 do if n == 50 then break end sleep(0.01) end return n`, "50"},
		})
		got := s.Run(`local r = http.get("` + url + `/big.json", {tls = tls, stream = true}) local n = 0
			while true do local b = r:read() if not b then return n end n = n + #b end`)
		if got != "1100000" {
			t.Errorf("a stream has %s bytes", got)
		}
		if got := s.Run(`return http.get("` + url + `/show", {tls = tls, query = {a = "b c"}}).body`); !strings.HasPrefix(got, "GET a=b%20c Moonlark/") {
			t.Errorf("got %s", got)
		}
	}
}
