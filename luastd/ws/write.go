package ws

import (
	"time"

	"github.com/gorilla/websocket"

	"moonlark/luastd"
	"moonlark/luastd/sockets"
)

// writeTimeout is how long a server may take to accept a message.
const writeTimeout = 30 * time.Second

// send queues a message. It returns nil, or why the message is not sent. It does not wait.
func (c *conn) send(m message) *sockets.Failure {
	if len(m.data) > maxMessage {
		return sockets.Fail("too_large", "the message has %d bytes; the maximum is %d", len(m.data), maxMessage)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closing != nil:
		return c.closing.failure
	case c.end != nil:
		return c.end.failure
	case c.out.isFull(len(m.data)):
		return sockets.Fail("busy", "%s is slow: %d messages wait to be sent", c.host, len(c.out.messages))
	case !c.budget.Take(len(m.data)):
		return sockets.Fail("busy", "%s", luastd.BudgetReason)
	}
	c.out.add(m)
	c.notify()
	return nil
}

// write sends messages and pings until the connection has ended.
func (c *conn) write() {
	if e := c.writeAll(); e != nil {
		c.finish(e)
		c.wire.Close() // ends the goroutine that reads
	}
}

// writeAll returns why the connection must be closed, or nil if the connection has ended already.
func (c *conn) writeAll() *ending {
	nextPing := time.Now().Add(c.ping)
	for {
		if e := c.flush(); e != nil {
			return e
		}
		if closing := c.closeRequest(); closing != nil {
			return c.sayGoodbye(closing)
		}
		timer := time.NewTimer(c.untilCheck(nextPing))
		select {
		case <-c.wake:
		case <-timer.C:
		case <-c.ended:
			timer.Stop()
			return nil
		}
		timer.Stop()
		if c.ping == 0 {
			continue
		}
		if c.isSilent() {
			return c.lost("%s has not answered a ping in %s", c.host, sockets.Seconds(2*c.ping))
		}
		if !time.Now().Before(nextPing) {
			nextPing = time.Now().Add(c.ping)
			c.socket.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout))
		}
	}
}

// untilCheck returns the time until the next ping is due, or until the server has been silent for
// too long.
func (c *conn) untilCheck(nextPing time.Time) time.Duration {
	if c.ping == 0 {
		return time.Hour
	}
	return max(time.Millisecond, min(time.Until(nextPing), 2*c.ping-c.wire.silence()))
}

// isSilent reports whether the server has sent nothing for too long.
func (c *conn) isSilent() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isPaused {
		c.wire.noteHeard() // nothing is read, so the answers to pings cannot come
	}
	return c.wire.silence() >= 2*c.ping
}

// flush writes all messages that wait. It returns nil, or why the connection must be closed.
func (c *conn) flush() *ending {
	for {
		c.mu.Lock()
		m, ok := c.out.take()
		c.mu.Unlock()
		if !ok {
			return nil
		}
		c.socket.SetWriteDeadline(time.Now().Add(writeTimeout))
		err := c.socket.WriteMessage(m.kind, []byte(m.data))
		c.budget.Give(len(m.data))
		select {
		case <-c.ended:
			return nil
		default:
		}
		if err != nil {
			f := sockets.Explain(err, c.host)
			if f.Code == "timeout" {
				f.Text = c.host + " does not read what is sent to it"
			}
			return c.lost("%s", f.Text)
		}
	}
}

func (c *conn) closeRequest() *ending {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing
}

// sayGoodbye sends the last frame and waits until the server has sent its own.
func (c *conn) sayGoodbye(closing *ending) *ending {
	data := websocket.FormatCloseMessage(closing.code, closing.reason)
	if c.socket.WriteControl(websocket.CloseMessage, data, time.Now().Add(closeTimeout)) == nil {
		timer := time.NewTimer(closeTimeout)
		defer timer.Stop()
		select {
		case <-c.ended:
		case <-timer.C:
		}
	}
	return closing
}
