package db

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/files"
	"moonlark/luastd/sqlite"
	"moonlark/luastd/value"
)

// A prepared is a statement of a database.
type prepared struct {
	d   *database
	sql string
}

func (p prepared) String() string { return "statement of " + p.d.name }

// openDatabase is the Lua function db.open. The file is opened by the first use of the database.
func (m *module) openDatabase(L *lua.LState) int {
	name := L.CheckString(1)
	d := &database{name: name, settings: checkSettings(L), transactions: map[any]*transaction{}}
	if m.open >= maxDatabases {
		L.RaiseError("db.open: the script has %d open databases, which is the maximum", maxDatabases)
	}
	if err := m.checkPermission(L, d); err != nil {
		return fail(L, "db.open", d, err)
	}
	if d.settings.mode == "memory" {
		m.join(d, newConnections(d.settings, nil)) // a script expects an empty database when it is loaded again
	} else {
		lease, err := m.rt.Claim(m.claim(d))
		if err != nil {
			L.RaiseError("db.open: %s", err)
		}
		d.lease = lease
	}
	m.open++
	handle := &lua.LUserData{Value: d, Env: L.Env, Metatable: m.database}
	if !m.rt.Loading() {
		if err := m.do(L, d, statement, func(context.Context, *connection) error { return nil }); err != nil {
			m.closeDatabase(d)
			return fail(L, "db.open", d, err)
		}
	}
	L.Push(handle)
	return 1
}

// claim returns the claim for the connections of d: those of an earlier generation of the script
// that has opened the same database in the same way, or new ones.
func (m *module) claim(d *database) luastd.Claim {
	broker, name, set := m.rt.Permit(), d.name, d.settings // the Broker is that of all generations
	resolve := func() (permit.Place, error) { return broker.Resolve(name, set.mode != "ro") }
	return luastd.Claim{
		Kind:     "database",
		Files:    true,
		Settings: fmt.Sprintf("%q %#v", name, set),
		Open:     func() (luastd.Resource, error) { return newConnections(set, resolve), nil },
		Use: func(r luastd.Resource, err error) {
			if err != nil {
				return // the scripts are being closed
			}
			m.join(d, r.(*connections))
		},
	}
}

// join makes d use c until the generation ends.
func (m *module) join(d *database, c *connections) {
	d.connections = c
	c.join()
	d.release = m.rt.Own(func() {
		c.leave()
		if d.lease == nil {
			c.Close(context.Background())
		}
	})
}

// checkPermission raises an error if the script may not use the file of d. It opens and creates
// nothing. When the script has loaded, the lane checks the permission as it opens the file.
func (m *module) checkPermission(L *lua.LState, d *database) error {
	if d.settings.mode == "memory" || !m.rt.Loading() {
		return nil
	}
	broker := m.rt.Permit()
	_, err := m.runner.Run(L, "db.open", files.Timeout, func(context.Context) (any, error) {
		return nil, broker.CheckFile(d.name, d.settings.mode != "ro")
	})
	return err
}

// check removes the handle of a method call from the arguments. It returns its database, the SQL
// text, and the number of the argument that is the first parameter.
func (m *module) check(L *lua.LState, method string) (d *database, sql string, first int) {
	ud, _ := L.Get(1).(*lua.LUserData)
	if ud == nil {
		L.RaiseError("%s: use a colon: database:%s(...)", method, method)
	}
	L.Remove(1)
	switch v := ud.Value.(type) {
	case prepared:
		d, sql, first = v.d, v.sql, 1
	case *database:
		d, sql, first = v, L.CheckString(1), 2
	default:
		L.RaiseError("%s: use a colon: database:%s(...)", method, method)
	}
	if len(sql) > sqlite.MaxStatement {
		L.ArgError(1, "the SQL text has more than "+strconv.Itoa(sqlite.MaxStatement)+" bytes")
	}
	m.checkUse(L, method, d)
	return d, sql, first
}

// checkUse raises an error if the database cannot be used now.
func (m *module) checkUse(L *lua.LState, method string, d *database) {
	luastd.CheckLoaded(L, m.rt, "database:"+method)
	if d.closed || d.connections == nil {
		L.RaiseError("database:%s: %s is closed", method, d.name)
	}
}

// checkDatabase removes the handle of a method call from the arguments, and returns its database.
func (m *module) checkDatabase(L *lua.LState, method string) *database {
	ud, _ := L.Get(1).(*lua.LUserData)
	if ud != nil {
		if d, ok := ud.Value.(*database); ok {
			L.Remove(1)
			return d
		}
	}
	L.RaiseError("%s: use a colon: database:%s(...)", method, method)
	return nil
}

// A target says which lane handles the requests, and for which transaction.
type target struct {
	lane *lane
	t    *transaction // nil: none
}

// do lets the writer handle a request of the running task, and waits for it.
func (m *module) do(L *lua.LState, d *database, k kind, do func(context.Context, *connection) error) error {
	return m.wait(L, target{d.connections.writer, d.transactions[m.rt.RunningTask()]}, &request{kind: k, do: do})
}

// read lets a reader run a statement that only reads. do may be called a second time, by the
// writer. read returns which lane has run the statement.
func (m *module) read(L *lua.LState, d *database, sql string, do func(context.Context, *connection) error) (target, error) {
	to := target{d.connections.writer, d.transactions[m.rt.RunningTask()]}
	if to.t == nil && isQuery(sql) {
		if reader := d.connections.reader(); reader != nil {
			err := m.wait(L, target{lane: reader}, &request{do: do})
			var wrong sqlite.Mistake
			if !errors.As(err, &wrong) {
				return target{lane: reader}, err
			}
			// The statement may need what only the connection of the writer has.
		}
	}
	return to, m.wait(L, to, &request{do: do})
}

func (m *module) wait(L *lua.LState, to target, r *request) error {
	requests := to.lane.requests
	if to.t != nil {
		requests = to.t.requests
	}
	err, _ := m.rt.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithCancel(context.Background())
		if limit := m.rt.WaitLimit(0); limit > 0 {
			ctx, cancel = context.WithTimeoutCause(ctx, limit, errCall)
		}
		to.lane.waiting.Add(1)
		r.ctx, r.done = ctx, func(err error) {
			to.lane.waiting.Add(-1)
			cancel()
			done(err)
		}
		requests.Put(r)
		context.AfterFunc(ctx, func() {
			if requests.Remove(r) {
				r.done(context.Cause(ctx))
			}
		})
		return cancel
	}).(error)
	return err
}

func (m *module) query(L *lua.LState) int {
	d, sql, first := m.check(L, "query")
	p := checkParameters(L, first)
	var r *result
	_, err := m.read(L, d, sql, func(_ context.Context, c *connection) (err error) {
		r, err = c.query(sql, p, d.settings.maxRows, false)
		return err
	})
	if err != nil {
		return fail(L, "database:query", d, err)
	}
	L.Push(m.rowsTable(L, r))
	return 1
}

func (m *module) first(L *lua.LState) int {
	r, d, err := m.firstRow(L, "first")
	if err != nil {
		return fail(L, "database:first", d, err)
	}
	if len(r.rows) == 0 {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(rowTable(L, r.columns, r.rows[0]))
	return 1
}

func (m *module) value(L *lua.LState) int {
	r, d, err := m.firstRow(L, "value")
	if err != nil {
		return fail(L, "database:value", d, err)
	}
	if len(r.rows) == 0 || len(r.columns) == 0 {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(r.rows[0][0])
	return 1
}

// firstRow runs the statement of the arguments and returns its first row.
func (m *module) firstRow(L *lua.LState, method string) (r *result, d *database, err error) {
	d, sql, first := m.check(L, method)
	p := checkParameters(L, first)
	_, err = m.read(L, d, sql, func(_ context.Context, c *connection) (err error) {
		r, err = c.query(sql, p, 1, true)
		return err
	})
	return r, d, err
}

func (m *module) exec(L *lua.LState) int {
	d, sql, first := m.check(L, "exec")
	p := checkParameters(L, first)
	var r *result
	err := m.do(L, d, statement, func(_ context.Context, c *connection) (err error) {
		r, err = c.exec(sql, p)
		return err
	})
	if err != nil {
		return fail(L, "database:exec", d, err)
	}
	L.Push(lua.LNumber(r.changes))
	L.Push(luaInteger(r.lastID))
	return 2
}

func (m *module) prepare(L *lua.LState) int {
	d := m.checkDatabase(L, "prepare")
	L.Push(&lua.LUserData{Value: prepared{d, L.CheckString(1)}, Env: L.Env, Metatable: m.statement})
	return 1
}

func (m *module) tables(L *lua.LState) int {
	d := m.checkDatabase(L, "tables")
	m.checkUse(L, "tables", d)
	var r *result
	err := m.do(L, d, statement, func(_ context.Context, c *connection) (err error) {
		const sql = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`
		r, err = c.query(sql, parameters{}, d.settings.maxRows, false)
		return err
	})
	if err != nil {
		return fail(L, "database:tables", d, err)
	}
	t := L.CreateTable(len(r.rows), 0)
	t.Metatable = value.ArrayMetatable(L)
	for _, row := range r.rows {
		t.Append(row[0])
	}
	L.Push(t)
	return 1
}

// close waits until the running statement has ended, so that the file can be used by others.
func (m *module) close(L *lua.LState) int {
	d := m.checkDatabase(L, "close")
	if d.transactions[m.rt.RunningTask()] != nil {
		L.RaiseError("database:close: not in a transaction")
	}
	if !d.closed && m.closeDatabase(d) {
		m.rt.Await(L, func(done func(any)) func() {
			go func() { <-d.connections.ended; done(nil) }()
			return nil
		})
	}
	return 0
}

// closeDatabase closes d without waiting. It reports whether the connections are being closed too:
// no other generation of the script uses them.
func (m *module) closeDatabase(d *database) (last bool) {
	d.closed = true
	m.open--
	if d.connections != nil {
		d.release()
		last = d.connections.leave()
	}
	if d.lease == nil {
		go d.connections.Close(context.Background())
	} else {
		d.lease.Release()
	}
	return last
}

// bytesPerValue is how many bytes of work a value of a row counts as for luastd.Progress.
const bytesPerValue = 32

// rowsTable returns a list of the rows of r. Its field columns is in the metatable, so that the
// list can be written as JSON.
func (m *module) rowsTable(L *lua.LState, r *result) *lua.LTable {
	columns := L.CreateTable(len(r.columns), 0)
	columns.Metatable = value.ArrayMetatable(L)
	for _, name := range r.columns {
		columns.Append(lua.LString(name))
	}
	index := L.CreateTable(0, 1)
	index.RawSetString("columns", columns)
	meta := L.CreateTable(0, 2)
	meta.RawSetString("__jsontype", lua.LString("array"))
	meta.RawSetString("__index", index)

	t := L.CreateTable(len(r.rows), 0)
	t.Metatable = meta
	progress := luastd.NewProgress(m.rt, L)
	for _, row := range r.rows {
		t.Append(rowTable(L, r.columns, row))
		progress.Add(bytesPerValue * len(row))
	}
	return t
}

func rowTable(L *lua.LState, columns []string, values row) *lua.LTable {
	t := L.CreateTable(0, len(columns))
	for i, name := range columns {
		t.RawSetString(name, values[i])
	}
	return t
}
