package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"moonlark/luastd/sqlite"
)

const (
	maxPages    = 64 << 20 / 4096 // maximal size of a store, in pages
	busyTimeout = 5 * time.Second // how long a change waits for another program that uses the file
	// checkInterval is how long the cache is used before the database is asked whether another
	// program has changed it.
	checkInterval = time.Second
)

// errEnded is the error of a request to a database or a transaction that has ended.
var errEnded = errors.New("the store is closed")

// A database is a store that is open. One goroutine, which runs run, uses the connection and
// handles the requests one after the other. The changes of all requests that are queued at the same
// time are written to the disk together.
type database struct {
	requests *queue
	cache    *cache
	watchers
	lazies lazyLimit
	now    func() time.Time
	ended  chan struct{} // closed when run has returned

	users, uses int // guarded by openDatabases.mu: the number of users now, and of calls of openDatabases.use

	// The fields below belong to the goroutine of the database.
	connection *connection // nil while the file is not open
	// pending are the lazy changes that have not been written. They are written at flushAt.
	pending pendingChanges
	flushAt time.Time
	resolve resolver      // of the latest lazy change, to open the file when it is written
	failure error         // why the lazy changes could not be written; nil if they could
	delay   time.Duration // the time between the last attempt to write them and flushAt; 0 if it succeeded
	swept   time.Time     // when the expired keys were last deleted
}

func newDatabase(now func() time.Time) *database {
	d := &database{
		requests: sqlite.NewQueue[*request](), cache: newCache(), now: now, ended: make(chan struct{}),
		pending: pendingChanges{entries: map[string]entry{}},
	}
	go d.run()
	return d
}

// run handles requests until close is called.
func (d *database) run() {
	defer close(d.ended)
	defer d.disconnect()
	for {
		queue, closed := d.requests.TakeAll()
		switch {
		case len(queue) > 0:
			d.handle(queue)
		case closed:
			d.writePending()
			if n := len(d.pending.entries); n > 0 {
				d.warn(slog.LevelError, fmt.Sprintf("store: %d lazy changes are lost", n))
			}
			return
		case len(d.pending.entries) > 0:
			d.waitToFlush()
		default:
			<-d.requests.Wake
		}
		if d.flushIsDue() {
			d.writePending()
		}
	}
}

// waitToFlush waits for a request, or until flushAt.
func (d *database) waitToFlush() {
	wait := time.NewTimer(time.Until(d.flushAt))
	defer wait.Stop()
	select {
	case <-d.requests.Wake:
	case <-wait.C:
	}
}

// close writes the lazy changes and closes the file. It returns when that is done.
func (d *database) close() {
	d.requests.Close(errEnded)
	<-d.ended
}

// flush returns when the lazy changes that were made before the call are on the disk, or when that
// takes longer than two seconds.
func (d *database) flush() {
	done := make(chan error, 1)
	d.requests.Put(&request{kind: flush, done: func(err error) { done <- err }})
	select {
	case <-done:
	case <-time.After(2 * time.Second):
	}
}

// connect opens the file for r, unless it is open. The file is created if r changes the store, or
// if there are lazy changes. connect returns an error that wraps fs.ErrNotExist if there is no
// file.
func (d *database) connect(r *request) error {
	if d.connection != nil {
		return nil
	}
	resolve, flags := r.resolve, os.O_RDONLY
	if resolve == nil {
		resolve = d.resolve
	}
	change := r.kind >= write || len(d.pending.entries) > 0
	if change {
		flags = os.O_RDWR | os.O_CREATE
	}
	place, err := resolve(change)
	if err != nil {
		return err
	}
	path, err := place.RealPath(flags)
	if err != nil {
		return err
	}
	c, err := sqlite.Open(path, sqlite.Options{BusyTimeout: busyTimeout, MaxPages: maxPages})
	if err != nil {
		return err
	}
	d.connection = newConnection(d, c)
	return nil
}

func (d *database) disconnect() {
	if d.connection != nil {
		d.connection.rollback()
		d.connection.sqlite.Close()
		d.connection = nil
	}
	d.cache.clear()
}

// handle handles requests. It commits their changes together, and then calls the done functions.
func (d *database) handle(queue []*request) {
	var answers []answer
	for i, r := range queue {
		if r.kind == begin {
			d.requests.PutBack(queue[i+1:])
			if i == 0 {
				d.transact(r)
				return
			}
			d.requests.PutBack([]*request{r}) // the next call of handle begins with it
			break
		}
		answers = append(answers, d.answer(r))
	}
	if len(answers) > 1 && d.connection != nil && d.connection.failed != nil {
		d.repeat(answers)
		return
	}
	d.finish(answers)
}

// repeat handles requests again, one after the other. SQLite has taken back the changes of all of
// them, because one change could not be written.
func (d *database) repeat(answers []answer) {
	d.connection.rollback()
	for _, a := range answers {
		if !a.pending {
			a = d.answer(a.request)
		}
		d.finish([]answer{a})
	}
}

// An answer is the error of a request whose done function has not been called.
type answer struct {
	*request
	err     error
	pending bool // the request has been handled: it has made a lazy change, which is pending
}

// answer does what r asks for. The changes are not yet on the disk.
func (d *database) answer(r *request) answer {
	switch {
	case r.abandoned.Load():
		return answer{request: r, err: context.Canceled}
	case r.kind == flush && len(d.pending.entries) == 0:
		return answer{request: r}
	case r.kind == lazy:
		d.resolve = r.resolve
		if r.set != nil && !d.pending.isFull() {
			d.putPending(r.set.key, r.set.entry)
			return answer{request: r, pending: true}
		}
	}
	err := d.connect(r)
	if err == nil {
		err = d.connection.sqlite.Do(context.Background(), func() error {
			if err := d.connection.prepare(r.kind); err != nil || r.do == nil {
				return err
			}
			return d.connection.attempt(r.do)
		})
	} else if errors.Is(err, fs.ErrNotExist) && r.kind < write && len(d.pending.entries) == 0 {
		err = nil // an empty store
	}
	if err != nil && r.kind == flush {
		d.postpone(err)
	}
	return answer{r, err, err == nil && r.kind == lazy && d.connection.lazy}
}

// finish writes the changes of the requests to the disk and calls their done functions.
func (d *database) finish(answers []answer) {
	var err error
	if d.connection != nil {
		err = d.connection.sqlite.Do(context.Background(), d.connection.commit)
	}
	spoilt := d.connection != nil && d.connection.sqlite.Broken || sqlite.IsSpoilt(err)
	for _, a := range answers {
		if a.err == nil && !a.pending {
			a.err = err
		}
		spoilt = spoilt || sqlite.IsSpoilt(a.err)
		a.done(a.err)
	}
	if spoilt {
		d.disconnect()
	}
}

// writePending writes the lazy changes to the disk.
func (d *database) writePending() {
	d.handle([]*request{{kind: flush, done: func(error) {}}})
}
