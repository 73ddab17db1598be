package ws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/permit"
	"moonlark/luastd/sockets"
)

// dialer returns a function that opens the connection and puts it into slot. release says that the
// slot is given back when the connection has ended or could not be opened.
func (r *request) dialer(slot *sockets.Slot, release bool) func(ctx context.Context) (*conn, error) {
	return func(ctx context.Context) (*conn, error) {
		c, err := r.dial(ctx)
		if err == nil && !slot.Put(c.goAway) {
			c.wire.Close()
			err = sockets.Fail("cancelled", "the script has ended")
		}
		if err != nil {
			if release {
				slot.Release()
			}
			return nil, err
		}
		if release {
			c.release = slot.Release
		}
		go c.run()
		return c, nil
	}
}

// dial opens the connection. Its goroutines do not run yet.
func (r *request) dial(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	d := websocket.Dialer{
		Subprotocols:      r.subprotocols,
		EnableCompression: r.compression,
		WriteBufferSize:   16 << 10,
		WriteBufferPool:   &r.m.buffers,
	}
	if r.url.Scheme == "wss" {
		var err error
		if d.TLSClientConfig, err = r.tls.Config(r.url.Hostname()); err != nil {
			return nil, err
		}
	}
	var w *wire
	d.NetDialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		raw, err := r.broker.Dialer(defaultPort(r.url))(ctx, network, address)
		if err != nil {
			return nil, err
		}
		w = newWire(raw)
		// The Dialer does not look at the context while it waits for the answer.
		w.stop = context.AfterFunc(ctx, func() { raw.Close() })
		return w, nil
	}
	socket, response, err := d.DialContext(ctx, r.url.String(), r.header)
	switch {
	case err == nil:
	case errors.Is(ctx.Err(), context.DeadlineExceeded), sockets.Explain(err, "").Code == "timeout":
		return nil, sockets.Fail("timeout", "no answer from %s in %s", r.host(), sockets.Seconds(r.timeout))
	default:
		return nil, r.explainHandshake(err, response)
	}
	if p := socket.Subprotocol(); p != "" && !slices.Contains(r.subprotocols, p) {
		w.Close()
		return nil, sockets.Fail("invalid", "%s has chosen a protocol that the script did not offer", r.host())
	}
	if !w.unlimit() {
		return nil, sockets.Fail("timeout", "no answer from %s in %s", r.host(), sockets.Seconds(r.timeout))
	}
	return newConn(r, socket, w), nil
}

// explainHandshake returns the failure for the error of an attempt to open the connection. response
// is the answer of the server, or nil.
func (r *request) explainHandshake(err error, response *http.Response) error {
	var denied *permit.Denied
	switch {
	case errors.As(err, &denied), errors.Is(err, errHandshakeTooLarge):
		return sockets.Explain(err, r.host())
	case response != nil && response.StatusCode == http.StatusSwitchingProtocols:
		return sockets.Fail("invalid", "%s has accepted the connection, but does not follow the rules of WebSockets", r.host())
	case response != nil && response.StatusCode >= 300 && response.StatusCode < 400 && response.Header.Get("Location") != "":
		return sockets.Fail("failed", "%s has answered %s to %s", r.host(), status(response), response.Header.Get("Location"))
	case response != nil:
		return sockets.Fail("failed", "%s has answered %s instead of opening a WebSocket", r.host(), status(response))
	case strings.Contains(err.Error(), "malformed"):
		return sockets.Fail("invalid", "%s has sent something that is not HTTP", r.host())
	}
	return sockets.Explain(err, r.host())
}

func status(response *http.Response) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", response.StatusCode, http.StatusText(response.StatusCode)))
}

// closeTimeout is how long a connection that has sent its last frame waits for that of the server.
const closeTimeout = 2 * time.Second
