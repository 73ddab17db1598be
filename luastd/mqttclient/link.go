package mqttclient

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"moonlark/engine/repeat"
	"moonlark/luastd/sockets"
)

// A link is one connection to the broker.
type link struct {
	c       *Client
	conn    net.Conn
	reader  *bufio.Reader
	version byte
	limits  limits
	// keepAlive is how long the client and the broker may send nothing.
	keepAlive time.Duration

	began time.Time
	heard atomic.Int64  // when the last bytes came: nanoseconds since began
	ended chan struct{} // closed when the goroutine that reads has ended
	lost  ending        // why that goroutine has ended; set before ended is closed

	control [][]byte // packets to write before the next message; the mutex of the client guards it
}

// An ending says why an attempt to connect has failed, or why a connection has ended.
type ending struct {
	failure      *sockets.Failure
	wasConnected bool
	otherVersion bool // the broker does not know the version of the protocol
	maybeVersion bool // that may be so, because the broker has not answered
	takenOver    bool // another client has the same id
}

// maxControl is the maximal number of packets that wait in link.control.
const maxControl = 10000

// maxAsked is the maximal number of subscriptions without an answer.
const maxAsked = 10000

// packetRoom is how many bytes a message may have besides its payload.
const packetRoom = 128 << 10

// Read reads from the connection, and notes that the broker is there.
func (l *link) Read(p []byte) (int, error) {
	n, err := l.conn.Read(p)
	if n > 0 {
		l.heard.Store(int64(time.Since(l.began)))
	}
	return n, err
}

// silence returns for how long the broker has sent nothing.
func (l *link) silence() time.Duration { return time.Since(l.began) - time.Duration(l.heard.Load()) }

// connect opens a connection, and uses it until it has ended.
func (c *Client) connect() ending {
	l, accepted, lost := c.open()
	if l == nil {
		c.mu.Lock()
		c.failure = lost.failure
		c.mu.Unlock()
		return lost
	}
	c.begin(l, accepted)
	go func() {
		defer close(l.ended)
		l.lost = l.read()
	}()
	lost = l.write()
	l.conn.Close()
	<-l.ended
	if lost.failure == nil {
		lost = l.lost
	}
	lost.wasConnected = true
	c.finish(lost)
	return lost
}

// open opens a connection and a session. It returns the link and the answer of the broker, or a nil
// link and the reason.
func (c *Client) open() (l *link, accepted packet, lost ending) {
	c.mu.Lock()
	user := c.user
	c.mu.Unlock()
	if user == nil {
		return nil, packet{}, ending{failure: sockets.Fail("offline", "the script is being loaded")}
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.opts.Timeout)
	defer cancel()
	conn, err := user.Dial(ctx)
	if err != nil {
		return nil, packet{}, ending{failure: c.explain(ctx, err)}
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	l = &link{c: c, conn: conn, version: c.version, keepAlive: c.opts.KeepAlive, began: time.Now(), ended: make(chan struct{})}
	l.reader = bufio.NewReaderSize(l, 16<<10)
	_, err = conn.Write(appendConnect(nil, c.version, &c.opts, c.opts.MaxMessage+packetRoom))
	if err == nil {
		accepted, err = readPacket(l.reader, c.version, maxText)
	}
	if !stop() && err == nil {
		err = ctx.Err()
	}
	lost = ending{}
	switch {
	case err != nil:
		lost.maybeVersion = ctx.Err() == nil // the broker has closed the connection, or sent something else
		lost.failure = c.explain(ctx, err)
	case accepted.kind != kindConnack:
		lost.maybeVersion = true
		lost.failure = sockets.Fail("invalid", "%s does not speak MQTT", c.opts.Host)
	case accepted.code != 0:
		lost = c.explainRefusal(accepted)
	default:
		l.limits = accepted.limits
		if seconds := l.limits.serverKeepAlive; seconds > 0 {
			l.keepAlive = time.Duration(seconds) * time.Second
		}
		c.knowsVersion5 = c.knowsVersion5 || c.version == version5
		return l, accepted, ending{}
	}
	conn.Close()
	return nil, packet{}, lost
}

// explain returns the failure for an error of an attempt to connect with this context.
func (c *Client) explain(ctx context.Context, err error) *sockets.Failure {
	var network net.Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return sockets.Fail("timeout", "no answer from %s in %s", c.opts.Host, sockets.Seconds(c.opts.Timeout))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return sockets.Fail("closed", "%s has closed the connection", c.opts.Host)
	case errors.Is(err, errLength), errors.Is(err, errCut), errors.Is(err, errProperty):
		return sockets.Fail("invalid", "%s does not speak MQTT: %s", c.opts.Host, err)
	}
	f := sockets.Explain(err, c.opts.Host)
	if f.Code == "failed" && !errors.As(err, &network) && f.Text == err.Error() {
		return sockets.Fail("invalid", "%s does not speak MQTT: %s", c.opts.Host, err)
	}
	return f
}

// begin makes l the connection of the client.
func (c *Client) begin(l *link, accepted packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link, c.failure = l, nil
	c.asked = make(map[uint16]*subscription)
	if accepted.sessionPresent {
		for _, p := range c.order {
			if p.released {
				l.control = append(l.control, appendAck(nil, l.version, kindPubrel, p.id, 0))
			} else {
				l.control = append(l.control, appendPublish(nil, l.version, p.message, p.id, true))
			}
		}
	} else {
		c.restart()
	}
	c.queueStatus()
	for _, s := range c.subscriptions {
		c.ask(s)
	}
	c.report(Event{Connected: true, Resumed: accepted.sessionPresent, Version: int(l.version)})
	c.log(slog.LevelInfo, "mqtt: connected to %s", c.opts.Host)
}

// restart prepares a new session, of which the broker knows nothing. The caller holds c.mu.
func (c *Client) restart() {
	for _, p := range c.order {
		p.id, p.released = 0, false
	}
	c.outbox = append(c.order, c.outbox...)
	c.order, c.inFlight, c.received = nil, make(map[uint16]*publication), make(map[uint16]bool)
	for _, s := range c.subscriptions {
		s.sent = false
	}
	for _, r := range c.routes {
		r.failure = nil
	}
}

// finish says that there is no connection any more.
func (c *Client) finish(lost ending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link, c.failure = nil, lost.failure
	c.dropUnsent()
	for _, s := range c.asked {
		s.sent = false
	}
	if c.stopped {
		return
	}
	c.report(Event{Version: c.event.Version, Failure: lost.failure})
	c.log(slog.LevelWarn, "mqtt: the connection has ended: %s", lost.failure.Error())
}

// ask subscribes at the broker, unless that has been done. The caller holds c.mu.
func (c *Client) ask(s *subscription) {
	if c.link == nil || s.sent || len(c.asked) >= maxAsked {
		return
	}
	id := c.newID()
	c.asked[id], s.sent = s, true
	subscriptionID := s.id
	if c.link.limits.noSubscriptionIDs {
		subscriptionID = 0
	}
	c.link.control = append(c.link.control, appendSubscribe(nil, c.link.version, id, s.filter, s.options, subscriptionID))
}

// unask ends a subscription at the broker. The caller holds c.mu.
func (c *Client) unask(s *subscription) {
	if c.link == nil || len(c.asked) >= maxAsked {
		return
	}
	id := c.newID()
	c.asked[id] = s
	c.link.control = append(c.link.control, appendUnsubscribe(nil, c.link.version, id, s.filter))
	c.notify()
}

// writeTimeout is how long a broker may take to accept what is sent.
const writeTimeout = 30 * time.Second

// write sends packets until the connection has ended. The failure of the ending is nil if the
// goroutine that reads knows the reason.
func (l *link) write() ending {
	ticker := time.NewTicker(l.keepAlive / 4)
	defer ticker.Stop()
	var pinged, written time.Duration // since l.began
	written = time.Since(l.began)
	for {
		batch, ends := l.nextBatch()
		now := time.Since(l.began)
		if len(batch) == 0 && !ends && (now-written >= l.keepAlive || l.silence() >= l.keepAlive && pinged < now-l.silence()) {
			batch, pinged = []byte{kindPingreq << 4, 0}, now
		}
		if len(batch) > 0 {
			l.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
			if ends {
				l.conn.SetWriteDeadline(time.Now().Add(farewellTime))
			}
			if _, err := l.conn.Write(batch); err != nil {
				return l.explainWrite(err)
			}
			written = now
			if !ends {
				continue
			}
		}
		if ends {
			return ending{failure: errStopped}
		}
		select {
		case <-l.c.wake:
		case <-ticker.C:
		case <-l.ended:
			return ending{}
		}
		if l.silence() >= l.keepAlive*2 {
			return ending{failure: sockets.Fail("closed", "%s has not answered a ping", l.c.opts.Host)}
		}
	}
}

func (l *link) explainWrite(err error) ending {
	select {
	case <-l.ended:
		return ending{}
	case <-time.After(100 * time.Millisecond): // perhaps the broker has said why
	}
	f := sockets.Explain(err, l.c.opts.Host)
	if f.Code == "timeout" {
		f.Text = l.c.opts.Host + " does not read what is sent to it"
	}
	return ending{failure: sockets.Fail("closed", "%s", f.Text)}
}

// maxBatch is about how many bytes are written at a time.
const maxBatch = 64 << 10

// nextBatch returns packets to send. ends says that they are the last ones.
func (l *link) nextBatch() (batch []byte, ends bool) {
	c := l.c
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(l.control) > 0 && len(batch) < maxBatch {
		batch = append(batch, l.control[0]...)
		l.control[0] = nil
		l.control = l.control[1:]
	}
	for len(batch) < maxBatch {
		p := c.nextPublication()
		if p == nil {
			break
		}
		batch = appendPublish(batch, l.version, p.message, p.id, false)
	}
	if !c.stopped || (len(c.outbox) > 0 || len(c.inFlight) > 0 || len(l.control) > 0) && time.Now().Before(c.drainEnd) {
		return batch, false
	}
	if c.opts.Status != "" {
		farewell := c.opts.status(offline)
		farewell.QoS = 0
		batch = appendPublish(batch, l.version, farewell, 0, false)
	}
	return append(batch, kindDisconnect<<4, 0), true
}

// read handles the packets of the broker until the connection has ended.
func (l *link) read() ending {
	for {
		p, err := readPacket(l.reader, l.version, l.c.opts.MaxMessage+packetRoom)
		if err != nil {
			return l.explainRead(err)
		}
		if lost := l.handle(p); lost.failure != nil {
			return lost
		}
	}
}

func (l *link) explainRead(err error) ending {
	var network net.Error
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.As(err, &network):
		return ending{failure: sockets.Fail("closed", "%s has closed the connection", l.c.opts.Host)}
	}
	return ending{failure: sockets.Fail("invalid", "%s does not follow the rules of MQTT: %s", l.c.opts.Host, err)}
}

// handle handles a packet. It returns an ending with a failure if the connection must end.
func (l *link) handle(p packet) ending {
	c := l.c
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.notify()
	switch p.kind {
	case kindPublish:
		l.receive(&p)
	case kindPuback, kindPubcomp:
		c.acknowledge(p.id, l.refusal(p))
	case kindPubrec:
		l.release(p)
	case kindPubrel:
		delete(c.received, p.id)
		l.reply(kindPubcomp, p.id)
	case kindSuback:
		if s := c.asked[p.id]; s != nil {
			delete(c.asked, p.id)
			l.subscribed(s, p)
		}
	case kindUnsuback:
		delete(c.asked, p.id)
	case kindPingresp:
	case kindDisconnect:
		return c.explainDisconnect(p)
	default:
		return ending{failure: sockets.Fail("invalid", "%s does not follow the rules of MQTT", c.opts.Host)}
	}
	if len(l.control) > maxControl {
		return ending{failure: sockets.Fail("closed", "%s does not read what is sent to it", c.opts.Host)}
	}
	return ending{}
}

// reply queues an acknowledgement. The caller holds the mutex of the client.
func (l *link) reply(kind byte, id uint16) {
	l.control = append(l.control, appendAck(nil, l.version, kind, id, 0))
}

// receive handles a message. The caller holds the mutex of the client.
func (l *link) receive(p *packet) {
	c := l.c
	isNew := p.message.QoS < 2 || !c.received[p.id]
	switch p.message.QoS {
	case 1:
		l.reply(kindPuback, p.id)
	case 2:
		c.received[p.id] = true
		l.reply(kindPubrec, p.id)
	}
	switch {
	case !isNew:
	case p.isTooLarge || len(p.message.Payload) > c.opts.MaxMessage:
		if c.tooLarge++; repeat.Shown(c.tooLarge) {
			c.log(slog.LevelWarn, "mqtt: a message with the topic %s was dropped, because it has more than %d bytes%s", p.message.Topic, c.opts.MaxMessage, repeat.Suffix(c.tooLarge))
		}
	default:
		c.deliver(&p.message, p.subscriptions)
	}
}

// release handles the answer of the broker that it has a message with QoS 2. The caller holds the
// mutex of the client.
func (l *link) release(p packet) {
	if f := l.refusal(p); f != nil {
		l.c.acknowledge(p.id, f)
		return
	}
	if sent := l.c.inFlight[p.id]; sent != nil {
		sent.released = true
	}
	l.reply(kindPubrel, p.id)
}

// subscribed handles the answer to a subscription. The caller holds the mutex of the client.
func (l *link) subscribed(s *subscription, p packet) {
	if p.code < 0x80 {
		return
	}
	f := sockets.Fail("denied", "%s does not accept the subscription to %s%s", l.c.opts.Host, s.filter, why(p))
	l.c.log(slog.LevelWarn, "mqtt: %s", f.Error())
	for _, r := range s.routes {
		r.failure = f
		r.wake()
	}
}
