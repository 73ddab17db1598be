package ws

import (
	"net"
	"sync/atomic"
	"time"

	"moonlark/luastd/sockets"
)

// A wire is the connection below TLS. Any goroutine may use it. It limits how many bytes the other
// end may send before the WebSocket is open, and notes when the last bytes have come.
type wire struct {
	net.Conn
	stop func() bool // the end of the connection attempt does not close the connection any more

	limited atomic.Bool
	left    int64 // how many bytes may still be read if limited is set; for the goroutine that reads

	began time.Time
	heard atomic.Int64 // when the last bytes came: nanoseconds since began
}

var errHandshakeTooLarge = sockets.Fail("too_large", "the answer that opens the connection has more than %d bytes", maxHandshake)

func newWire(conn net.Conn) *wire {
	w := &wire{Conn: conn, left: maxHandshake, began: time.Now()}
	w.limited.Store(true)
	return w
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if n > 0 {
		w.noteHeard()
	}
	if w.limited.Load() {
		if w.left -= int64(n); w.left < 0 {
			return 0, errHandshakeTooLarge
		}
	}
	return n, err
}

// unlimit says that the WebSocket is open. It returns false if the time for that has passed.
func (w *wire) unlimit() bool {
	w.limited.Store(false)
	w.SetDeadline(time.Time{})
	return w.stop()
}

// noteHeard notes that bytes have come from the other end now.
func (w *wire) noteHeard() { w.heard.Store(int64(time.Since(w.began))) }

// silence returns for how long the other end has sent nothing.
func (w *wire) silence() time.Duration { return time.Since(w.began) - time.Duration(w.heard.Load()) }

// closeWrite tells the other end that nothing more will be sent.
func (w *wire) closeWrite() {
	if conn, ok := w.Conn.(*net.TCPConn); ok {
		conn.CloseWrite()
	}
}
