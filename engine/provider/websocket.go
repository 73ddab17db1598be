package provider

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/network"
)

// handshakeTimeout is how long a server may take to open a WebSocket.
const handshakeTimeout = 10 * time.Second

// DialWebSocket opens a WebSocket to the path below the base URL, with the key. It follows no
// redirect. The error contains the name and the message of the server. The caller must close the
// connection, also when ctx ends.
func (e *Endpoint) DialWebSocket(ctx context.Context, path string) (*websocket.Conn, error) {
	header := http.Header{"User-Agent": {"moonlark"}}
	e.setKey(header)
	dialer := websocket.Dialer{
		HandshakeTimeout: handshakeTimeout,
		NetDialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			return e.DialTCP(ctx, addr)
		},
	}
	target := strings.Replace(e.Base, "http", "ws", 1) + path // http becomes ws, and https becomes wss
	conn, response, err := dialer.DialContext(ctx, target, header)
	if errors.Is(err, websocket.ErrBadHandshake) && response != nil {
		body, _ := io.ReadAll(response.Body) // the library keeps at most 1 KiB of the body
		err = e.statusError(response.StatusCode, body)
	}
	if err != nil {
		return nil, e.Failed(ctx, err)
	}
	return conn, nil
}

// DialTCP connects to addr, the host and port of a WebSocket on the server. It uses the proxy in
// the environment, unless the server is in the local network: a key would go to the proxy without
// encryption. e.Base may have the scheme ws or wss too.
func (e *Endpoint) DialTCP(ctx context.Context, addr string) (net.Conn, error) {
	dial := (&net.Dialer{Timeout: connectTimeout}).DialContext
	if e.Near {
		return dial(ctx, "tcp", addr)
	}
	base, err := url.Parse(e.Base)
	if err != nil {
		return nil, err
	}
	base.Scheme = strings.Replace(base.Scheme, "ws", "http", 1)
	proxy, err := network.ProxyFromEnvironment(&http.Request{URL: base})
	if err != nil {
		return nil, err
	}
	return network.Dial(ctx, proxy, addr, dial)
}
