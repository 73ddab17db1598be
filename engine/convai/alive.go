package convai

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// quietTime is how long the server may say nothing before it is asked
	// whether it is there, by the ping of the WebSocket.
	quietTime = 5 * time.Second

	// deadTime is how long it may take to answer that. A network that is gone
	// says nothing by itself for many minutes.
	deadTime = 7 * time.Second
)

// An ear notes when a connection last brought anything at all: of a frame of
// 16 MiB over a slow line nothing else is seen for a long time.
type ear struct {
	net.Conn
	heard *atomic.Int64 // as time.Duration since began
	began time.Time
}

func (e *ear) Read(p []byte) (int, error) {
	n, err := e.Conn.Read(p)
	if n > 0 {
		e.heard.Store(int64(time.Since(e.began)))
	}
	return n, err
}

// since is how long ago that was.
func (e *ear) since() time.Duration { return time.Since(e.began) - time.Duration(e.heard.Load()) }

// Stuck says that nobody reads the conversation any more, though it has not
// ended: for longer than watch lets pass, and then some. Any goroutine may ask.
func (c *Conversation) Stuck() bool {
	select {
	case <-c.over:
		return false
	default:
		return c.running.Load() && c.ear.since() > c.quiet+2*c.dead
	}
}

// Waiting is how many messages wait to be written, sound aside. Any goroutine may
// ask, and holds nobody up.
func (c *Conversation) Waiting() int { return int(c.out.depth.Load()) }

// watch ends the conversation when the connection is dead, and returns when ctx
// is done. A machine that has slept finds out a few seconds after it has woken.
func (c *Conversation) watch(ctx context.Context) {
	tick := time.NewTicker(c.quiet / 5)
	defer tick.Stop()
	var asked time.Time
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		quiet := c.ear.since()
		switch {
		case quiet < c.quiet:
			asked = time.Time{}
		case asked.IsZero():
			asked = time.Now()
			if err := c.out.answer(websocket.PingMessage, nil); err != nil {
				c.end(err)
			}
		case time.Since(asked) > c.dead:
			c.end(fmt.Errorf("the connection is dead: nothing came for %v", quiet.Round(time.Second)))
		}
	}
}
