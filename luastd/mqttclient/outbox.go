package mqttclient

import (
	"slices"
	"time"

	"moonlark/luastd/sockets"
)

const (
	maxOutbox      = 1000    // maximal number of messages that have not been sent or acknowledged
	maxOutboxBytes = 4 << 20 // maximal number of their bytes, unless there is one only
	maxInFlight    = 100     // maximal number of messages that have been sent, and not acknowledged
)

// A publication is a message to send. The mutex of the client guards it.
type publication struct {
	message  *Message
	queued   time.Time
	id       uint16 // 0 before it is sent
	released bool   // QoS 2: the broker has the message, and now has to forget the id
	isStatus bool   // the message "online" of the topic Options.Status
	done     func(*sockets.Failure)
}

// finish says how the publication has ended: nil is success.
func (p *publication) finish(f *sockets.Failure) {
	if p.done != nil {
		p.done(f)
		p.done = nil
	}
}

// Publish queues a message. With QoS 0, it returns offline if there is no connection. With QoS 1
// and 2, the message waits for a connection, and done is called with nil when the broker has the
// message, or with the reason why it does not get it. done may be nil, must not block, and must not
// call methods of the client. queued says that there is no connection now.
func (c *Client) Publish(m *Message, done func(*sockets.Failure)) (queued bool, f *sockets.Failure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.stopped:
		return false, errStopped
	case c.fake != nil:
		c.publishFake(m, done)
		return false, nil
	case c.link == nil && m.QoS == 0:
		return false, sockets.Fail("offline", "there is no connection to %s now", c.opts.Host)
	case len(c.outbox)+len(c.inFlight) >= maxOutbox, c.outBytes > 0 && c.outBytes+m.size() > maxOutboxBytes:
		return false, sockets.Fail("busy", "%d messages to %s have not been sent", len(c.outbox)+len(c.inFlight), c.opts.Host)
	case c.link != nil:
		if f := c.link.refuse(m); f != nil {
			return false, f
		}
	}
	if m.QoS == 0 {
		done = nil
	}
	c.outbox = append(c.outbox, &publication{message: m, queued: time.Now(), done: done})
	c.outBytes += m.size()
	c.notify()
	return c.link == nil, nil
}

// publishFake sends a message to the broker that takes the place of a real one in a test: it also
// reaches the Routes of this client. The caller holds c.mu.
func (c *Client) publishFake(m *Message, done func(*sockets.Failure)) {
	c.fake(m)
	echo := *m
	echo.Retain = false
	c.deliver(&echo, nil)
	if done != nil {
		done(nil)
	}
}

// refuse returns why the broker cannot take m, or nil.
func (l *link) refuse(m *Message) *sockets.Failure {
	switch {
	case l.limits.maxPacket > 0 && m.size()+64 > l.limits.maxPacket:
		return sockets.Fail("too_large", "the broker at %s accepts at most %d bytes", l.c.opts.Host, l.limits.maxPacket)
	case m.Retain && !l.limits.canRetain:
		return sockets.Fail("unsupported", "the broker at %s does not keep messages", l.c.opts.Host)
	}
	return nil
}

// newID returns an id that no other packet has. The caller holds c.mu.
func (c *Client) newID() uint16 {
	for {
		c.lastID++
		if c.lastID != 0 && c.inFlight[c.lastID] == nil && c.asked[c.lastID] == nil {
			return c.lastID
		}
	}
}

// nextPublication removes the first message of the outbox that may be sent now, gives it an id, and
// returns it. It returns nil if there is none. The caller holds c.mu.
func (c *Client) nextPublication() *publication {
	for len(c.outbox) > 0 {
		p := c.outbox[0]
		if p.message.QoS > 0 && len(c.inFlight) >= min(maxInFlight, c.link.limits.receiveMaximum) {
			return nil
		}
		c.outbox[0] = nil
		c.outbox = c.outbox[1:]
		c.outBytes -= p.message.size()
		f := c.link.refuse(p.message)
		if f == nil {
			f = p.age()
		}
		if f != nil {
			p.finish(f)
			continue
		}
		if p.message.QoS > c.link.limits.maxQoS {
			lowered := *p.message
			lowered.QoS = c.link.limits.maxQoS
			p.message = &lowered
		}
		if p.message.QoS == 0 {
			p.finish(nil)
			return p
		}
		p.id = c.newID()
		c.inFlight[p.id] = p
		c.order = append(c.order, p)
		c.outBytes += p.message.size()
		return p
	}
	c.outbox = nil
	return nil
}

// age shortens the time after which the message expires by the time that the message has waited. It
// returns the failure if nothing is left.
func (p *publication) age() *sockets.Failure {
	waited := uint32(time.Since(p.queued).Seconds())
	if p.message.Expiry == 0 || waited == 0 {
		return nil
	}
	if waited >= p.message.Expiry {
		return sockets.Fail("expired", "the message could not be sent in %d s", p.message.Expiry)
	}
	left := *p.message
	left.Expiry -= waited
	p.message = &left
	return nil
}

// acknowledge ends the publication with this id. The caller holds c.mu.
func (c *Client) acknowledge(id uint16, f *sockets.Failure) {
	p := c.inFlight[id]
	if p == nil {
		return
	}
	delete(c.inFlight, id)
	c.outBytes -= p.message.size()
	for i, other := range c.order {
		if other == p {
			c.order = append(c.order[:i], c.order[i+1:]...)
			break
		}
	}
	p.finish(f)
}

// queueStatus queues the message "online" before all others. If that of an earlier connection has not
// been acknowledged, that one is sent again, and there is no other one. The caller holds c.mu.
func (c *Client) queueStatus() {
	isStatus := func(p *publication) bool { return p.isStatus }
	if c.opts.Status == "" || slices.ContainsFunc(c.order, isStatus) || slices.ContainsFunc(c.outbox, isStatus) {
		return
	}
	p := &publication{message: c.opts.status(online), queued: time.Now(), isStatus: true}
	c.outbox = append([]*publication{p}, c.outbox...)
	c.outBytes += p.message.size()
}

// dropUnsent removes the messages with QoS 0, which are not sent by a later connection. The caller
// holds c.mu.
func (c *Client) dropUnsent() {
	kept := c.outbox[:0]
	for _, p := range c.outbox {
		if p.message.QoS > 0 {
			kept = append(kept, p)
			continue
		}
		c.outBytes -= p.message.size()
	}
	clear(c.outbox[len(kept):])
	c.outbox = kept
}
