package nats

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"

	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/work"
)

// A Worker is the connection of a worker with the hub. It is a work.Server and a work.JobServer. Its
// methods may be called from any goroutine.
type Worker struct {
	link  *link
	creds credentials
}

var (
	_ work.Offerer = (*Device)(nil)
	_ work.Server  = (*Worker)(nil)
)

// DialWorker begins to connect, and returns without waiting for the connection. The error is about the
// options. Close must be called.
func DialWorker(o Options) (*Worker, error) {
	hubs, creds, err := o.parse()
	if err != nil {
		return nil, err
	}
	w := &Worker{link: newLink(o, hubs, creds.logins(), creds.name), creds: creds}
	w.link.start()
	return w, nil
}

// Close ends the connection, after the replies that have been sent.
func (w *Worker) Close() { w.link.close() }

// Name returns the name of the worker.
func (w *Worker) Name() string { return w.creds.name }

// Fleet returns the name of the fleet.
func (w *Worker) Fleet() string { return w.creds.fleet }

// Link returns the state of the connection.
func (w *Worker) Link() follow.Link { return w.link.publicState() }

// Serve joins the workers of a tool: see work.Server.
func (w *Worker) Serve(tool string, handle func(work.Request, work.Peer)) (stop func(), err error) {
	if err := checkTool(tool); err != nil {
		return nil, err
	}
	subject := toolPrefix + tool
	s := w.link.subscribe(subject, workers, maxRequestBytes, func(m *nats.Msg) {
		if m.Subject != subject || !isInbox(m.Reply) {
			return
		}
		from := &caller{worker: w, inbox: m.Reply}
		r, err := work.ParseRequest(m.Header.Get, m.Data)
		if err != nil {
			if err := from.Reply(work.Refusal(w.creds.name, err)); err != nil {
				w.link.log.Warn("the refusal of a tool call was not sent", "tool", tool, "error", err)
			}
			return
		}
		handle(r, from)
	})
	return func() { w.link.unsubscribe(s) }, nil
}

// A caller is the sender of a request to a worker: see work.Peer. Its replies are sent over the connection of
// now, which may be another one than that of the request.
type caller struct {
	worker *Worker
	inbox  string
}

func (c *caller) message(r work.Reply) *nats.Msg {
	m := nats.NewMsg(c.inbox)
	setHeader(m, r.Header())
	m.Data = r.Body()
	return m
}

// Accept sends a reply, and waits until the caller confirms it. The error is nats.ErrNoResponders if the
// caller is not connected any more.
func (c *caller) Accept(ctx context.Context, r work.Reply) error {
	_, err := c.worker.link.request(ctx, c.message(r))
	return err
}

// Reply sends a reply. Without a connection, the error is follow.ErrOffline.
func (c *caller) Reply(r work.Reply) error {
	conn, _, _ := c.worker.link.state()
	if conn == nil {
		return follow.ErrOffline
	}
	err := conn.PublishMsg(c.message(r))
	if errors.Is(err, nats.ErrConnectionClosed) {
		return follow.ErrOffline
	}
	return err
}
