package db

import (
	"context"

	lua "github.com/yuin/gopher-lua"
)

// A loop is the loop of a script over the rows of an iteration. It belongs to the executor's
// goroutine.
type loop struct {
	m      *module
	d      *database
	it     *iteration
	target target // where the iteration has its statement

	columns []string
	block   []row // rows that the script has not got
	more    bool  // the iteration has more rows
	waiting bool  // a task waits for the next block
}

// rows is the Lua function database:rows. If the script leaves the loop early, the statement stays
// open until the lane needs the connection, or until the query_timeout.
func (m *module) rows(L *lua.LState) int {
	d, sql, first := m.check(L, "rows")
	p := checkParameters(L, first)
	l := &loop{m: m, d: d, it: &iteration{}}
	var err error
	l.target, err = m.read(L, d, sql, func(_ context.Context, c *connection) (err error) {
		l.block, l.more, err = l.it.begin(c, sql, p)
		l.columns = l.it.columns
		return err
	})
	if err != nil {
		raise(L, "database:rows", d, err)
	}
	L.Push(L.NewFunction(l.next))
	return 1
}

// next is the iterator of a loop.
func (l *loop) next(L *lua.LState) int {
	if len(l.block) == 0 && l.more {
		l.fetch(L)
	}
	if len(l.block) == 0 {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(rowTable(L, l.columns, l.block[0]))
	l.block = l.block[1:]
	return 1
}

// fetch gets the next block.
func (l *loop) fetch(L *lua.LState) {
	if l.waiting {
		L.RaiseError("database:rows: another task waits for the next row of this loop")
	}
	l.waiting = true
	defer func() { l.waiting = false }()
	var block []row
	var more bool
	err := l.m.wait(L, l.target, &request{of: l.it, do: func(_ context.Context, c *connection) (err error) {
		block, more, err = l.it.next(c)
		return err
	}})
	if err != nil {
		l.more = false
		raise(L, "database:rows", l.d, err)
	}
	l.block, l.more = block, more
}
