package convai

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// quietTime is how long nothing may be received from the server before we send a WebSocket ping
	// to check the connection.
	quietTime = 5 * time.Second

	// deadTime is how long we wait for any bytes from the server after a WebSocket ping. A network
	// connection that is dead may report no error by itself for many minutes.
	deadTime = 7 * time.Second
)

// answerPing queues the pong that answers the server's ping. The writer sends pongs before other
// messages. frame is the frame of the ping. The error says that the queue is full.
func (c *Conversation) answerPing(ping *Ping, frame Frame) error {
	return c.queue.answer(websocket.TextMessage, pong(ping, frame))
}

// pong returns the encoded reply to a ping. frame is the frame of the ping. If the server has sent an
// event id that is not an integer, the reply has exactly the same id.
func pong(ping *Ping, frame Frame) []byte {
	const reply = `{"type":"pong","event_id":%s}`
	var raw struct {
		EventID json.RawMessage `json:"event_id"`
	}
	if frame.Problems != nil && json.Unmarshal(frame.Inner, &raw) == nil && len(raw.EventID) <= 200 {
		if c := bytes.TrimLeft(raw.EventID, "-"); len(c) > 0 && (c[0] == '"' || '0' <= c[0] && c[0] <= '9') {
			return fmt.Appendf(nil, reply, raw.EventID)
		}
	}
	return fmt.Appendf(nil, reply, strconv.Itoa(ping.EventID))
}

// answerWebSocketPing queues the answer to a ping frame of the WebSocket protocol, which has the same
// data. The default handler of the WebSocket library would write the pong on the reader's goroutine,
// and so make the reader wait for the writer.
func (c *Conversation) answerWebSocketPing(data string) error {
	return c.queue.answer(websocket.PongMessage, []byte(data))
}

// A timedConn is a network connection that records when it last received bytes. It records bytes
// and not complete messages, because a message of 16 MiB takes long to arrive over a slow network.
type timedConn struct {
	net.Conn
	opened   time.Time
	lastRead *atomic.Int64 // when bytes were last received, as a time.Duration since opened
	batch    writeBatch
}

func (c *timedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.lastRead.Store(int64(time.Since(c.opened)))
	}
	return n, err
}

// quiet returns how much time has passed since the connection last received bytes.
func (c *timedConn) quiet() time.Duration {
	return time.Since(c.opened) - time.Duration(c.lastRead.Load())
}

// Stuck reports whether the goroutine of Run has stopped reading because the handler does not
// return. It returns false for a conversation that has ended. It returns true only after more time
// than keepAlive needs to notice a dead connection. Any goroutine may call it.
func (c *Conversation) Stuck() bool {
	select {
	case <-c.done:
		return false
	default:
		return c.running.Load() && c.socket.quiet() > c.quietTime+2*c.deadTime
	}
}

// setServerTimeout makes the conversation end when nothing was received from the server for this
// long. It must be at least a second. Zero means quietTime+deadTime. If it is negative, the
// conversation does not end, however long nothing is received.
func (c *Conversation) setServerTimeout(timeout time.Duration) {
	c.quietTime, c.deadTime, c.endsDead = quietTime, deadTime, timeout >= 0
	if timeout > 0 {
		const share = float64(quietTime) / float64(quietTime+deadTime)
		c.quietTime = time.Duration(share * float64(timeout))
		c.deadTime = timeout - c.quietTime
	}
}

// keepAlive sends a WebSocket ping when nothing was received for quietTime, and ends the
// conversation when nothing was received within deadTime after the ping. It returns when ctx ends.
// If the connection died while the machine was suspended, keepAlive notices a few seconds after it
// resumed.
func (c *Conversation) keepAlive(ctx context.Context) {
	tick := time.NewTicker(c.quietTime / 5)
	defer tick.Stop()
	var pinged time.Time // when the ping was sent; zero if no reply to a ping is awaited
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		quiet := c.socket.quiet()
		switch {
		case quiet < c.quietTime:
			pinged = time.Time{}
		case pinged.IsZero():
			pinged = time.Now()
			if err := c.queue.answer(websocket.PingMessage, nil); err != nil {
				c.end(err)
			}
		case time.Since(pinged) > c.deadTime && c.endsDead:
			c.end(&DeadError{After: quiet.Round(time.Second)})
		}
	}
}
