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
	hubs, creds, err := o.parse("worker", "host")
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
		conn, _, _ := w.link.state()
		from := &peer{worker: w, request: m, conn: conn}
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

// A peer is the sender of a request to a worker: see work.Peer. The hub allows the replies to a request only
// in the connection over which it has arrived. After a reconnection, the worker can send no reply any more, and
// has no way to tell the peer: a caller whose tool is idempotent gets the result when it offers the call again,
// and any other one waits until its deadline.
type peer struct {
	worker  *Worker
	request *nats.Msg
	conn    *nats.Conn // that of the request
}

func (p *peer) message(r work.Reply) *nats.Msg {
	m := nats.NewMsg(p.request.Reply)
	setHeader(m, r.Header())
	m.Data = r.Body()
	return m
}

// Accept sends a reply, and waits until the caller confirms it. The error is nats.ErrNoResponders if the
// caller is not connected any more, and follow.ErrOffline if the connection of the request was lost.
func (p *peer) Accept(ctx context.Context, r work.Reply) error {
	if p.conn == nil {
		return follow.ErrOffline
	}
	_, err := p.worker.link.requestOver(ctx, p.conn, p.message(r))
	return err
}

// Reply sends a reply. If the connection of the request was lost, the error is follow.ErrOffline.
func (p *peer) Reply(r work.Reply) error { return lostConn(p.request.RespondMsg(p.message(r))) }

// lostConn returns follow.ErrOffline in place of the errors of the client library for a connection that was
// lost, and other errors unchanged.
func lostConn(err error) error {
	if errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, nats.ErrInvalidConnection) {
		return follow.ErrOffline
	}
	return err
}
