package nats

import (
	"errors"

	"github.com/nats-io/nats.go"

	"moonlark/engine/fleet/follow"
	"moonlark/engine/fleet/work"
)

// A Worker is the connection of a worker with the hub. It is a work.Server. Its methods may be called from
// any goroutine.
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

// Serve joins the workers of a tool: see work.Server. A reply that is sent without a connection is an
// error, follow.ErrOffline.
func (w *Worker) Serve(tool string, handle func(r work.Request, reply func(work.Reply) error)) (stop func(), err error) {
	if err := checkTool(tool); err != nil {
		return nil, err
	}
	subject := toolPrefix + tool
	s := w.link.subscribe(subject, workers, maxRequestBytes, func(m *nats.Msg) {
		if m.Subject != subject || !isInbox(m.Reply) {
			return
		}
		reply := func(r work.Reply) error { return w.reply(m.Reply, r) }
		r, err := work.ParseRequest(m.Header.Get, m.Data)
		if err != nil {
			if err := reply(work.Refusal(w.creds.name, err)); err != nil {
				w.link.log.Warn("the refusal of a tool call was not sent", "tool", tool, "error", err)
			}
			return
		}
		handle(r, reply)
	})
	return func() { w.link.unsubscribe(s) }, nil
}

// reply sends a reply over the connection of now, which may be another one than that of the request.
func (w *Worker) reply(to string, r work.Reply) error {
	conn, _, _ := w.link.state()
	if conn == nil {
		return follow.ErrOffline
	}
	m := nats.NewMsg(to)
	setHeader(m, r.Header())
	m.Data = r.Body()
	err := conn.PublishMsg(m)
	if errors.Is(err, nats.ErrConnectionClosed) {
		return follow.ErrOffline
	}
	return err
}
