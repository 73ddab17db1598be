package store

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/sqlite"
	"moonlark/luastd/value"
)

// maxTransaction is how long a transaction may take, because the changes of all other tasks wait
// for its end.
const maxTransaction = 10 * time.Second

// A transaction is a group of changes of one task. The goroutine of the database handles only the
// requests of the transaction until it ends.
type transaction struct {
	requests *queue
	timeout  time.Duration
	aborted  chan struct{} // closed when the task has ended without a commit
	late     atomic.Bool   // the transaction has been taken back because of its timeout
}

// errLate is the error of a transaction that takes too long.
var errLate = fmt.Errorf("the transaction took longer than %v and was taken back", maxTransaction)

// transact handles r, which begins a transaction, and then all requests of the transaction.
func (d *database) transact(r *request) {
	if a := d.answer(r); a.err != nil {
		r.transaction.requests.Refuse(a.err)
		d.finish([]answer{a})
		return
	}
	r.done(nil)
	d.serve(r.transaction)
}

// serve handles the requests of a transaction until it ends.
func (d *database) serve(t *transaction) {
	defer t.requests.Refuse(errEnded)
	timeout := time.NewTimer(t.timeout)
	defer timeout.Stop()
	for {
		select {
		case <-t.requests.Wake:
		case <-t.aborted:
			d.connection.rollback()
			return
		case <-timeout.C:
			t.late.Store(true)
			d.connection.rollback()
			return
		}
		queue, _ := t.requests.TakeAll()
		for _, r := range queue {
			if r.kind == end {
				d.finish([]answer{{request: r}})
				return
			}
			r.done(d.connection.sqlite.Do(context.Background(), func() error {
				if r.kind == nested {
					return r.do(d.connection)
				}
				return d.connection.attempt(r.do)
			}))
		}
		if d.connection.sqlite.Broken {
			d.connection.rollback()
			d.disconnect()
			return
		}
	}
}

// transaction is the Lua function store.transaction.
func (s *store) transaction(L *lua.LState) int {
	fn := L.CheckFunction(1)
	s.use(L, "transaction", true)
	var results []lua.LValue
	err := s.within(L, func() (err error) {
		results, err = s.rt.Try([]lua.LValue{fn})
		return err
	})
	value.RaiseAgain(L, err)
	if err != nil {
		return fail(L, "transaction", err)
	}
	for _, v := range results {
		L.Push(v)
	}
	return len(results)
}

// update is the Lua function store.update.
func (s *store) update(L *lua.LState) int {
	key, fn := checkKey(L, 1), L.CheckFunction(2)
	o := value.CheckOptions(L, 3, "ttl", "lazy")
	expires := s.expires(o)
	s.kindOf(o) // checks the option lazy, which has no effect because fn must not be called twice
	s.use(L, "update", true)
	var text string
	err := s.within(L, func() (err error) {
		text, err = s.applyUpdate(L, key, fn, expires)
		return err
	})
	value.RaiseAgain(L, err)
	if err != nil {
		return fail(L, "update", err)
	}
	return push(L, text, lua.LNil)
}

// applyUpdate sets a key to what fn returns for the old value. It keeps the expiry of the key,
// unless expires is set.
func (s *store) applyUpdate(L *lua.LState, key string, fn *lua.LFunction, expires int64) (text string, err error) {
	var e entry
	if err := s.do(L, read, func(c *connection) (err error) { e, err = c.get(key); return err }); err != nil {
		return "", err
	}
	old := lua.LValue(lua.LNil)
	if e.text != "" {
		if old, err = value.ParseString(L, e.text); err != nil {
			return "", fmt.Errorf("%w: %w", errCorrupt, err)
		}
	}
	results, err := s.rt.Try([]lua.LValue{fn, old})
	if err != nil {
		return "", err
	}
	e.text = ""
	if len(results) > 0 && results[0] != lua.LNil {
		e.text = encode(L, 2, results[0])
	}
	if expires != 0 {
		e.expires = expires
	}
	return e.text, s.do(L, write, func(c *connection) error { return c.put(key, e) })
}

// within calls body in a transaction of the running task. If body returns an error or raises one,
// the changes of the transaction are taken back.
func (s *store) within(L *lua.LState, body func() error) error {
	if t := s.current(); t != nil {
		return s.withinNested(L, t, body)
	}
	t := &transaction{requests: sqlite.NewQueue[*request](), timeout: maxTransaction, aborted: make(chan struct{})}
	defer close(t.aborted) // has no effect after a commit
	none := func(*connection) error { return nil }
	if err := s.wait(L, &request{resolve: s.resolve, kind: begin, do: none, transaction: t}, nil); err != nil {
		return err
	}
	task := s.rt.RunningTask()
	s.transactions[task] = t
	defer delete(s.transactions, task)
	if err := body(); err != nil {
		return err
	}
	return s.do(L, end, none)
}

// withinNested calls body in a group of changes within the transaction t.
func (s *store) withinNested(L *lua.LState, t *transaction, body func() error) error {
	if err := s.do(L, nested, func(c *connection) error { return c.mark() }); err != nil {
		return err
	}
	keep := false
	defer func() {
		if !keep {
			t.requests.Put(&request{kind: nested, do: func(c *connection) error { return c.release(false) }, done: func(error) {}})
		}
	}()
	if err := body(); err != nil {
		return err
	}
	keep = true
	return s.do(L, nested, func(c *connection) error { return c.release(true) })
}
