package mqtt

import (
	"context"
	"crypto/tls"
	"io"
	"math"
	"net"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/permit"
	"moonlark/luastd/sockets"
)

// dial opens a connection to the broker. b are the permissions of the script.
func (s *settings) dial(ctx context.Context, b *permit.Broker) (net.Conn, error) {
	var config *tls.Config
	if s.tls != nil {
		own := *s.tls // Resolve changes it
		if err := own.Resolve(b); err != nil {
			return nil, err
		}
		var err error
		if config, err = own.Config(s.host); err != nil {
			return nil, err
		}
	}
	if s.scheme == "ws" || s.scheme == "wss" {
		return s.dialWebSocket(ctx, b, config)
	}
	conn, err := b.Dialer(s.defaultPort)(ctx, "tcp", s.at())
	if err != nil || config == nil {
		return conn, err
	}
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// maxHandshake is the maximal length of the answer that opens a WebSocket, in bytes.
const maxHandshake = 256 << 10

// dialWebSocket opens a WebSocket to the broker.
func (s *settings) dialWebSocket(ctx context.Context, b *permit.Broker, config *tls.Config) (net.Conn, error) {
	var opening *openingConn
	d := websocket.Dialer{Subprotocols: []string{"mqtt"}, TLSClientConfig: config}
	d.NetDialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := b.Dialer(s.defaultPort)(ctx, network, address)
		if err != nil {
			return nil, err
		}
		opening = &openingConn{Conn: conn, left: maxHandshake}
		// The Dialer does not look at the context while it waits for the answer.
		opening.stop = context.AfterFunc(ctx, func() { conn.Close() })
		return opening, nil
	}
	socket, response, err := d.DialContext(ctx, s.scheme+"://"+s.at()+s.path, nil)
	switch {
	case err != nil && response != nil:
		return nil, sockets.Fail("failed", "%s has answered %s instead of opening a WebSocket", s.at(), response.Status)
	case err != nil:
		return nil, err
	}
	opening.stop()
	opening.left = math.MaxInt64
	socket.SetReadLimit(maxMessage + 1<<20)
	return &webSocket{Conn: socket}, nil
}

// An openingConn is the connection of a WebSocket. While the WebSocket is being opened, the end of a
// context closes the connection, and the other end may send only so many bytes.
type openingConn struct {
	net.Conn
	stop func() bool // the context does not close the connection any more
	left int64       // how many bytes may be read
}

func (c *openingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, sockets.Fail("too_large", "the answer that opens the WebSocket has more than %d bytes", maxHandshake)
	}
	return n, err
}

// A webSocket is the net.Conn of a WebSocket. One goroutine may read, and another one may write.
type webSocket struct {
	*websocket.Conn
	message io.Reader // the message that is read; nil before
}

func (w *webSocket) Read(p []byte) (int, error) {
	for {
		if w.message == nil {
			_, r, err := w.NextReader()
			if err != nil {
				if websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway, websocket.CloseAbnormalClosure, websocket.CloseNoStatusReceived) {
					err = io.EOF
				}
				return 0, err
			}
			w.message = r
		}
		n, err := w.message.Read(p)
		if err == io.EOF {
			w.message, err = nil, nil
			if n == 0 {
				continue
			}
		}
		return n, err
	}
}

func (w *webSocket) Write(p []byte) (int, error) {
	if err := w.WriteMessage(websocket.BinaryMessage, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (w *webSocket) SetDeadline(t time.Time) error {
	w.SetReadDeadline(t)
	return w.SetWriteDeadline(t)
}
