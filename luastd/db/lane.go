package db

import (
	"context"
	"os"
	"sync/atomic"
	"time"

	"moonlark/engine/permit"
	"moonlark/luastd/sqlite"
)

// A lane is a goroutine that has a connection of a database and runs one statement after the other.
type lane struct {
	of       *connections
	reads    bool // the connection only reads
	requests *queue
	ended    chan struct{} // closed when run has returned

	// closing is done when the lane is being closed. It ends the reading for a loop that nobody
	// waits for.
	closing context.Context
	stop    context.CancelFunc

	waiting atomic.Int32 // number of requests that have not ended
	reading atomic.Bool  // a loop has a statement open

	// The fields below belong to the goroutine of the lane.
	c      *connection // nil while the file is not open
	opened int64       // the value of connections.opened when a reader opened the file
	growth *growth     // limits the size of the file; nil if there is no limit
}

// A connection is the connection of a lane.
type connection struct {
	*sqlite.Connection
	reads bool
	open  *iteration // the loop whose statement is open; nil: none
}

// execTrusted runs statements of this package.
func (c *connection) execTrusted(sql string) error {
	return c.Trusted(func() error { return c.Exec(sql) })
}

func newLane(of *connections, reads bool) *lane {
	l := &lane{of: of, reads: reads, requests: sqlite.NewQueue[*request](), ended: make(chan struct{})}
	l.closing, l.stop = context.WithCancel(context.Background())
	go l.run()
	return l
}

// load says how much the lane has to do. It is 0 if a request would be handled at once.
func (l *lane) load() int {
	load := int(l.waiting.Load())
	if l.reading.Load() {
		load++
	}
	return load
}

// close lets run return. It does not wait for that.
func (l *lane) close() {
	l.requests.Refuse(errClosed)
	l.stop()
}

// run handles requests until close is called.
func (l *lane) run() {
	defer close(l.ended)
	defer l.disconnect()
	for {
		r, ok, closed := l.requests.Next()
		switch {
		case ok:
			l.handle(r)
		case closed:
			return
		default:
			l.sleep()
		}
	}
}

// sleep waits for a request. A loop that does not ask for its next row in time does not keep its
// statement open, because SQLite cannot shorten the write-ahead log meanwhile.
func (l *lane) sleep() {
	if l.c == nil || l.c.open == nil {
		<-l.requests.Wake
		return
	}
	idle := time.NewTimer(l.of.settings.queryTimeout)
	defer idle.Stop()
	select {
	case <-l.requests.Wake:
	case <-idle.C:
		l.finishLoop()
		l.reading.Store(false)
	}
}

// handle runs a request, and the transaction that it begins.
func (l *lane) handle(r *request) {
	if err := l.connect(r.ctx); err != nil {
		l.answer(r, err)
		return
	}
	err := l.use(r.ctx, r)
	if l.c.Private {
		l.of.readable.Store(false)
	}
	l.answer(r, err)
	if r.kind == begin && err == nil {
		l.serve(r.t)
	}
	if l.c != nil && (l.c.Broken || sqlite.IsSpoilt(err) && l.of.settings.mode != "memory") {
		l.disconnect()
	}
}

// answer ends the request. A transaction that has not begun gets no more requests.
func (l *lane) answer(r *request, err error) {
	if r.kind == begin && err != nil {
		r.t.requests.Refuse(err)
	}
	l.reading.Store(l.c != nil && l.c.open != nil) // before the next request, which looks for a lane
	r.done(err)
}

// use runs a request with the connection. The statement is interrupted when ctx is done, and when
// it takes longer than the query_timeout.
func (l *lane) use(ctx context.Context, r *request) error {
	switch {
	case r.kind == end:
		l.endLoop(errEnded)
	case r.of == nil || r.of.statement == nil:
		l.finishLoop()
	}
	if l.c.Broken {
		return sqlite.ErrMemory
	}
	return l.limit(ctx, func(ctx context.Context) error {
		if l.growth == nil {
			return r.do(ctx, l.c)
		}
		if err := l.growth.update(l.c); err != nil {
			return err
		}
		err := r.do(ctx, l.c)
		l.growth.count(l.c)
		return err
	})
}

// limit calls do with a context that is done when ctx is done, and after the query_timeout.
func (l *lane) limit(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, l.of.settings.queryTimeout)
	defer cancel()
	err := l.c.Do(ctx, func() error { return do(ctx) })
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// finishLoop reads the rest of the rows of the open loop, so that the connection can do something
// else.
func (l *lane) finishLoop() {
	if l.c == nil || l.c.open == nil {
		return
	}
	it := l.c.open
	if err := l.limit(l.closing, func(context.Context) error { return it.readAll(l.c) }); err != nil {
		l.endLoop(err)
	}
}

// endLoop closes the statement of the open loop, which gets err instead of its next row.
func (l *lane) endLoop(err error) {
	if l.c != nil && l.c.open != nil {
		l.c.Do(context.Background(), func() error { l.c.open.end(l.c, err); return nil })
	}
}

// connect opens the file, unless it is open. The writer runs the migrations.
func (l *lane) connect(ctx context.Context) error {
	opened := l.of.opened.Load()
	if l.reads && l.opened != opened {
		l.disconnect()
	}
	if l.c != nil {
		return nil
	}
	set := &l.of.settings
	opts := sqlite.Options{
		Create: set.mode == "rwc" && !l.reads, ReadOnly: set.mode == "ro" || l.reads, Memory: set.mode == "memory",
		BusyTimeout: set.busyTimeout, ForeignKeys: set.foreignKeys, Untrusted: true, Shared: l.reads,
	}
	path, place := ":memory:", permit.Place{}
	if !opts.Memory {
		flags := map[bool]int{true: os.O_RDONLY, false: os.O_RDWR}[opts.ReadOnly]
		if opts.Create {
			flags |= os.O_CREATE
		}
		var err error
		if place, err = l.of.locate(l.reads); err != nil {
			return err
		}
		if path, err = place.RealPath(flags); err != nil {
			return err
		}
	}
	c, err := sqlite.Open(path, opts)
	if err != nil {
		return err
	}
	l.c, l.opened = &connection{Connection: c, reads: l.reads}, opened
	if l.reads {
		return nil
	}
	if l.growth = nil; !opts.Memory && !opts.ReadOnly {
		if l.growth, err = newGrowth(l.c, place); err != nil {
			l.disconnect()
			return err
		}
	}
	if err := l.limit(ctx, func(context.Context) error { return l.c.migrate(set.migrations) }); err != nil {
		l.disconnect()
		return err
	}
	l.of.opened.Add(1)
	l.of.readable.Store(c.JournalMode == "wal" && !opts.Memory && !c.Private)
	return nil
}

func (l *lane) disconnect() {
	if l.c == nil {
		return
	}
	if !l.reads {
		l.of.readable.Store(false)
	}
	if !l.c.Broken {
		l.endLoop(errClosed)
	} else if l.c.open != nil {
		l.c.open.err, l.c.open.statement = errClosed, nil
	}
	l.c.Close()
	l.c = nil
}
