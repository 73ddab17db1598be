// Package sqlite opens connections to SQLite databases for the modules store and db. The library is
// SQLite itself, translated to Go. Nothing of it is initialised before the first call of Open,
// which takes some milliseconds and 3 MB of memory.
//
// Only one goroutine at a time may use a Connection. Calls may take long and may wait for the disk,
// so they must not be made on the goroutine of an executor.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// Options are the settings of a connection.
type Options struct {
	Create   bool // create the file if it does not exist
	ReadOnly bool
	Memory   bool // the database is in memory, and the path is not used

	BusyTimeout time.Duration // how long a statement waits for a lock of another connection
	MaxPages    int           // maximal size of the database in pages of 4 KiB; 0 means no limit
	ForeignKeys bool          // enforce foreign keys

	// Untrusted restricts the statements to those that a script may run, except in calls of
	// Trusted.
	Untrusted bool
	// Shared also refuses the functions whose result depends on the earlier statements of the
	// connection, because somebody else may have run them.
	Shared bool
}

const (
	// MaxValue is the maximal length of a string or a row, in bytes.
	MaxValue = 16 << 20
	// MaxStatement is the maximal length of the text of a statement, in bytes.
	MaxStatement = 1 << 20

	// The library has a small stack. It panics when a statement is nested too deeply for it.
	maxExprDepth   = 250
	maxParserDepth = 500

	maxMemory   = 64 << 20 // maximal memory of a connection in bytes
	maxMemory32 = 24 << 20 // the same on 32-bit machines, where the library can use 32 MiB
	cacheSize   = 2 << 20  // how many bytes of a database a connection keeps in memory
	maxPrepared = 50       // maximal number of statements that a connection keeps prepared
	maxKept     = 10 << 10 // maximal length of the text of a statement that Keep keeps, in bytes
)

// A Connection is a connection to a database.
type Connection struct {
	*sqlite3.Conn
	// Broken is set when the connection must be closed, because SQLite has panicked.
	Broken bool
	// JournalMode is "wal", or the mode that the file system of the database allows.
	JournalMode string

	// Refused is what the latest statement that was not authorized may not do.
	Refused string

	// Private is set when the connection gets something that other connections to the same file do
	// not have: a temporary table, or a setting that changes the results of queries.
	Private bool

	prepared map[string]*sqlite3.Stmt // the statements of Prepared, by SQL text
	trusted  bool                     // Trusted runs
	shared   bool                     // Options.Shared
	path     string                   // of the database file
}

// ErrMemory is the error of a statement that needs more memory than a connection may use.
var ErrMemory = errors.New("the statement needs too much memory")

// Open opens the database file with this path, which must have no symbolic links.
func Open(path string, opts Options) (*Connection, error) {
	c := &Connection{prepared: map[string]*sqlite3.Stmt{}, shared: opts.Shared, path: path}
	err := c.guard(func() (err error) {
		if c.Conn, err = sqlite3.OpenFlags(path, opts.flags()); err != nil {
			return err
		}
		return c.configure(opts)
	})
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (o Options) flags() sqlite3.OpenFlag {
	flags := sqlite3.OPEN_NOFOLLOW
	switch {
	case o.Memory:
		return sqlite3.OPEN_MEMORY | sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE
	case o.ReadOnly:
		return flags | sqlite3.OPEN_READONLY
	case o.Create:
		flags |= sqlite3.OPEN_CREATE
	}
	return flags | sqlite3.OPEN_READWRITE
}

// configure sets the limits of a new connection. A database that somebody else has made may contain
// triggers and views, so its schema is not trusted.
func (c *Connection) configure(opts Options) error {
	memory := int64(maxMemory)
	if bits.UintSize < 64 {
		memory = maxMemory32
	}
	c.HardHeapLimit(memory)
	c.Limit(sqlite3.LIMIT_LENGTH, MaxValue)
	c.Limit(sqlite3.LIMIT_SQL_LENGTH, MaxStatement)
	c.Limit(sqlite3.LIMIT_EXPR_DEPTH, maxExprDepth)
	c.Limit(sqlite3.LIMIT_PARSER_DEPTH, maxParserDepth)
	c.Limit(sqlite3.LIMIT_ATTACHED, 0)
	c.Limit(sqlite3.LIMIT_WORKER_THREADS, 0)
	for _, setting := range []struct {
		name sqlite3.DBConfig
		on   bool
	}{
		{sqlite3.DBCONFIG_DEFENSIVE, true},
		{sqlite3.DBCONFIG_TRUSTED_SCHEMA, false},
		{sqlite3.DBCONFIG_ENABLE_LOAD_EXTENSION, false},
		{sqlite3.DBCONFIG_ENABLE_FKEY, opts.ForeignKeys},
		{sqlite3.DBCONFIG_DQS_DML, false}, // "x" is a column and never a string
		{sqlite3.DBCONFIG_DQS_DDL, false},
	} {
		if _, err := c.Config(setting.name, setting.on); err != nil {
			return err
		}
	}
	if err := c.BusyTimeout(opts.BusyTimeout); err != nil {
		return err
	}
	pragmas := "PRAGMA temp_store = memory; PRAGMA cache_size = -" + strconv.Itoa(cacheSize>>10) + "; PRAGMA synchronous = full;"
	if opts.MaxPages > 0 {
		pragmas += "PRAGMA max_page_count = " + strconv.Itoa(opts.MaxPages)
	}
	if err := c.Exec(pragmas); err != nil {
		return err
	}
	journal := "PRAGMA journal_mode = wal"
	if opts.ReadOnly || opts.Memory {
		journal = "PRAGMA journal_mode"
	}
	err := c.query(journal, func(s *sqlite3.Stmt) { c.JournalMode = s.ColumnText(0) })
	if err != nil || !opts.Untrusted {
		return err
	}
	if err := c.replaceFunctions(); err != nil {
		return err
	}
	return c.SetAuthorizer(c.authorize)
}

// Size returns the size of the database in bytes, and that of a page.
func (c *Connection) Size() (bytes, page int64, err error) {
	var pages int64
	for pragma, value := range map[string]*int64{"PRAGMA page_size": &page, "PRAGMA page_count": &pages} {
		s, err := c.Prepared(pragma)
		if err != nil {
			return 0, 0, err
		}
		if s.Step() {
			*value = s.ColumnInt64(0)
		}
		if err := s.Reset(); err != nil {
			return 0, 0, err
		}
	}
	return pages * page, page, nil
}

// LimitGrowth lets the file grow by at most n bytes. Call it in a call of Trusted.
func (c *Connection) LimitGrowth(n int64) error {
	bytes, page, err := c.Size()
	if err != nil {
		return err
	}
	return c.Exec("PRAGMA max_page_count = " + strconv.FormatInt(max(1, (bytes+n)/page), 10))
}

// query runs a statement that has no parameters, and calls row for each row.
func (c *Connection) query(sql string, row func(*sqlite3.Stmt)) error {
	s, _, err := c.Prepare(sql)
	if err != nil {
		return err
	}
	defer s.Close()
	for s.Step() {
		row(s)
	}
	return s.Err()
}

// Do calls f, which uses the connection. When ctx is done, the statement that runs is interrupted
// within some milliseconds. Do returns the error of f, or ErrMemory if SQLite has run out of
// memory.
func (c *Connection) Do(ctx context.Context, f func() error) error {
	old := c.SetInterrupt(ctx)
	err := c.guard(f)
	if !c.Broken {
		c.SetInterrupt(old)
	}
	return err
}

// guard calls f. The library panics when SQLite runs out of memory; guard then returns ErrMemory.
// It returns an error for every other panic too, because a damaged file must not end the process.
// It marks the connection as broken.
func (c *Connection) guard(f func() error) (err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		c.Broken = true
		if err = ErrMemory; fmt.Sprint(p) != "sqlite3: out of memory" {
			err = fmt.Errorf("SQLite has failed: %v", p)
		}
	}()
	return explainFull(c.path, f())
}

// Prepared returns the prepared statement for sql, which must be one statement. The statement stays
// prepared for the next call, so it must be reset after its use.
func (c *Connection) Prepared(sql string) (*sqlite3.Stmt, error) {
	if s := c.prepared[sql]; s != nil {
		return s, nil
	}
	s, _, err := c.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT)
	if err != nil {
		return nil, err
	}
	c.store(sql, s)
	return s, nil
}

// store keeps a prepared statement for the next call of Prepared or Take.
func (c *Connection) store(sql string, s *sqlite3.Stmt) {
	for old, s := range c.prepared {
		if len(c.prepared) < maxPrepared {
			break
		}
		s.Close()
		delete(c.prepared, old)
	}
	c.prepared[sql] = s
}

// Take returns the statement for sql that Keep has kept, or nil. The statement belongs to the
// caller.
func (c *Connection) Take(sql string) *sqlite3.Stmt {
	s := c.prepared[sql]
	delete(c.prepared, sql)
	return s
}

// Keep takes over a prepared statement that is not used any more.
func (c *Connection) Keep(sql string, s *sqlite3.Stmt) {
	if c.prepared[sql] != nil || len(sql) > maxKept {
		s.Close()
		return
	}
	s.Reset()
	s.ClearBindings()
	c.store(sql, s)
}

// Close closes the connection, and rolls back its transaction. It may be called for a connection
// that Open could not open.
func (c *Connection) Close() {
	if c.Conn == nil {
		return
	}
	c.SetInterrupt(context.Background())
	c.guard(func() error {
		for s := range c.Stmts() {
			defer s.Close()
		}
		return nil
	})
	c.guard(c.Conn.Close)
}
