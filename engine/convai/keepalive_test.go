package convai

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

// pipe returns the client's and the server's end of a conversation. The connection is a net.Pipe,
// so it works with a fake clock. The server has sent nothing yet, not even the metadata. Both ends
// are closed when the test ends.
func pipe(t *testing.T) (client *Conversation, server *websocket.Conn) {
	near, far := net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	socket := &timedConn{Conn: near, opened: time.Now(), lastRead: new(atomic.Int64)}
	upgraded := make(chan *websocket.Conn)
	go func() {
		defer close(upgraded)
		stream := bufio.NewReadWriter(bufio.NewReader(far), bufio.NewWriter(far))
		request, err := http.ReadRequest(stream.Reader)
		if err != nil {
			t.Error(err)
			return
		}
		conn, err := new(websocket.Upgrader).Upgrade(&hijacker{httptest.NewRecorder(), far, stream}, request, nil)
		if err != nil {
			t.Error(err)
			return
		}
		upgraded <- conn
	}()
	watcher := &frameWatcher{Conn: socket}
	dialer := websocket.Dialer{NetDial: func(string, string) (net.Conn, error) { return watcher, nil }}
	conn, _, err := dialer.Dial("ws://agent", nil)
	if err != nil {
		t.Fatal(err)
	}
	server = <-upgraded
	if server == nil {
		t.FailNow()
	}
	return newConversation(conn, socket, watcher, nil), server
}

// A hijacker is an http.ResponseWriter that gives conn to websocket.Upgrader. It is needed because
// no HTTP server has accepted the connection.
type hijacker struct {
	http.ResponseWriter
	conn   net.Conn
	stream *bufio.ReadWriter
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) { return h.conn, h.stream, nil }

// After one minute, the server's machine disappears without closing the connection: it sends
// nothing more, and no reply to pings. The test checks how long the client takes to notice.
func TestADeadConnectionEndsTheConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := pipe(t)
		go func() {
			server.SetReadDeadline(time.Now().Add(62 * time.Second))
			// ReadMessage replies to pings until the deadline. The last ping comes after 60 s.
			server.ReadMessage()
			server.SetReadDeadline(time.Time{})
			io.Copy(io.Discard, server.NetConn()) // reads the pings but does not reply to them
		}()
		began := time.Now()
		err := c.Run(t.Context(), ignore)
		if err == nil || !strings.HasPrefix(err.Error(), "the connection is dead: nothing received for 1") {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took < time.Minute+quietTime+deadTime || took > time.Minute+quietTime+deadTime+2*time.Second {
			t.Errorf("the conversation ended after %v", took)
		}
	})
}

// The server reads everything but never replies to a ping. The test checks that the server timeout
// decides when the conversation ends.
func TestTheServerTimeoutDecidesHowLongASilentServerIsAwaited(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{2 * time.Second: 2 * time.Second, time.Minute: time.Minute, 0: 12 * time.Second, -1: time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			c, server := pipe(t)
			c.setServerTimeout(timeout)
			go io.Copy(io.Discard, server.NetConn())
			time.AfterFunc(time.Hour, func() { server.Close() })
			began := time.Now()
			err := c.Run(t.Context(), ignore)
			var dead *DeadError
			if errors.As(err, &dead) != (timeout >= 0) {
				t.Errorf("%v: got %v", timeout, err)
			}
			if took := time.Since(began); took < want || took > want*3/2 {
				t.Errorf("%v: the conversation ended after %v", timeout, took)
			}
		})
	}
}

// For an hour, the server sends nothing except replies to pings. The test checks that the client
// does not end such a conversation.
func TestAQuietConnectionThatAnswersIsAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := pipe(t)
		time.AfterFunc(time.Hour, func() {
			server.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(time.Minute))
		})
		go server.ReadMessage() // ReadMessage replies to pings until the connection ends
		wantClose(t, c.Run(t.Context(), ignore), 1000, "")
	})
}

// If the handler does not return, Run neither reads nor returns. The test checks that Stuck reports
// this.
func TestAConversationWhoseHandlerDoesNotReturnIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := pipe(t)
		if c.Stuck() {
			t.Error("stuck before Run")
		}
		go server.ReadMessage()
		go server.WriteMessage(websocket.TextMessage, []byte(`{"type":"new"}`))
		release, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			c.Run(t.Context(), func(Frame) { <-release })
		}()
		time.Sleep(quietTime + 2*deadTime)
		if c.Stuck() {
			t.Error("stuck although a dead connection would not have been noticed yet")
		}
		time.Sleep(time.Second)
		if !c.Stuck() {
			t.Error("not stuck")
		}
		close(release)
		<-done
		if c.Stuck() {
			t.Error("stuck after the end")
		}
	})
}
