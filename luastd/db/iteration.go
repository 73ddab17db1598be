package db

import (
	"fmt"

	"moonlark/luastd/sqlite"

	"github.com/ncruces/go-sqlite3"
	lua "github.com/yuin/gopher-lua"
)

const (
	maxBlockRows = 256     // how many rows a loop reads at once, at most
	maxBlock     = 1 << 20 // from how many bytes of values on a block is complete
)

var (
	// errRest is the error of a loop whose rest of the rows does not fit into memory.
	errRest = tooLarge(fmt.Sprintf("the connection was needed for something else, and more than %d MiB of the rows were left: "+
		"use LIMIT", maxResult>>20))
	// errWrites is the error of a loop over the rows of a statement that does not only read.
	errWrites = sqlite.Mistake("the statement changes the database: use query or exec")
)

// A row has the values of a row.
type row = []lua.LValue

// An iteration is a loop over the rows of a statement. It reads them in blocks. Between two blocks
// the statement stays open, so that the loop gets the rows as they were when it began. If the
// connection is needed for something else meanwhile, the rest of the rows is read into memory.
//
// The fields belong to the goroutine of the lane.
type iteration struct {
	columns   []string
	sql       string
	statement *sqlite3.Stmt // nil when the rows have been read
	rest      []row         // rows that have been read and not returned
	err       error         // what the loop gets after the rest
}

// begin runs sql, which only reads, and returns the first block of its rows.
func (it *iteration) begin(c *connection, sql string, p parameters) (block []row, more bool, err error) {
	s, err := c.single(sql)
	if err != nil {
		return nil, false, err
	}
	it.sql, it.statement, c.open = sql, s, it
	if err = bind(s, p); err == nil && !s.ReadOnly() {
		err = errWrites
	}
	if err != nil {
		it.end(c, err)
		return nil, false, err
	}
	return it.next(c)
}

// next returns the next block of rows. more is false if there are no others.
func (it *iteration) next(c *connection) (block []row, more bool, err error) {
	if it.statement == nil {
		n := min(maxBlockRows, len(it.rest))
		block, it.rest = it.rest[:n], it.rest[n:]
		if n == 0 {
			err = it.err
		}
		return block, len(it.rest) > 0 || it.err != nil && err == nil, err
	}
	size := 0
	for len(block) < maxBlockRows && size < maxBlock {
		if !it.statement.Step() {
			err := c.explain(it.statement.Err())
			it.readColumns()
			it.end(c, err)
			return block, err != nil && len(block) > 0, errOfEmpty(block, err)
		}
		it.readColumns()
		values, n := readRow(it.statement)
		size += n
		block = append(block, values)
	}
	return block, true, nil
}

// errOfEmpty returns err if the block is empty. Otherwise the error comes with the next block.
func errOfEmpty(block []row, err error) error {
	if len(block) > 0 {
		return nil
	}
	return err
}

// readColumns reads the names of the columns. It must be called after a step, because the first
// step may compile the statement again.
func (it *iteration) readColumns() {
	if it.columns == nil {
		it.columns = columnsOf(it.statement)
	}
}

// readAll reads the rest of the rows.
func (it *iteration) readAll(c *connection) error {
	size := 0
	for it.statement.Step() {
		values, n := readRow(it.statement)
		if size += n; size > maxResult {
			it.end(c, errRest)
			return nil
		}
		it.rest = append(it.rest, values)
	}
	it.end(c, c.explain(it.statement.Err()))
	return nil
}

// end closes the statement. The loop gets err after the rows that have been read.
func (it *iteration) end(c *connection, err error) {
	c.Keep(it.sql, it.statement)
	it.statement, it.err, c.open = nil, err, nil
}
