package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"moonlark/engine/activity"
	"moonlark/engine/permit"
)

const (
	browseBusyTimeout = 500 * time.Millisecond // how long Browse waits for another connection
	maxBrowsedTables  = 500
	maxBrowsedColumns = 50
	maxExact          = 1 << 53 // a page has no larger integers without loss of digits
)

// Browse returns rows of a table or view of the database file that resolve returns, for a person: see
// activity.Contents. It opens the file with a connection of its own, which only reads, and closes it
// again. A file that does not exist has no tables. Any goroutine may call Browse, which blocks.
func Browse(ctx context.Context, resolve func() (permit.Place, error), table string, offset int) (activity.Page, error) {
	page := activity.Page{Table: table, Tables: []string{}, Columns: []string{}, Rows: [][]any{}}
	path := ""
	place, err := resolve()
	if err == nil {
		path, err = place.RealPath(os.O_RDONLY)
	}
	if errors.Is(err, fs.ErrNotExist) && table == "" {
		return page, nil
	}
	if err != nil {
		return page, err
	}
	c, err := Open(path, Options{ReadOnly: true, Untrusted: true, BusyTimeout: browseBusyTimeout})
	if err != nil {
		return page, err
	}
	defer c.Close()
	if err := c.Do(ctx, func() error { return c.browse(&page, offset) }); err != nil {
		return page, errors.New(Reason(err))
	}
	return page, nil
}

// browse fills a page with the rows from number offset on.
func (c *Connection) browse(page *activity.Page, offset int) error {
	err := c.query(fmt.Sprintf("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%%' ESCAPE '\\' ORDER BY name LIMIT %d", maxBrowsedTables),
		func(s *sqlite3.Stmt) { page.Tables = append(page.Tables, s.ColumnText(0)) })
	if err != nil {
		return err
	}
	if page.Table == "" && len(page.Tables) > 0 {
		page.Table = page.Tables[0]
	}
	switch {
	case page.Table == "":
		return nil
	case !slices.Contains(page.Tables, page.Table):
		return fmt.Errorf("there is no table %.100s", page.Table)
	}
	name := `"` + strings.ReplaceAll(page.Table, `"`, `""`) + `"`
	s, _, err := c.Prepare(fmt.Sprintf("SELECT * FROM %s LIMIT %d OFFSET %d", name, activity.MaxRows+1, offset))
	if err != nil {
		return err
	}
	defer s.Close()
	for i := range min(s.ColumnCount(), maxBrowsedColumns) {
		page.Columns = append(page.Columns, activity.Cut(s.ColumnName(i), activity.MaxText))
	}
	for s.Step() {
		if len(page.Rows) == activity.MaxRows {
			page.More = true
			break
		}
		row := make([]any, len(page.Columns))
		for i := range row {
			row[i] = browsedValue(s, i)
		}
		page.Rows = append(page.Rows, row)
	}
	return s.Err()
}

// browsedValue returns the value of a column for a person.
func browsedValue(s *sqlite3.Stmt, i int) any {
	switch s.ColumnType(i) {
	case sqlite3.INTEGER:
		n := s.ColumnInt64(i)
		if n > maxExact || n < -maxExact {
			return strconv.FormatInt(n, 10)
		}
		return n
	case sqlite3.FLOAT:
		f := s.ColumnFloat(i)
		if math.IsInf(f, 0) { // JSON has no such number
			return strconv.FormatFloat(f, 'g', -1, 64)
		}
		return f
	case sqlite3.TEXT:
		text := s.ColumnRawText(i)
		return activity.Prefix(string(text[:min(len(text), 2*activity.MaxPrefix)]))
	case sqlite3.BLOB:
		return fmt.Sprintf("blob of %d bytes", len(s.ColumnRawBlob(i)))
	}
	return nil
}
