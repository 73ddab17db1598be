package db

import (
	"context"
	"sync"
	"sync/atomic"

	"moonlark/engine/permit"
)

// maxReaders is how many connections a database has that only read: for two loops, and for the
// queries in their bodies.
const maxReaders = 3

// connections are the connections of a database. They stay open when the script is loaded again:
// they are a luastd.Resource, which the next generation claims. There is a connection for all
// statements that change something. Statements that only read use connections of their own, so that
// they do not wait for a transaction of another task. Each connection belongs to the goroutine of a
// lane. Any goroutine may use connections.
type connections struct {
	settings settings
	resolve  func() (permit.Place, error) // returns the place of the file; it may block
	writer   *lane

	// readable is true while readers can be used: the file is open and its journal is a write-ahead
	// log, and the connection of the writer has no temporary tables, which readers would not see.
	readable atomic.Bool
	// opened counts how often the writer has opened the file. Readers open the file again when the
	// number has changed, because somebody may have replaced the file.
	opened atomic.Int64
	// ended is closed when all connections are closed.
	ended chan struct{}

	mu      sync.Mutex   // guards the fields below
	place   permit.Place // where the writer has opened the file
	readers []*lane
	users   int           // number of databases of generations that have not ended
	unused  chan struct{} // closed when the last user has left
	closed  bool
}

// newConnections returns connections that open the file when they are used. resolve is nil for a
// database in memory.
func newConnections(s settings, resolve func() (permit.Place, error)) *connections {
	c := &connections{settings: s, resolve: resolve, ended: make(chan struct{}), unused: make(chan struct{})}
	close(c.unused)
	c.writer = newLane(c, false)
	return c
}

// join adds a user.
func (c *connections) join() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users++; c.users == 1 {
		c.unused = make(chan struct{})
	}
}

// leave removes a user. It reports whether it was the last one.
func (c *connections) leave() (last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users--; c.users > 0 {
		return false
	}
	close(c.unused)
	return true
}

// locate returns the place of the file. Readers get the place at which the writer has opened the
// file.
func (c *connections) locate(reads bool) (permit.Place, error) {
	if reads {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.place, nil
	}
	place, err := c.resolve()
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.place = place
	}
	return place, err
}

// reader returns the lane for a statement that only reads. It returns nil if the writer must run
// the statement.
func (c *connections) reader() *lane {
	if !c.readable.Load() {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	var best *lane
	for _, l := range c.readers {
		if best == nil || l.load() < best.load() {
			best = l
		}
	}
	if (best == nil || best.load() > 0) && len(c.readers) < maxReaders {
		best = newLane(c, true)
		c.readers = append(c.readers, best)
	}
	return best
}

// Stop does nothing: others can open the same file meanwhile.
func (c *connections) Stop() {}

// Close closes the connections when no generation uses them any more, at the latest when ctx is
// done. It returns when the running statements have ended.
func (c *connections) Close(ctx context.Context) {
	c.mu.Lock()
	unused := c.unused
	c.mu.Unlock()
	select {
	case <-unused:
	case <-ctx.Done():
	}
	c.mu.Lock()
	c.closed = true
	lanes := append([]*lane{c.writer}, c.readers...)
	c.mu.Unlock()
	for _, l := range lanes {
		l.close()
	}
	for _, l := range lanes {
		<-l.ended
	}
	close(c.ended)
}
