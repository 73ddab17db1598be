package db

import (
	"context"
	"os"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/files"
	"moonlark/luastd/sqlite"
	"moonlark/luastd/value"
)

// transaction is the Lua function database:transaction.
func (m *module) transaction(L *lua.LState) int {
	d := m.checkDatabase(L, "transaction")
	fn := L.CheckFunction(1)
	m.checkUse(L, "transaction", d)
	var results []lua.LValue
	err := m.within(L, d, func() (keep bool, err error) {
		results, err = m.rt.Try([]lua.LValue{fn})
		return !isFailure(results), err
	})
	value.RaiseAgain(L, err)
	if err != nil {
		return fail(L, "database:transaction", d, err)
	}
	for _, v := range results {
		L.Push(v)
	}
	return len(results)
}

// isFailure reports whether the results of a function say that it has failed: nil and a reason.
func isFailure(results []lua.LValue) bool {
	return len(results) >= 2 && results[0] == lua.LNil && results[1] != lua.LNil
}

// within calls body in a transaction of the running task. Its changes are taken back unless body
// returns true and no error.
func (m *module) within(L *lua.LState, d *database, body func() (keep bool, err error)) error {
	task := m.rt.RunningTask()
	if t := d.transactions[task]; t != nil {
		return m.withinNested(L, d, t, body)
	}
	t := &transaction{requests: sqlite.NewQueue[*request](), aborted: make(chan struct{})}
	defer close(t.aborted) // has no effect after a commit
	trusted := func(sql string) func(context.Context, *connection) error {
		return func(_ context.Context, c *connection) error { return c.execTrusted(sql) }
	}
	if err := m.wait(L, target{lane: d.connections.writer}, &request{kind: begin, t: t, do: trusted("BEGIN IMMEDIATE")}); err != nil {
		return err
	}
	d.transactions[task] = t
	defer delete(d.transactions, task)
	keep, err := body()
	if err != nil {
		return err
	}
	if !keep {
		return m.do(L, d, end, trusted("ROLLBACK"))
	}
	return m.do(L, d, end, trusted("COMMIT"))
}

// withinNested calls body in a savepoint of the transaction t.
func (m *module) withinNested(L *lua.LState, d *database, t *transaction, body func() (keep bool, err error)) error {
	t.depth++
	defer func() { t.depth-- }()
	name := "nested" + strconv.Itoa(t.depth)
	trusted := func(sql string) func(context.Context, *connection) error {
		return func(_ context.Context, c *connection) error { return c.execTrusted(sql + " " + name) }
	}
	if err := m.do(L, d, statement, trusted("SAVEPOINT")); err != nil {
		return err
	}
	kept := false
	defer func() {
		if !kept {
			t.requests.Put(&request{ctx: context.Background(), do: trusted("ROLLBACK TO " + name + "; RELEASE"), done: func(error) {}})
		}
	}()
	keep, err := body()
	if err != nil || !keep {
		return err
	}
	kept = true
	return m.do(L, d, statement, trusted("RELEASE"))
}

// backup is the Lua function database:backup.
func (m *module) backup(L *lua.LState) int {
	d := m.checkDatabase(L, "backup")
	name := L.CheckString(1)
	m.checkUse(L, "backup", d)
	if d.transactions[m.rt.RunningTask()] != nil {
		L.RaiseError("database:backup: not in a transaction")
	}
	broker := m.rt.Permit()
	err := m.do(L, d, statement, func(ctx context.Context, c *connection) error {
		place, err := broker.Resolve(name, true)
		if err != nil {
			return err
		}
		size, _, err := c.Size()
		if err != nil {
			return err
		}
		if err := place.Reserve(files.SizeOf(place), size); err != nil {
			return err
		}
		path, err := place.RealPath(os.O_RDWR | os.O_CREATE)
		if err != nil {
			return err
		}
		return c.Trusted(func() error { return copyTo(ctx, c.Connection, path) })
	})
	if err != nil {
		return fail(L, "database:backup", d, err)
	}
	return value.PushResult(L, nil)
}

// pagesPerStep is how many pages copyTo copies before it looks whether it has been cancelled.
const pagesPerStep = 200

// copyTo copies the database to the file with this path.
func copyTo(ctx context.Context, c *sqlite.Connection, path string) error {
	b, err := c.BackupInit("main", path)
	if err != nil {
		return err
	}
	defer b.Close()
	for {
		done, err := b.Step(pagesPerStep)
		if done || err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
