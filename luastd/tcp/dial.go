package tcp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"time"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/sockets"
)

// A dialer makes one connection.
type dialer struct {
	host      string
	port      uint16
	timeout   time.Duration
	keepAlive time.Duration // 0: none
	tls       *sockets.TLS  // nil: none
	broker    *permit.Broker
	budget    *luastd.Budget
	slot      *sockets.Slot
}

// name returns the host and the port for messages.
func (d *dialer) name() string { return net.JoinHostPort(d.host, strconv.Itoa(int(d.port))) }

// dial makes the connection. It runs on a goroutine of its own.
func (d *dialer) dial(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	c, err := d.connect(ctx)
	if err == nil && !d.slot.Put(c.close) {
		c.close()
		err = sockets.Fail("cancelled", "the script has ended")
	}
	if err != nil {
		d.slot.Release()
		if errors.Is(ctx.Err(), context.DeadlineExceeded) || sockets.Explain(err, "").Code == "timeout" {
			err = sockets.Fail("timeout", "no answer from %s in %s", d.name(), sockets.Seconds(d.timeout))
		}
		return nil, err
	}
	return c, nil
}

func (d *dialer) connect(ctx context.Context) (*conn, error) {
	raw, err := d.broker.DialContext(ctx, "tcp", d.name())
	if err != nil {
		return nil, err
	}
	if t, ok := raw.(*net.TCPConn); ok {
		t.SetKeepAliveConfig(net.KeepAliveConfig{Enable: d.keepAlive > 0, Idle: d.keepAlive, Interval: d.keepAlive})
	}
	c := newConn(raw, d.host, d.port, d.budget, d.slot.Release)
	if d.tls == nil {
		return c, nil
	}
	secure, err := handshake(ctx, raw, d.tls, d.host)
	if err != nil {
		raw.Close()
		return nil, err
	}
	c.stream = secure
	return c, nil
}

// handshake begins TLS over raw. It closes nothing.
func handshake(ctx context.Context, raw net.Conn, o *sockets.TLS, host string) (*tls.Conn, error) {
	config, err := o.Config(host)
	if err != nil {
		return nil, err
	}
	secure := tls.Client(raw, config)
	return secure, secure.HandshakeContext(ctx)
}
