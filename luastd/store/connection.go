package store

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/ncruces/go-sqlite3"

	"moonlark/luastd/sqlite"
)

const (
	maxKeys       = 100_000
	sweepInterval = time.Minute // how often expired keys are deleted, at most
)

const schema = `
CREATE TABLE IF NOT EXISTS kv (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS kv_expires ON kv (expires) WHERE expires IS NOT NULL;`

// errFull is the error of a change that would add a key to a store with maxKeys keys.
var errFull = errors.New("the store has " + strconv.Itoa(maxKeys) + " keys, which is the maximum")

// A connection is the connection of an open database, and the changes that are not yet on the disk.
// It belongs to the goroutine of the database.
type connection struct {
	d      *database
	sqlite *sqlite.Connection

	ready   bool  // the table exists
	version int64 // the data_version of the connection when the cache was last checked
	keys    int   // the number of keys in the table; -1: not known
	writing bool  // a transaction of SQLite is open
	lazy    bool  // the changes of the running request go to pending
	failed  error // the error with which SQLite has rolled back the transaction
	marks   []int // the length of changes at each call of mark
	// changes are the changes in the open transaction, in their order.
	changes []change
	// flushed are the lazy changes that the open transaction has written.
	flushed map[string]entry
}

// A change is a key and its new entry.
type change struct {
	key string
	entry
	replaced *entry // the lazy change that has not been written because of this one; nil: none
}

func newConnection(d *database, c *sqlite.Connection) *connection {
	return &connection{d: d, sqlite: c, keys: -1}
}

func (c *connection) nowMilli() int64 { return c.d.now().UnixMilli() }

// prepare prepares the connection for a request of this kind: it looks for changes of other
// programs, and begins a transaction of SQLite if the request needs one.
func (c *connection) prepare(k kind) error {
	if err := c.checkVersion(); err != nil {
		return err
	}
	c.lazy = k == lazy && !c.d.pending.isFull()
	if k >= write && !c.lazy || k == scan && len(c.d.pending.entries) > 0 {
		return c.begin(k == flush)
	}
	return nil
}

// checkVersion empties the cache if another program has changed the database.
func (c *connection) checkVersion() error {
	if c.writing {
		return nil
	}
	now := c.d.now()
	version, _, err := c.number("PRAGMA data_version")
	if err != nil {
		return err
	}
	if version != c.version {
		c.d.cache.clear()
		c.keys, c.version = -1, version
	}
	if !c.ready {
		n, _, err := c.number("SELECT count(*) FROM sqlite_schema WHERE name = 'kv'")
		if err != nil {
			return err
		}
		c.ready = n > 0
	}
	c.d.cache.check(now)
	return nil
}

// begin begins a transaction of SQLite, unless one is open, and writes the lazy changes. If they
// cannot be written, the transaction goes on without them, unless force is true; they are then not
// written again before database.flushAt.
func (c *connection) begin(force bool) error {
	if c.failed != nil {
		return c.failed
	}
	isNew := !c.writing
	if isNew {
		if err := c.beginTransaction(); err != nil {
			return err
		}
	}
	if force || c.d.failure == nil || c.d.flushIsDue() {
		if err := c.flush(); err != nil {
			if force || c.sqlite.Broken {
				return err
			}
			c.d.postpone(err)
			switch {
			case c.failed != nil && !isNew:
				return c.failed
			case c.failed != nil:
				c.rollback()
				if err := c.beginTransaction(); err != nil {
					return err
				}
			}
		}
	}
	if !isNew {
		return nil
	}
	return c.attempt(func(c *connection) error { return c.sweep() })
}

// beginTransaction begins a transaction of SQLite, and makes the table if it does not exist.
func (c *connection) beginTransaction() error {
	if err := c.sqlite.Exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	c.writing = true
	if !c.ready {
		if err := c.sqlite.Exec(schema); err != nil {
			c.rollback()
			return err
		}
		c.ready = true
	}
	return nil
}

// flush writes the lazy changes. If it returns an error, they stay pending. Those for which the
// store has no room are lost.
func (c *connection) flush() error {
	if len(c.d.pending.entries) == 0 {
		return nil
	}
	changes, lost := c.d.pending.take(), 0
	written := false
	defer func() { // also when SQLite panics
		if !written {
			c.d.pending.restore(changes)
		}
	}()
	lazy := c.lazy
	c.lazy = false
	err := c.attempt(func(c *connection) error {
		for key, e := range changes {
			err := c.put(key, e)
			if errors.Is(err, errFull) {
				delete(changes, key)
				lost++
				err = nil
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	c.lazy = lazy
	if lost > 0 {
		c.d.cache.clear()
		c.d.warn(slog.LevelError, fmt.Sprintf("store: %d lazy changes are lost: %v", lost, errFull))
	}
	if written = err == nil; !written {
		return err
	}
	if c.flushed == nil {
		c.flushed = map[string]entry{}
	}
	maps.Copy(c.flushed, changes)
	return nil
}

// record records a change that has been made in the open transaction.
func (c *connection) record(key string, e entry) {
	ch := change{key: key, entry: e}
	if old, ok := c.d.pending.entries[key]; ok {
		ch.replaced = &old
		c.d.pending.remove(key)
	}
	c.changes = append(c.changes, ch)
}

// takeBack makes the lazy changes pending again that the changes from number mark on have replaced.
func (c *connection) takeBack(mark int) {
	for _, ch := range slices.Backward(c.changes[mark:]) {
		if ch.replaced != nil {
			c.d.pending.restore(map[string]entry{ch.key: *ch.replaced})
		}
	}
	c.changes = c.changes[:mark]
}

// sweep deletes the keys that have expired, and computes when the keys expire that were set while
// the clock was wrong.
func (c *connection) sweep() error {
	now := c.nowMilli()
	if now < clockIsRight || c.d.now().Sub(c.d.swept).Abs() < sweepInterval {
		return nil
	}
	c.d.swept = c.d.now()
	c.keys = -1
	c.d.cache.clear()
	if err := c.exec("DELETE FROM kv WHERE expires > 0 AND expires <= ?", now); err != nil {
		return err
	}
	return c.exec("UPDATE kv SET expires = ? - expires WHERE expires < 0", now)
}

// attempt calls do. If do returns an error, attempt takes back its changes.
func (c *connection) attempt(do func(*connection) error) error {
	if !c.writing {
		return do(c)
	}
	if err := c.mark(); err != nil {
		return err
	}
	err := do(c)
	if released := c.release(err == nil); err == nil {
		return released
	}
	if c.sqlite.GetAutocommit() { // SQLite has rolled back the whole transaction, because the disk is full
		c.failed = err
	}
	return err
}

// mark begins a group of changes within the open transaction of SQLite. Groups can contain groups.
func (c *connection) mark() error {
	if c.failed != nil {
		return c.failed
	}
	if err := c.sqlite.Exec("SAVEPOINT s" + strconv.Itoa(len(c.marks))); err != nil {
		return err
	}
	c.marks = append(c.marks, len(c.changes))
	return nil
}

// release ends the group of changes that the latest call of mark has begun. If keep is false, it
// takes the changes back.
func (c *connection) release(keep bool) error {
	last := len(c.marks) - 1
	name, mark := "s"+strconv.Itoa(last), c.marks[last]
	c.marks = c.marks[:last]
	if keep {
		return c.sqlite.Exec("RELEASE " + name)
	}
	c.takeBack(mark)
	c.keys = -1
	if c.sqlite.GetAutocommit() {
		return nil
	}
	return c.sqlite.Exec("ROLLBACK TO " + name + "; RELEASE " + name)
}

// commit ends the open transaction. When it returns nil, the changes are on the disk.
func (c *connection) commit() error {
	if !c.writing {
		return nil
	}
	if err := c.failed; err != nil {
		c.rollback()
		return err
	}
	if err := c.sqlite.Exec("COMMIT"); err != nil {
		flushed := c.flushed != nil
		c.rollback()
		if flushed {
			c.d.postpone(err)
		}
		return err
	}
	if c.flushed != nil {
		c.d.flushed()
	}
	for _, ch := range c.changes {
		c.d.cache.put(ch.key, ch.entry)
	}
	c.d.publish(c.changes)
	c.forget()
	return nil
}

// rollback takes back all changes since begin. Lazy changes stay pending.
func (c *connection) rollback() {
	if !c.sqlite.Broken && !c.sqlite.GetAutocommit() {
		c.sqlite.Exec("ROLLBACK")
	}
	c.takeBack(0)
	if c.flushed != nil {
		c.d.pending.restore(c.flushed)
		c.d.flushAt = time.Now()
	}
	c.keys, c.ready = -1, false
	c.d.cache.clear()
	c.forget()
}

// forget forgets the changes of the transaction, which has ended.
func (c *connection) forget() {
	clear(c.changes)
	c.changes, c.marks, c.flushed, c.writing, c.failed = c.changes[:0], c.marks[:0], nil, false, nil
}

// exec runs a statement with parameters.
func (c *connection) exec(sql string, args ...any) error {
	s, err := c.bound(sql, args)
	if err != nil {
		return err
	}
	return s.Exec()
}

// bound returns the prepared statement for sql with values for its parameters.
func (c *connection) bound(sql string, args []any) (*sqlite3.Stmt, error) {
	s, err := c.sqlite.Prepared(sql)
	if err != nil {
		return nil, err
	}
	for i, arg := range args {
		switch arg := arg.(type) {
		case string:
			err = s.BindText(i+1, arg)
		case []byte:
			err = s.BindBlob(i+1, arg)
		case int:
			err = s.BindInt(i+1, arg)
		case int64:
			err = s.BindInt64(i+1, arg)
		case nil:
			err = s.BindNull(i + 1)
		}
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// rows runs a query and calls row for each row, until row returns an error.
func (c *connection) rows(sql string, args []any, row func(*sqlite3.Stmt) error) error {
	s, err := c.bound(sql, args)
	if err != nil {
		return err
	}
	defer s.Reset()
	for s.Step() {
		if err := row(s); err != nil {
			return err
		}
	}
	return s.Err()
}

// number returns the number in the first column of the first row. ok is false if there is no row.
func (c *connection) number(sql string, args ...any) (n int64, ok bool, err error) {
	err = c.rows(sql, args, func(s *sqlite3.Stmt) error {
		n, ok = s.ColumnInt64(0), true
		return nil
	})
	return n, ok, err
}
