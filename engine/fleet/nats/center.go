package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/center"
	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/message"
)

// connectTimeout is how long a Center waits for a connection that was lost before a call fails.
const connectTimeout = 10 * time.Second

// A Center is the connection of an operator with the hub. It is a center.Hub. Its methods may be called
// from any goroutine. They wait for a connection for a while, and then return an error that wraps
// follow.ErrOffline.
type Center struct {
	link  *link
	creds credentials
}

var _ center.Hub = (*Center)(nil)

// DialCenter connects with the hub. It returns an error if the first attempt fails. Close must be called.
func DialCenter(ctx context.Context, o Options) (*Center, error) {
	hubs, creds, err := o.parse("operator", "hub")
	if err != nil {
		return nil, err
	}
	c := &Center{link: newLink(o, hubs, creds.logins(), creds.name), creds: creds}
	c.link.connectedLevel = slog.LevelDebug // the caller waits for it
	if err := c.link.startAndWait(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// startAndWait starts the link, and waits until the first attempt to connect has ended. If it was not
// successful, it closes the link and returns why.
func (l *link) startAndWait(ctx context.Context) error {
	l.start()
	conn, changed, reason := l.state()
	for conn == nil && reason == nil {
		select {
		case <-changed:
			conn, changed, reason = l.state()
		case <-ctx.Done():
			reason = ctx.Err()
		}
	}
	if conn == nil {
		l.close()
		return fmt.Errorf("no connection with the hub: %w", reason)
	}
	return nil
}

// Close ends the connection.
func (c *Center) Close() { c.link.close() }

// Fleet returns the name of the fleet.
func (c *Center) Fleet() string { return c.creds.fleet }

// Name returns the name of the operator.
func (c *Center) Name() string { return c.creds.name }

// Link returns the state of the connection.
func (c *Center) Link() follow.Link { return c.link.publicState() }

// conn returns the connection. It waits for one until ctx is done, for at most connectTimeout.
func (c *Center) conn(ctx context.Context) (*nats.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	for {
		conn, changed, reason := c.link.state()
		if conn != nil {
			return conn, nil
		}
		select {
		case <-changed:
		case <-c.link.ctx.Done():
			return nil, fmt.Errorf("%w: it was closed", follow.ErrOffline)
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", follow.ErrOffline, reason)
		}
	}
}

// jetStream returns the API of JetStream of the connection.
func (c *Center) jetStream(ctx context.Context) (jetstream.JetStream, error) {
	conn, err := c.conn(ctx)
	if err != nil {
		return nil, err
	}
	return jetstream.New(conn, jetstream.WithDefaultTimeout(requestTimeout))
}

// Now returns the time by the clock of the hub.
func (c *Center) Now(ctx context.Context) (time.Time, error) {
	js, err := c.jetStream(ctx)
	if err != nil {
		return time.Time{}, err
	}
	stream, err := js.Stream(ctx, stateStream)
	if err != nil {
		return time.Time{}, fmt.Errorf("time of the hub: %w", err)
	}
	return stream.CachedInfo().TimeStamp, nil
}

// Command sends a command to a device: see center.Hub.
func (c *Center) Command(ctx context.Context, device, verb string, body []byte) (message.Answer, error) {
	answer, err := c.command(ctx, device, verb, body)
	if err != nil {
		return message.Answer{}, fmt.Errorf("%s %s: %w", device, verb, err)
	}
	return answer, nil
}

func (c *Center) command(ctx context.Context, device, verb string, body []byte) (message.Answer, error) {
	m, err := commandMessage(device, verb, body)
	if err != nil {
		return message.Answer{}, err
	}
	if _, err := c.conn(ctx); err != nil {
		return message.Answer{}, err
	}
	reply, err := c.link.request(ctx, m)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return message.Answer{}, center.ErrNobody
	case err != nil:
		return message.Answer{}, err
	}
	return parseAnswer(reply.Data)
}

func commandMessage(device, verb string, body []byte) (*nats.Msg, error) {
	if err := bundle.CheckName(device); err != nil {
		return nil, err
	}
	if err := message.CheckVerb(verb); err != nil {
		return nil, err
	}
	if len(body) > message.MaxCommand {
		return nil, fmt.Errorf("%d bytes are more than the %d allowed", len(body), message.MaxCommand)
	}
	m := nats.NewMsg(commandPrefix + device + "." + verb)
	m.Data = body
	return m, nil
}

func parseAnswer(text []byte) (message.Answer, error) {
	var a message.Answer
	if err := json.Unmarshal(text, &a); err != nil {
		return message.Answer{}, fmt.Errorf("the answer of the device: %w", err)
	}
	if len(a.Body) > message.MaxCommand || a.Status < 100 || a.Status > 999 {
		return message.Answer{}, fmt.Errorf("the device answers with status %d and %d bytes", a.Status, len(a.Body))
	}
	return a, nil
}
