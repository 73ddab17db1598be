package http_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"moonlark/engine/permit"
	"moonlark/luastd/luastdtest"
)

// openScript opens a script that may connect to these hosts. Without hosts, it may connect to
// 127.0.0.1.
func openScript(t testing.TB, hosts ...string) *luastdtest.Script {
	t.Helper()
	if len(hosts) == 0 {
		hosts = []string{"127.0.0.1"}
	}
	return luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: luastdtest.NetGrants(hosts...)}})
}

// serve starts a server and returns its URL.
func serve(t testing.TB, handler http.HandlerFunc) string {
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

// show answers with the request as text.
func show(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s %s", r.Method, r.URL, body)
	for _, name := range []string{"Content-Type", "Authorization", "X-Test", "User-Agent", "Cookie", "Accept", "Range", "Content-Length", "Transfer-Encoding"} {
		for _, value := range r.Header[name] {
			if name != "User-Agent" || !strings.HasPrefix(value, "Moonlark/") {
				fmt.Fprintf(w, " [%s: %s]", name, value)
			}
		}
	}
	if len(r.TransferEncoding) > 0 {
		fmt.Fprint(w, " chunked")
	}
}

// serveRaw starts a server that reads the header of each request and then calls answer, which may
// break the rules of HTTP. It returns the URL of the server.
func serveRaw(t testing.TB, answer func(conn net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				for lines := bufio.NewReader(conn); ; {
					line, err := lines.ReadString('\n')
					if err != nil {
						return
					}
					if line == "\r\n" {
						break
					}
				}
				answer(conn)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	return "http://" + l.Addr().String()
}

// untilClosed waits until the other end has closed conn.
func untilClosed(conn net.Conn) { io.Copy(io.Discard, conn) }

type row = luastdtest.Row

// check runs the code of each row. In it, "URL and HOST stand for the server.
func check(t testing.TB, s *luastdtest.Script, url string, rows []row) {
	t.Helper()
	s.Check(strings.NewReplacer(`"URL`, `"`+url, "HOST", strings.TrimPrefix(strings.TrimPrefix(url, "http://"), "https://")), rows)
}

func openGrants() permit.Settings { return permit.Settings{Grants: luastdtest.NetGrants("127.0.0.1")} }
