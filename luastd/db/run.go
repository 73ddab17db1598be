package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/ncruces/go-sqlite3"
	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
	"moonlark/luastd/sqlite"
	"moonlark/luastd/value"
)

const (
	maxResult     = 16 << 20 // maximal length of the values of a result, in bytes
	maxParameters = 1000
)

// errResult is the error of a result with more than maxResult bytes.
var errResult = tooLarge(fmt.Sprintf("the result has more than %d MiB", maxResult>>20))

// errWriter is the error of a statement that a reader cannot run.
const errWriter = sqlite.Mistake("the statement needs the connection of the writer")

// parameters are the values for the parameters of a statement: nil, int64, float64, string or blob.
type parameters struct {
	list  []any
	named map[string]any // by name, without the character before it; nil: the values are in list
}

// A result is what a statement has returned.
type result struct {
	columns []string
	rows    []row
	changes int64
	lastID  int64
}

// isQuery reports whether sql probably only reads. It looks only at the first word.
func isQuery(sql string) bool {
	for {
		sql = strings.TrimLeft(sql, " \t\r\n")
		end := ""
		switch {
		case strings.HasPrefix(sql, "--"):
			end = "\n"
		case strings.HasPrefix(sql, "/*"):
			end = "*/"
		default:
			word := sql
			if i := strings.IndexFunc(sql, func(r rune) bool { return !unicode.IsLetter(r) }); i >= 0 {
				word = sql[:i]
			}
			return slices.Contains([]string{"SELECT", "VALUES", "WITH"}, strings.ToUpper(word))
		}
		_, sql, _ = strings.Cut(sql, end)
	}
}

// single returns the prepared statement for sql, which must be one statement. Call Keep after its
// use.
func (c *connection) single(sql string) (*sqlite3.Stmt, error) {
	if s := c.Take(sql); s != nil {
		return s, nil
	}
	s, tail, err := c.Prepare(sql)
	if err != nil {
		return nil, c.explain(err)
	}
	if s == nil {
		return nil, sqlite.Mistake("there is no statement in the SQL text")
	}
	if next, _, err := c.Prepare(tail); next != nil || err != nil {
		next.Close()
		s.Close()
		return nil, sqlite.Mistake("several statements: only exec without parameters takes them")
	}
	if c.reads && !s.ReadOnly() {
		s.Close()
		return nil, errWriter
	}
	return s, nil
}

// explain returns a mistake for an error that says that the SQL is wrong, and other errors
// unchanged.
func (c *connection) explain(err error) error {
	if err == nil || sqlite.Code(err) != "" {
		return err
	}
	if errors.Is(err, sqlite3.AUTH) {
		return sqlite.Mistake("not allowed: " + c.Refused)
	}
	return sqlite.Mistake(sqlite.Reason(err))
}

// query runs a statement and returns its first rows, up to max. It returns an error if there are
// more, unless first is true.
func (c *connection) query(sql string, p parameters, max int, first bool) (*result, error) {
	s, err := c.single(sql)
	if err != nil {
		return nil, err
	}
	defer c.Keep(sql, s)
	if err := bind(s, p); err != nil {
		return nil, err
	}
	r := &result{}
	size := 0
	for s.Step() {
		if len(r.rows) == max {
			if first {
				continue // so that a statement that changes rows runs to its end
			}
			return nil, tooLarge(fmt.Sprintf("the result has more than %d rows: use LIMIT, or set max_rows", max))
		}
		values, n := readRow(s)
		if size += n; size > maxResult {
			return nil, errResult
		}
		r.rows = append(r.rows, values)
	}
	r.columns = columnsOf(s)
	return r, c.explain(s.Err())
}

// columnsOf returns the names of the columns. Call it after the first step, which may compile the
// statement again.
func columnsOf(s *sqlite3.Stmt) []string {
	names := make([]string, s.ColumnCount())
	for i := range names {
		names[i] = s.ColumnName(i)
	}
	return names
}

// rowSize is how many bytes a row needs without its values.
const rowSize = 40

// readRow returns the values of the row, and their size in bytes.
func readRow(s *sqlite3.Stmt) (values row, size int) {
	values, size = make(row, s.ColumnCount()), rowSize
	for i := range values {
		size += 16
		switch s.ColumnType(i) {
		case sqlite3.INTEGER:
			values[i] = luaInteger(s.ColumnInt64(i))
		case sqlite3.FLOAT:
			values[i] = lua.LNumber(s.ColumnFloat(i))
		case sqlite3.TEXT, sqlite3.BLOB:
			text := lua.LString(s.ColumnRawText(i))
			size += len(text)
			values[i] = text
		default:
			values[i] = lua.LNil
		}
	}
	return values, size
}

// luaInteger returns a number, or a string of digits if a Lua number does not represent n exactly.
func luaInteger(n int64) lua.LValue {
	if n >= value.MaxWhole || n <= -value.MaxWhole {
		return lua.LString(strconv.FormatInt(n, 10))
	}
	return lua.LNumber(n)
}

// exec runs a statement with parameters, or all statements in sql.
func (c *connection) exec(sql string, p parameters) (*result, error) {
	before := c.TotalChanges()
	err := c.execAll(sql, p)
	return &result{changes: c.TotalChanges() - before, lastID: c.LastInsertRowID()}, err
}

func (c *connection) execAll(sql string, p parameters) error {
	if len(p.list) == 0 && p.named == nil {
		return c.several(sql)
	}
	s, err := c.single(sql)
	if err != nil {
		return err
	}
	defer c.Keep(sql, s)
	if err := bind(s, p); err != nil {
		return err
	}
	return c.explain(s.Exec())
}

// several runs all statements in sql. Either all have an effect, or none.
func (c *connection) several(sql string) error {
	s, tail, err := c.Prepare(sql)
	if err != nil {
		return c.explain(err)
	}
	if s == nil {
		return nil
	}
	defer s.Close()
	if strings.TrimSpace(tail) == "" {
		return c.run(s)
	}
	return c.atomically(func() error {
		if err := c.run(s); err != nil {
			return err
		}
		return c.rest(tail)
	})
}

// run runs a statement without parameters.
func (c *connection) run(s *sqlite3.Stmt) error {
	if err := bind(s, parameters{}); err != nil {
		return err
	}
	return c.explain(s.Exec())
}

// rest runs all statements in sql.
func (c *connection) rest(sql string) error {
	for {
		s, tail, err := c.Prepare(sql)
		if s == nil || err != nil {
			return c.explain(err)
		}
		err = c.run(s)
		s.Close()
		if err != nil {
			return err
		}
		sql = tail
	}
}

// atomically calls f. If f returns an error, atomically takes back its changes.
func (c *connection) atomically(f func() error) error {
	begin, commit, rollback := "SAVEPOINT several", "RELEASE several", "ROLLBACK TO several; RELEASE several"
	if c.GetAutocommit() {
		begin, commit, rollback = "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"
	}
	if err := c.execTrusted(begin); err != nil {
		return err
	}
	err := f()
	if err == nil {
		err = c.execTrusted(commit)
	}
	if err != nil && !c.GetAutocommit() {
		c.SetInterrupt(context.Background()) // the changes must be taken back after a timeout too
		c.execTrusted(rollback)
	}
	return err
}

// migrate runs the migrations that have not been run for this file.
func (c *connection) migrate(migrations []string) error {
	if len(migrations) == 0 {
		return nil
	}
	return c.atomically(func() error {
		r, err := c.query("PRAGMA user_version", parameters{}, 1, false)
		if err != nil {
			return err
		}
		done := int(r.rows[0][0].(lua.LNumber))
		if done > len(migrations) {
			return sqlite.Mistake(fmt.Sprintf("the file has had %d migrations, but there are only %d", done, len(migrations)))
		}
		for i, sql := range migrations[done:] {
			if err := c.rest(sql); err != nil {
				return fmt.Errorf("migration %d: %w", done+i+1, err)
			}
		}
		return c.Exec("PRAGMA user_version = " + strconv.Itoa(len(migrations)))
	})
}

// bind sets the parameters of s.
func bind(s *sqlite3.Stmt, p parameters) error {
	if p.named == nil {
		if n := s.BindCount(); n != len(p.list) {
			return sqlite.Mistake(fmt.Sprintf("number of parameters in the statement: %d, number of values given: %d", n, len(p.list)))
		}
	}
	known := make([]string, 0, s.BindCount())
	for i := 1; i <= s.BindCount(); i++ {
		if p.named == nil {
			if err := bindValue(s, i, p.list[i-1]); err != nil {
				return err
			}
			continue
		}
		name := s.BindName(i)
		if name == "" || name[0] == '?' {
			return sqlite.Mistake("the statement has parameters without a name: give their values one by one, not in a table")
		}
		known = append(known, name[1:])
		if err := bindValue(s, i, p.named[name[1:]]); err != nil {
			return err
		}
	}
	for name := range p.named {
		if !slices.Contains(known, name) {
			return sqlite.Mistake("the statement has no parameter '" + name + "'" + guess.DidYouMean(name, known))
		}
	}
	return nil
}

func bindValue(s *sqlite3.Stmt, i int, v any) error {
	switch v := v.(type) {
	case int64:
		return s.BindInt64(i, v)
	case float64:
		return s.BindFloat(i, v)
	case string:
		return s.BindText(i, v)
	case blob:
		if v == "" {
			return s.BindZeroBlob(i, 0)
		}
		return s.BindBlob(i, []byte(v))
	default:
		return s.BindNull(i)
	}
}
