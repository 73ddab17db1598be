// Package store is the Lua module "store". It keeps values by key in a file, so that they are still
// there after the program or the machine has been started again.
//
//	store.get(key [, default])            -> the value, or default if there is none
//	store.set(key, value [, options])     -> true; nil deletes the key
//	store.add(key, value [, options])     -> true; false if the key is there already
//	store.delete(key)                     -> true; false if there was no such key
//	store.incr(key [, by [, options]])    -> the number of the key after adding by; default: 1
//	    init = 0                          the number of a key that is not there
//	store.ttl(key)                        -> in how many seconds the key expires; nil: never
//	store.keys([prefix [, options]])      -> a list of the keys that begin with prefix, sorted by bytes
//	store.list([prefix [, options]])      -> the same, as a list of {key = , value = }
//	    limit = 1000                      maximal length of the list, up to 10,000
//	    after                             only keys after this one
//	    reverse = false                   begins with the last key
//	store.update(key, fn [, options])     -> the new value, which is fn(old value)
//	store.transaction(fn)                 -> what fn returns; an error in fn takes back its changes
//	store.watch(prefix, fn)               -> handle; calls fn(key, value) after each change
//	handle:close()                           ends the watch
//	store.clear([prefix])                 -> the number of keys that were deleted
//	store.open(name [, options])          -> another store, with the same functions
//	    shared = false                    true opens the store of this name that all scripts share
//
// The options of functions that change a key are
//
//	ttl = seconds                         the key expires after this time
//	lazy = false                          true writes the change to the disk within 5 seconds
//
// Values are converted by the rules of json.encode. Each change is on the disk when the function
// returns, unless it is lazy. If that is not possible, the functions return nil, a reason and a
// code: "full", "busy" (another program has used the file for 5 s), "io", "corrupt", "readonly",
// "denied", "too_large", "timeout" or "closed".
//
// The stores that are shared are in a folder of their own. A script shares nothing unless it asks
// for it. Whatever has been granted stays with the script: it gets only values from the others.
//
// A key is UTF-8 and has 1 to 512 bytes. A value has at most 1 MiB as JSON, and a store 64 MiB and
// 100,000 keys. A script has at most 16 stores and 100 watches. The result of list has at most 16
// MiB. A transaction takes at most 10 s. A watch keeps up to 256 changes for a slow function.
//
// The file is store.db in the script's data folder, a database of SQLite with the table kv. One
// goroutine uses the connection: see database. It lives on for two seconds when the script is
// replaced, so that the next generation finds the file open.
package store

import (
	"context"
	_ "embed"
	"errors"
	"path/filepath"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/activity"
	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/sqlite"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "store".
var Module = luastd.Module{Name: "store", Open: opener(time.Now), Doc: doc, Manual: manual, Tab: &tab}

// tab shows the calls of the functions, and what is in the stores. Lazy changes are there when they have
// been written.
var tab = activity.Tab{
	ID: "store", Title: "Stores", About: "No script has used a store yet.", HasContents: true,
	Columns: []activity.Column{{Name: "store"}, {Name: "function"}, {Name: "key"}},
}

const (
	maxStores  = 16
	maxWatches = 100
	maxName    = 64 // maximal length of the name of a store
)

// A module has the stores of one generation of a script.
type module struct {
	rt      luastd.Runtime
	now     func() time.Time
	stores  map[storeKey]*store
	watches int // number of open watches
}

// A storeKey says which store of a module a store is.
type storeKey struct {
	file   string // name of the file
	shared bool
}

// opener returns the function Open of the module. now is the clock for the expiry of keys.
func opener(now func() time.Time) func(*lua.LState, luastd.Runtime) lua.LValue {
	return func(L *lua.LState, rt luastd.Runtime) lua.LValue {
		m := &module{rt: rt, now: now, stores: map[storeKey]*store{}}
		if rt.Fakes() != nil {
			m.now = rt.Now // the clock of the test
		}
		s := m.newStore(storeKey{file: "store.db"})
		t := s.table(L)
		t.RawSetString("open", L.NewFunction(m.open))
		return t
	}
}

// isStoreName reports whether a store can have this name.
func isStoreName(name string) bool {
	for _, c := range []byte(name) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && !('0' <= c && c <= '9') && c != '_' && c != '-' {
			return false
		}
	}
	return 0 < len(name) && len(name) <= maxName
}

func (m *module) open(L *lua.LState) int {
	name := L.CheckString(1)
	shared := value.CheckOptions(L, 2, "shared").Bool("shared", false)
	if !isStoreName(name) {
		L.ArgError(1, "the name of a store has 1 to 64 letters, digits, _ or -, got "+value.Quote(name))
	}
	key := storeKey{"store-" + name + ".db", shared}
	s := m.stores[key]
	if s == nil {
		if len(m.stores) >= maxStores {
			L.RaiseError("store.open: the script has %d stores, which is the maximum", maxStores)
		}
		s = m.newStore(key)
	}
	L.Push(s.table(L))
	return 1
}

// newStore adds a store to the module.
func (m *module) newStore(key storeKey) *store {
	s := &store{module: m, storeKey: key, transactions: map[any]*transaction{}}
	m.stores[key] = s
	return s
}

// A store is one store of a generation of a script. It belongs to the executor's goroutine.
type store struct {
	*module
	storeKey // the file is in the data folder of the script, or in the one that all scripts share

	db      *database // nil before the first use
	resolve resolver  // set together with db
	// transactions are the transactions that tasks have begun, by task.
	transactions map[any]*transaction
}

// table returns a table with the functions of s. They can be called with a dot or a colon.
func (s *store) table(L *lua.LState) *lua.LTable {
	t := L.CreateTable(0, 14)
	for name, fn := range map[string]lua.LGFunction{
		"get": s.get, "set": s.set, "add": s.add, "delete": s.delete, "incr": s.incr, "ttl": s.ttl,
		"keys": s.keys, "list": s.list, "update": s.update, "transaction": s.transaction,
		"watch": s.watch, "clear": s.clear,
	} {
		t.RawSetString(name, L.NewFunction(func(L *lua.LState) int {
			if L.Get(1) == t {
				L.Remove(1)
			}
			s.record(L, name)
			s.rt.ShowActivity(&tab, func() []any {
				key, _ := L.Get(1).(lua.LString)
				return []any{s.name(), name, string(key)}
			})
			return fn(L)
		}))
	}
	return t
}

// name returns the name of s for people.
func (s *store) name() string {
	name := strings.TrimPrefix(strings.TrimSuffix(s.file, ".db"), "store-")
	if s.shared {
		name += " (shared)"
	}
	return name
}

// use makes s ready for a request of the running task. function is the name of the Lua function,
// and change says whether it changes the store.
func (s *store) use(L *lua.LState, function string, change bool) {
	if change {
		luastd.CheckLoaded(L, s.rt, "store."+function)
	}
	if s.db != nil {
		return
	}
	broker := s.rt.Permit()
	folder, resolve := broker.DataPath(), broker.Resolve
	if s.shared {
		folder, resolve = broker.SharedPath(), broker.ResolveShared
	}
	if folder == "" {
		_, err := resolve(s.file, change)
		L.RaiseError("store.%s: %s", function, err)
	}
	path, file := filepath.Join(folder, s.file), s.file
	db := databases.use(path, s.now)
	db.setLog(s.rt.Log)
	s.db, s.resolve = db, func(change bool) (permit.Place, error) { return resolve(file, change) }
	s.rt.Own(func() { databases.leave(path, db) })
	s.rt.ShowContents(activity.Contents{Tab: &tab, Name: s.name(), Read: func(ctx context.Context, table string, offset int) (activity.Page, error) {
		return sqlite.Browse(ctx, func() (permit.Place, error) { return resolve(file, false) }, table, offset)
	}})
}

// do lets the goroutine of the database handle a request, as part of the transaction of the running
// task if it has one, and waits until that is done.
func (s *store) do(L *lua.LState, k kind, do func(*connection) error) error {
	t := s.current()
	err := s.wait(L, &request{resolve: s.resolve, kind: k, do: do}, t)
	if t != nil && t.late.Load() && errors.Is(err, errEnded) {
		return errLate
	}
	return err
}

// current returns the transaction of the running task, or nil.
func (s *store) current() *transaction {
	if len(s.transactions) == 0 {
		return nil
	}
	return s.transactions[s.rt.RunningTask()]
}

// wait puts r into the queue of the transaction t, or of the database if t is nil, and waits for
// its result.
func (s *store) wait(L *lua.LState, r *request, t *transaction) error {
	requests := s.db.requests
	if t != nil {
		requests = t.requests
	}
	err, _ := s.rt.Await(L, func(done func(any)) func() {
		r.done = func(err error) { done(err) }
		requests.Put(r)
		return func() { r.abandoned.Store(true) }
	}).(error)
	return err
}
