package tcp_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"moonlark/engine/permit"
	"moonlark/luastd/luastdtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func netGrants(hosts ...string) permit.Settings {
	return permit.Settings{Grants: luastdtest.NetGrants(hosts...)}
}

// openScript opens a script that may connect to 127.0.0.1.
func openScript(t testing.TB) *luastdtest.Script {
	t.Helper()
	return luastdtest.Open(t, luastdtest.Options{Permissions: netGrants("127.0.0.1")})
}

// serve starts a server that calls handle for each connection, and closes the connection when
// handle returns. It returns the address of the server. If config is not nil, the server uses TLS.
func serve(t testing.TB, config *tls.Config, handle func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				if config != nil {
					secure := tls.Server(conn, config)
					defer secure.Close()
					handle(secure)
					return
				}
				handle(conn)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		cancel()
		wg.Wait()
	})
	return l.Addr().String()
}

// say returns a handler that sends a text and closes the connection.
func say(text string) func(net.Conn) {
	return func(conn net.Conn) { io.WriteString(conn, text) }
}

// sayAndWait returns a handler that sends a text and waits until the other end has closed the
// connection.
func sayAndWait(text string) func(net.Conn) {
	return func(conn net.Conn) {
		io.WriteString(conn, text)
		io.Copy(io.Discard, conn)
	}
}

func echo(conn net.Conn) { io.Copy(conn, conn) }

// A row is a piece of Lua code and its result.
type row struct{ why, source, want string }

// check runs the code of each row. In it, SERVER stands for the arguments of tcp.connect, and HOST
// for the address of the server.
func check(t *testing.T, s *luastdtest.Script, address string, rows []row) {
	t.Helper()
	replace := strings.NewReplacer("SERVER", arguments(address), "HOST", address)
	for _, row := range rows {
		if got, want := s.Run(replace.Replace(row.source)), replace.Replace(row.want); got != want {
			t.Errorf("%s: %s\ngot  %s\nwant %s", row.why, row.source, got, want)
		}
	}
}

// arguments returns the arguments of tcp.connect for an address.
func arguments(address string) string {
	host, port, _ := net.SplitHostPort(address)
	return `"` + host + `", ` + port
}
