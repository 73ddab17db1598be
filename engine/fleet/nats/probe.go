package nats

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/message"
)

// An Address is what Reach has found at one address of the hub.
type Address struct {
	Address string               // host and port
	Version string               // of the server, such as "2.15.3"
	TLS     *tls.ConnectionState // nil if the connection has no TLS
	Took    time.Duration        // to connect, including TLS
	Err     error                // why there is no connection; nil if there is one
}

// Reach connects with each address of the hub, one after the other, and ends the connections. It does not
// use the credentials. The error is about the URL.
func Reach(ctx context.Context, o Options) ([]Address, error) {
	hubs, err := o.hubs()
	if err != nil {
		return nil, err
	}
	var all []Address
	for _, h := range hubs {
		d := &dialer{ctx: ctx, hubs: hubs, roots: o.RootCAs, pin: o.Pin, inProcess: o.InProcess}
		a := Address{Address: h.address}
		began := time.Now()
		conn, err := d.dial(h.address)
		a.Took, a.Err = time.Since(began), err
		if err == nil {
			a.Version = versionIn(conn.ahead)
			if secured, ok := conn.Conn.(*tls.Conn); ok {
				state := secured.ConnectionState()
				a.TLS = &state
			}
			_ = conn.Close()
		}
		all = append(all, a)
	}
	return all, nil
}

// versionIn returns the version in the greeting of a hub, or "".
func versionIn(greeting []byte) string {
	var info struct {
		Version string `json:"version"`
	}
	text, _ := strings.CutPrefix(string(greeting), "INFO ")
	if json.Unmarshal([]byte(text), &info) != nil || len(info.Version) > 100 {
		return ""
	}
	return info.Version
}

// A Probe is a connection of a member of the fleet that tries what the hub allows, and changes nothing. It
// does not connect again when the connection is lost. It belongs to one goroutine, which must call Close.
type Probe struct {
	link   *link
	creds  credentials
	conn   *nats.Conn
	closed chan struct{}
	end    func() bool
}

// DialProbe connects with the hub. The error wraps ErrRefused if the hub does not accept the credentials.
// The connection ends with ctx.
func DialProbe(ctx context.Context, o Options) (*Probe, error) {
	hubs, creds, err := o.parse()
	if err != nil {
		return nil, err
	}
	p := &Probe{link: newLink(o, hubs, creds.logins(), creds.name), creds: creds, closed: make(chan struct{})}
	p.end = context.AfterFunc(ctx, p.link.cancel)
	d := &dialer{ctx: p.link.ctx, hubs: hubs, roots: o.RootCAs, pin: o.Pin, inProcess: o.InProcess}
	c := &complaints{link: p.link}
	p.conn, err = p.link.logIn([]nats.Option{
		nats.NoReconnect(), nats.SetCustomDialer(d), nats.SkipHostLookup(), nats.IgnoreDiscoveredServers(),
		nats.Timeout(dialTimeout), nats.Name(creds.name), nats.CustomInboxPrefix(identity.InboxPrefix(creds.name)),
		nats.PermissionErrOnSubscribe(true), nats.ErrorHandler(c.handle),
		nats.ClosedHandler(func(*nats.Conn) { close(p.closed) }),
	})
	if err != nil {
		p.end()
		p.link.cancel()
		if errors.Is(err, nats.ErrNoServers) {
			err = cmp.Or(d.err, err)
		}
		return nil, explain(err)
	}
	p.link.use(p.conn)
	return p, nil
}

// Close ends the connection.
func (p *Probe) Close() {
	p.end()
	p.conn.Close()
	<-p.closed
	p.link.cancel()
}

// AnswerTime returns how long the hub takes to answer.
func (p *Probe) AnswerTime(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	err := p.conn.FlushWithContext(ctx)
	return time.Since(began), err
}

// KeySet returns the set of keys with this number. The error wraps follow.ErrNone if the hub has none.
func (p *Probe) KeySet(ctx context.Context, number int64) (s message.Signed, err error) {
	m, _, err := p.link.last(ctx, wishStream, wishPrefix+message.KeySet(number), message.MaxWish)
	if err == nil {
		err = json.Unmarshal(m.Data, &s)
	}
	return s, wrap(err, "keys %d", number)
}

// A Right is something that a device may or may not do on the hub.
type Right struct {
	What    string // completes "the device can", such as "read its wishes"
	Needed  bool   // a device needs the right; otherwise it must not have it
	Granted bool
	Err     error // why it is not known whether the right is granted, or why it is of no use
}

// Rights tries the rights of a device, one after the other. It writes nothing: what a device must not write
// has conditions that the hub cannot fulfil, in case that the hub would take it.
func (p *Probe) Rights(ctx context.Context) []Right {
	name := p.creds.name
	other := name + "-x"
	if bundle.CheckName(other) != nil {
		other = "x" // the name has the maximal length
	}
	none := strings.Repeat("0", 64) // the digest of no file
	all := []trial{
		{"read the wishes for all devices", true, p.get(wishStream, wishPrefix+message.All)},
		{"read the wish for itself", true, p.get(wishStream, wishPrefix+message.Device(name))},
		{"read the keys of bundles", true, p.get(wishStream, wishPrefix+message.KeySet(1))},
		{"read the files of bundles", true, p.get(blobStream, chunkSubject(none, 0))},
		{"hand in records", true, p.send(upPut+name+".doctor", nil)}, // which no stream stores
		{"get commands", true, p.listen(commandPrefix + name + ".*")},
		{"hear that a wish has changed", true, p.listen(livePrefix + message.Device(name))},
		{"read the wishes for other devices", false, p.get(wishStream, wishPrefix+message.Device(other))},
		{"listen to the commands for other devices", false, p.listen(commandPrefix + other + ".*")},
		{"hand in records of other devices", false, p.send(upPut+other+".doctor", nil)},
		{"write wishes", false, p.send(wishPut+message.Device(name), nats.Header{nats.ExpectedStreamHdr: {"none"}})},
		{"make consumers", false, p.send("$JS.API.CONSUMER.CREATE."+wishStream, nil)}, // without a body, it is an error
	}
	for _, group := range p.creds.groups {
		all = append(all,
			trial{"read the wishes for the group " + group, true, p.get(wishStream, wishPrefix+message.Group(group))},
			trial{"hear that the wish for the group " + group + " has changed", true, p.listen(livePrefix + message.Group(group))})
	}
	var rights []Right
	for _, t := range all {
		r := Right{What: t.what, Needed: t.needed}
		switch err := t.try(ctx); {
		case err == nil:
			r.Granted = true
		case !errors.Is(err, errDenied):
			r.Err = err
		}
		rights = append(rights, r)
	}
	return rights
}

// A trial tries a right. The error of try wraps errDenied if the hub does not grant the right.
type trial struct {
	what   string
	needed bool
	try    func(context.Context) error
}

// get returns a function that reads the last message with a subject.
func (p *Probe) get(stream, subject string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, _, err := p.link.last(ctx, stream, subject, maxMessage)
		if errors.Is(err, follow.ErrNone) {
			return nil
		}
		return err
	}
}

// send returns a function that sends an empty message and waits for a reply.
func (p *Probe) send(subject string, header nats.Header) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := p.link.request(ctx, &nats.Msg{Subject: subject, Header: header})
		if errors.Is(err, nats.ErrNoResponders) {
			return nil
		}
		return err
	}
}

// listen returns a function that subscribes to a subject for a moment.
func (p *Probe) listen(subject string) func(context.Context) error {
	return func(ctx context.Context) error {
		sub, err := p.conn.SubscribeSync(subject)
		if err != nil {
			return err
		}
		defer func() { _ = sub.Unsubscribe() }()
		if err := p.conn.FlushWithContext(ctx); err != nil {
			return err
		}
		// The refusal of the hub has arrived before the reply to the flush.
		if _, err := sub.NextMsg(time.Nanosecond); errors.Is(err, nats.ErrPermissionViolation) {
			return fmt.Errorf("%w to subscribe to %.200q", errDenied, subject)
		}
		return nil
	}
}
