package httpserve

import (
	"net/http"
	"sync"

	"moonlark/luastd"
	"moonlark/luastd/ws"
)

// An opening is a WebSocket that is being opened, or is open. It is closed when its task has ended,
// also if the task was killed while the goroutine of the request opened it.
type opening struct {
	accept func(http.ResponseWriter, *http.Request) (*ws.Accepted, error) // fixed

	mu    sync.Mutex // guards the fields below
	conn  *ws.Accepted
	close func(*ws.Accepted) // nil while the task runs
}

// open opens the WebSocket. It returns nil if that is not possible. It runs on the goroutine of the
// request.
func (o *opening) open(w http.ResponseWriter, r *http.Request) *ws.Accepted {
	conn, err := o.accept(w, r)
	if err != nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.conn = conn
	if o.close != nil {
		o.close(conn)
	}
	return conn
}

// goAway closes the WebSocket because the server has been closed.
func (o *opening) goAway() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.conn != nil {
		o.conn.GoAway()
	}
}

// end closes the WebSocket when the task has ended. It reports whether there is one.
func (o *opening) end(end luastd.Outcome) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.close = func(conn *ws.Accepted) {
		if end.Killed {
			conn.GoAway()
		} else {
			conn.Close(end.Failed)
		}
	}
	if o.conn != nil {
		o.close(o.conn)
	}
	return o.conn != nil
}
