//go:build !nohub

package hub

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A handshakeTest counts the handshakes of servers with the limits.
type handshakeTest struct {
	config *tls.Config

	mu           sync.Mutex
	going, most  int
	done, failed int // of the clients
}

func newHandshakeTest(t *testing.T, limits handshakes) *handshakeTest {
	t.Helper()
	time.Sleep(time.Until(time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC))) // a certificate needs a clock that is set
	h := new(handshakeTest)
	server := mustCertify(t, t.TempDir(), "hub.local").Server.Clone()
	server.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		time.Sleep(time.Nanosecond) // until those that have ended are not counted any more
		h.mu.Lock()
		defer h.mu.Unlock()
		h.going++
		h.most = max(h.most, h.going)
		context.AfterFunc(hello.Context(), func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.going--
		})
		return nil, nil
	}
	h.config = limits.limit(server)
	return h
}

// connect makes a handshake. The client sends its first message, and waits for pause before it reads the reply.
func (h *handshakeTest) connect(pause time.Duration) {
	near, far := net.Pipe()
	var both sync.WaitGroup
	both.Go(func() {
		defer far.Close()
		tls.Server(far, h.config).Handshake() // its error is that of the client
	})
	err := tls.Client(slowConn{near, pause}, &tls.Config{InsecureSkipVerify: true}).Handshake()
	near.Close()
	both.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil {
		h.done++
	} else {
		h.failed++
	}
}

// A slowConn waits before it reads.
type slowConn struct {
	net.Conn
	pause time.Duration
}

func (c slowConn) Read(p []byte) (int, error) {
	time.Sleep(c.pause)
	return c.Conn.Read(p)
}

func TestHandshakesWaitForTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandshakeTest(t, handshakes{max: 3, wait: time.Minute, hold: time.Minute})
		var clients sync.WaitGroup
		for range 20 {
			clients.Go(func() { h.connect(100 * time.Millisecond) })
		}
		clients.Wait()
		if h.most != 3 || h.done != 20 {
			t.Errorf("%d handshakes at a time, and %d of 20 successful", h.most, h.done)
		}
	})
}

func TestAClientThatWaitsTooLongIsSentAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandshakeTest(t, handshakes{max: 1, wait: time.Second, hold: time.Minute})
		var clients sync.WaitGroup
		clients.Go(func() { h.connect(3 * time.Second) })
		time.Sleep(time.Millisecond)
		began := time.Now()
		h.connect(0)
		if waited := time.Since(began); h.failed != 1 || waited != time.Second {
			t.Errorf("%d clients were sent away after %v", h.failed, waited)
		}
		clients.Wait()
		h.connect(0)
		if h.done != 2 {
			t.Errorf("%d clients are connected", h.done)
		}
	})
}

// Clients that stop in the middle of a handshake do not keep out the others.
func TestAClientThatStopsLosesItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandshakeTest(t, handshakes{max: 2, wait: 5 * time.Second, hold: 2 * time.Second})
		var clients sync.WaitGroup
		for range 2 {
			clients.Go(func() { h.connect(time.Hour) })
		}
		time.Sleep(time.Millisecond)
		began := time.Now()
		h.connect(0)
		h.mu.Lock()
		done := h.done
		h.mu.Unlock()
		if waited := time.Since(began); done != 1 || waited > 2*time.Second {
			t.Errorf("%d clients are connected after %v", done, waited)
		}
		clients.Wait()
	})
}
