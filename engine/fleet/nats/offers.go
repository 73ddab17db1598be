package nats

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"

	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/identity"
	"moonlark/engine/fleet/work"
)

const (
	toolPrefix = "ml.tool."
	workers    = "workers" // the queue group of those who serve a tool

	offerReplies    = 4        // that wait in the channel of an offer
	maxReplyBytes   = 16 << 20 // of replies that wait to be put into the channels
	maxRequestBytes = 16 << 20 // of requests that wait to be given to a worker
)

// offers are the tool calls of a device that wait for the replies of workers. The replies arrive at one
// subscription, which stays the same after a reconnection of the device: so a result is not lost with that
// connection. It is lost if the worker loses its own: see peer.
type offers struct {
	link   *link
	prefix string // of the subjects of replies

	mu   sync.Mutex
	last int // number of the last offer
	open map[string]*offer
}

// An offer waits for replies.
type offer struct {
	subject    string
	isAccepted bool // guarded by offers.mu
	replies    chan work.Reply
}

func newOffers(l *link) *offers {
	o := &offers{link: l, prefix: identity.InboxPrefix(l.name) + "." + rand.Text() + ".", open: map[string]*offer{}}
	l.subscribe(o.prefix+"*", "", maxReplyBytes, o.handle)
	l.refused = o.refused
	return o
}

// Offer sends a tool call to a worker: see work.Offerer. Without a connection, it returns
// follow.ErrOffline.
func (d *Device) Offer(ctx context.Context, tool string, r work.Request) (<-chan work.Reply, error) {
	return d.offers.send(ctx, tool, r)
}

func (o *offers) send(ctx context.Context, tool string, r work.Request) (<-chan work.Reply, error) {
	if err := checkTool(tool); err != nil {
		return nil, err
	}
	conn, _, _ := o.link.state()
	if conn == nil {
		return nil, follow.ErrOffline
	}
	m := nats.NewMsg(toolPrefix + tool)
	setHeader(m, r.Header())
	m.Data = r.Args
	replies := make(chan work.Reply, offerReplies)
	o.mu.Lock()
	o.last++
	id := strconv.Itoa(o.last)
	o.open[id] = &offer{subject: m.Subject, replies: replies}
	o.mu.Unlock()
	m.Reply = o.prefix + id
	context.AfterFunc(ctx, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.open, id)
	})
	switch err := conn.PublishMsg(m); {
	case errors.Is(err, nats.ErrConnectionClosed):
		return nil, follow.ErrOffline
	case err != nil:
		return nil, fmt.Errorf("offer %s: %w", tool, err)
	}
	return replies, nil
}

// handle puts a reply into the channel of its offer, on the goroutine of the subscription.
func (o *offers) handle(m *nats.Msg) {
	id, _ := strings.CutPrefix(m.Subject, o.prefix)
	o.mu.Lock()
	open, ok := o.open[id]
	o.mu.Unlock()
	if !ok {
		return
	}
	var reply work.Reply
	if m.Header.Get("Status") == "503" && len(m.Data) == 0 {
		reply.Err = work.ErrNobody
	} else if r, err := work.ParseReply(m.Header.Get, m.Data); err != nil {
		reply.Err = fmt.Errorf("the reply of the worker: %w", err)
	} else {
		reply = r
	}
	if reply.Kind == work.Accepted && isInbox(m.Reply) {
		// The hub allows it only in the connection over which the reply has arrived.
		reply.Confirm = func() error { return lostConn(m.Respond(nil)) }
	}
	if reply.Kind == work.Accepted {
		o.mu.Lock()
		open.isAccepted = true
		o.mu.Unlock()
	}
	open.put(reply)
}

// put puts a reply into the channel, if there is room.
func (o offer) put(r work.Reply) {
	select {
	case o.replies <- r:
	default:
	}
}

// refused is called when the hub has refused a message with this subject. It does not say which one: all
// offers of the tool that no worker has accepted end.
func (o *offers) refused(subject string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, open := range o.open {
		if open.subject == subject && !open.isAccepted {
			open.put(work.Reply{Err: err})
		}
	}
}

// checkTool returns an error if the name of a tool cannot be a token of a subject.
func checkTool(name string) error {
	if name == "" || len(name) > 128 || strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	}) {
		return fmt.Errorf("the tool %.130q cannot be carried out by workers: its name must have letters, digits, _ and -", name)
	}
	return nil
}

func setHeader(m *nats.Msg, header map[string]string) {
	for key, value := range header {
		m.Header.Set(key, value)
	}
}
