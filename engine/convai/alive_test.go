package convai

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// A cable is a TCP connection between a client and a server that can be cut
// without either being told: nothing comes through any more.
type cable struct {
	net.Listener
	mu  sync.Mutex
	cut bool
}

// through is url by way of a cable.
func through(t *testing.T, url string) (string, *cable) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{Listener: l}
	var ends sync.WaitGroup
	t.Cleanup(func() { l.Close(); ends.Wait() })
	server := strings.TrimPrefix(url, "ws://")
	ends.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", server)
			if err != nil {
				near.Close()
				continue
			}
			for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
				ends.Go(func() { c.carry(way[0], way[1]) })
			}
		}
	})
	return "ws://" + l.Addr().String(), c
}

func (c *cable) carry(from, to net.Conn) {
	defer from.Close()
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		c.mu.Lock()
		cut := c.cut
		c.mu.Unlock()
		if cut {
			if err != nil {
				to.Close()
				return
			}
			continue // swallowed
		}
		if err != nil {
			if err == io.EOF {
				to.Close()
			}
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (c *cable) sever() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = true
}

func TestAConnectionThatDiesWithoutAWordIsNoticed(t *testing.T) {
	url, cable := through(t, greet(t, func(p *peer) {
		for {
			if _, _, err := p.ReadMessage(); err != nil {
				return
			}
		}
	}))
	c := dial(t, url)
	c.quiet, c.dead = 100*time.Millisecond, 300*time.Millisecond
	time.AfterFunc(500*time.Millisecond, cable.sever)
	began := time.Now()
	err := c.Run(t.Context(), ignore)
	if err == nil || !strings.HasPrefix(err.Error(), "the connection is dead") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took < 500*time.Millisecond {
		t.Errorf("it counted as dead after %v, when it was alive", took)
	}
}

func TestAQuietConnectionThatAnswersIsAlive(t *testing.T) {
	url := greet(t, func(p *peer) {
		bye := time.AfterFunc(time.Second, func() {
			p.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(patience))
		})
		defer bye.Stop()
		for {
			if _, _, err := p.ReadMessage(); err != nil {
				return
			}
		}
	})
	c := dial(t, url)
	c.quiet, c.dead = 50*time.Millisecond, 200*time.Millisecond
	wantClose(t, c.Run(t.Context(), ignore), 1000, "")
}

// A handler that does not come back is the end of a conversation that nothing
// else would notice: whoever asks finds out.
func TestWhoDoesNotReadIsStuck(t *testing.T) {
	c := dial(t, greet(t, func(p *peer) { p.ReadMessage() }))
	c.quiet, c.dead = 50*time.Millisecond, 100*time.Millisecond
	if c.Stuck() {
		t.Error("stuck before it has begun")
	}
	release, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		c.Run(t.Context(), func(Frame) { <-release })
	}()
	for end := time.Now().Add(10 * time.Second); !c.Stuck(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not count as stuck")
		}
	}
	close(release)
	<-done
	if c.Stuck() {
		t.Error("stuck after its end")
	}
}
