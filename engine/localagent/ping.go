package localagent

import (
	"fmt"
	"time"

	"moonlark/engine/convai"
)

// pings measure how far away the client is.
type pings struct {
	next   time.Time // when the next one is due
	last   int       // event id of the newest
	sent   time.Time // when it was sent
	millis *int      // how long the pong before took; nil before the first
}

// ping sends a ping when it is time.
func (c *conversation) ping(now time.Time) {
	p := &c.pings
	if now.Before(p.next) {
		return
	}
	p.last++
	p.sent = now
	p.next = now.Add(c.opts.PingEvery)
	if p.millis == nil { // not left out: the Python SDK fails on a ping without ping_ms
		c.queue(fmt.Appendf(nil, `{"type":"ping","ping_event":{"event_id":%d,"ping_ms":null}}`, p.last))
		return
	}
	c.send(&convai.Ping{EventID: p.last, PingMS: p.millis})
}

func (p *pings) pong(event int, now time.Time) {
	if event != p.last || p.sent.IsZero() {
		return // late, or made up
	}
	ms := int((now.Sub(p.sent) + time.Millisecond - 1) / time.Millisecond) // zero would say: not known
	p.millis = &ms
}
