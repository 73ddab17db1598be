package ws_test

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
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
// handle returns. It returns the URL of the server.
func serve(t testing.TB, handle func(*websocket.Conn, *http.Request)) string {
	upgrader := websocket.Upgrader{Subprotocols: []string{"two", "three"}, CheckOrigin: func(*http.Request) bool { return true }, EnableCompression: true}
	var wg sync.WaitGroup
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		wg.Add(1)
		defer wg.Done()
		defer conn.Close()
		handle(conn, r)
	}))
	t.Cleanup(func() {
		server.Close()
		wg.Wait()
	})
	return strings.Replace(server.URL, "http", "ws", 1)
}

// echo sends each message back, until the client closes the connection.
func echo(conn *websocket.Conn, _ *http.Request) {
	for {
		kind, data, err := conn.ReadMessage()
		if err != nil || conn.WriteMessage(kind, data) != nil {
			return
		}
	}
}

// obey sends what the URL says, each part of the query m as a message, and then reads until the
// client closes the connection.
func obey(conn *websocket.Conn, r *http.Request) {
	for _, m := range r.URL.Query()["m"] {
		conn.WriteMessage(websocket.TextMessage, []byte(m))
	}
	untilClosed(conn)
}

// untilClosed reads until the connection ends, and returns the error.
func untilClosed(conn *websocket.Conn) error {
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			return err
		}
	}
}

// serveRaw starts a server that reads the header of each request and then calls answer, which may
// break the rules of WebSockets. It returns the URL of the server.
func serveRaw(t testing.TB, answer func(conn net.Conn, header http.Header)) string {
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
				if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					answer(conn, r.Header)
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	return "ws://" + l.Addr().String()
}

// accept answers a request so that the WebSocket is open. more are further lines of the header.
func accept(conn net.Conn, header http.Header, more string) {
	sum := sha1.Sum([]byte(header.Get("Sec-Websocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
		base64.StdEncoding.EncodeToString(sum[:]), more)
}

// serveFrames starts a server that opens each WebSocket, sends these bytes, and reads until the
// client has closed the connection. The bytes that it has read are sent to the channel.
func serveFrames(t testing.TB, frames string) (url string, received chan string) {
	received = make(chan string, 10)
	return serveRaw(t, func(conn net.Conn, header http.Header) {
		accept(conn, header, "")
		io.WriteString(conn, frames)
		conn.SetReadDeadline(time.Now().Add(testkit.Timeout))
		all, _ := io.ReadAll(conn)
		received <- string(all)
	}), received
}

// closeCodes returns the codes of the close frames among the frames of a client.
func closeCodes(frames string) (codes []int) {
	for len(frames) >= 6 {
		size, mask := int(frames[1]&0x7f), frames[2:6]
		if size > 125 || len(frames) < 6+size {
			return codes
		}
		if frames[0]&0xf == websocket.CloseMessage && size >= 2 {
			codes = append(codes, int(frames[6]^mask[0])<<8|int(frames[7]^mask[1]))
		}
		frames = frames[6+size:]
	}
	return codes
}

// A row is a piece of Lua code and its result.
type row struct{ why, source, want string }

// check runs the code of each row. In it, "URL, SERVER and HOST stand for the server.
func check(t *testing.T, s *luastdtest.Script, url string, rows []row) {
	t.Helper()
	_, host, _ := strings.Cut(url, "://")
	replace := strings.NewReplacer(`"URL`, `"`+url, "SERVER", url, "HOST", host)
	for _, row := range rows {
		if got, want := s.Run(replace.Replace(row.source)), replace.Replace(row.want); got != want {
			t.Errorf("%s: %s\ngot  %s\nwant %s", row.why, row.source, got, want)
		}
	}
}
