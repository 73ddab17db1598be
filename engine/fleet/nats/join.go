package nats

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/nats-io/nats.go"

	"moonlark/engine/fleet/follow"
)

const (
	joinSubject = "ml.join"
	joinQueue   = "joins" // several centres may answer; each request goes to one
	joinName    = "join"  // it begins the subjects of replies, and is in the rights of joiners

	maxJoin      = 16 << 10  // bytes of a request to join
	maxJoinReply = 256 << 10 // bytes of the reply
)

// JoinOptions say how a machine that has no credentials yet connects with the hub.
type JoinOptions struct {
	URL string // as in Options
	// Token is a bearer JWT, which needs no key.
	Token string
	// RootCAs are as in Options. They are not used if Pin is set.
	RootCAs *x509.CertPool
	// Pin is the SHA-256 of the certificate that has signed the certificate of the hub, or of the latter.
	// The hub must show it. Nil means that RootCAs decide.
	Pin *[sha256.Size]byte

	InProcess func() (net.Conn, error) // as in Options
	Log       *slog.Logger             // as in Options
}

// Join sends a request to the centre of the fleet, and returns its reply. It tries once, and waits for the
// reply until ctx is done, for at most half a minute.
func Join(ctx context.Context, o JoinOptions, request []byte) ([]byte, error) {
	reply, err := join(ctx, o, request)
	if err != nil {
		return nil, fmt.Errorf("join: %w", err)
	}
	return reply, nil
}

func join(ctx context.Context, o JoinOptions, request []byte) ([]byte, error) {
	if len(request) > maxJoin {
		return nil, fmt.Errorf("the request has %d bytes; %d are allowed", len(request), maxJoin)
	}
	options := Options{URL: o.URL, RootCAs: o.RootCAs, InProcess: o.InProcess, Log: o.Log}
	hubs, err := options.hubs()
	if err != nil {
		return nil, err
	}
	bearer := nats.UserJWT(
		func() (string, error) { return o.Token, nil },
		func([]byte) ([]byte, error) { return nil, nil },
	)
	l := newLink(options, hubs, []nats.Option{bearer}, joinName)
	l.pin = o.Pin
	if err := l.startAndWait(ctx); err != nil {
		return nil, err
	}
	defer l.close()
	m := nats.NewMsg(joinSubject)
	m.Data = request
	reply, err := l.request(ctx, m)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return nil, errors.New("nobody answers: the centre of the fleet is not connected with the hub")
	case errors.Is(err, follow.ErrOffline):
		return nil, errors.New("the connection with the hub was lost")
	case err != nil:
		return nil, err
	case len(reply.Data) > maxJoinReply:
		return nil, fmt.Errorf("the reply has %d bytes; %d are allowed", len(reply.Data), maxJoinReply)
	}
	return reply.Data, nil
}

// ServeJoin calls answer for each request of Join that arrives, one after the other, until the Center is
// closed. Requests that are too long are not answered.
func (c *Center) ServeJoin(answer func(request []byte) []byte) {
	c.link.subscribe(joinSubject, joinQueue, 64*maxJoin, func(m *nats.Msg) {
		if m.Subject != joinSubject || !isInbox(m.Reply) || len(m.Data) > maxJoin {
			return
		}
		if err := m.Respond(answer(m.Data)); err != nil {
			c.link.log.Warn("a request to join was not answered", "error", err)
		}
	})
}
