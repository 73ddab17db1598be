package localagent

import (
	"fmt"
	"time"

	"moonlark/engine/convai"
)

// pings holds the state of the pings that measure the round-trip time to the client.
type pings struct {
	next      time.Time // time of the next ping
	lastEvent int       // event id of the last ping
	lastSent  time.Time // time of the last ping
	millis    *int      // last round-trip time in milliseconds; nil before the first pong
}

// sendPing sends a ping if p.next, the time of the next ping, has come.
func (c *conversation) sendPing(now time.Time) {
	p := &c.pings
	if now.Before(p.next) {
		return
	}
	p.lastEvent++
	p.lastSent = now
	p.next = now.Add(c.opts.PingInterval)
	// The message must contain ping_ms, because the Python SDK fails on a ping without this field.
	if p.millis == nil {
		c.sendFrame(fmt.Appendf(nil, `{"type":"ping","ping_event":{"event_id":%d,"ping_ms":null}}`, p.lastEvent))
		return
	}
	c.send(&convai.Ping{EventID: p.lastEvent, PingMS: p.millis})
}

// receivePong records the round-trip time. It ignores a pong that does not answer the last ping.
func (p *pings) receivePong(event int, now time.Time) {
	if event != p.lastEvent || p.lastSent.IsZero() {
		return
	}
	// Round up, because 0 would mean that the time is unknown.
	ms := int((now.Sub(p.lastSent) + time.Millisecond - 1) / time.Millisecond)
	p.millis = &ms
}
