// Package db is the Lua module "db": databases of SQLite.
//
//	db.open(name [, options])         -> database; or nil, reason, code
//	    mode = "rwc"                  "rwc" creates the file, "rw" does not, "ro" only reads, "memory" has
//	                                  no file
//	    busy_timeout = 5              how many seconds a statement waits for another program
//	    query_timeout = 30            how many seconds a statement may run
//	    foreign_keys = true           enforces foreign keys
//	    migrations                    a list of SQL texts, each of which is run once in the life of the file
//	    max_rows = 10000              maximal number of rows that query returns
//	database:query(sql, ...)          -> a list of rows, tables by column; rows.columns are their names
//	database:first(sql, ...)          -> the first row; nil if there is none
//	database:value(sql, ...)          -> the first column of the first row
//	database:rows(sql, ...)           -> an iterator over the rows, which are read up to 256 at once
//	database:exec(sql, ...)           -> the number of changed rows, and the id of the last row inserted
//	database:transaction(fn)          -> what fn returns; an error, or a result nil, reason, takes back
//	                                     its changes
//	database:prepare(sql)             -> statement: the methods of a database that take sql, without sql
//	database:backup(path)             -> true
//	database:tables()                 -> a list of the names of the tables
//	database:close()                     waits for the running statement; may be called again
//	db.blob(bytes)  db.int(digits)    -> a value for a parameter: a blob, an integer of 64 bits
//	db.null                           is json.null
//
// The functions that use the file return nil, a reason and a code if that fails: "constraint",
// "busy", "full", "readonly", "corrupt", "io", "timeout", "too_large", "not_found", "denied" or
// "closed". Mistakes in the SQL raise an error. A name without "/" is a file in the script's data
// folder; a path needs the permission to read or write it.
//
// A database has a connection for all statements that change something, and up to three connections
// that only read, so that reading does not wait for a transaction of another task: see connections.
// Each connection has a goroutine, which runs one statement after the other: see lane. A script has
// at most 8 databases. A statement has at most 1 MiB, a value 16 MiB, a result 16 MiB, and 1000
// parameters; a connection uses at most 64 MiB of memory (24 MiB on 32-bit machines). A transaction
// takes at most 10 s. At most 100 migrations run.
package db

import (
	_ "embed"
	"strconv"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/activity"
	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/files"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "db".
var Module = luastd.Module{
	Name: "db", Open: open, Doc: doc, Manual: manual,
	Needs: []permit.Kind{permit.Read, permit.Write}, Need: need, Tab: &tab,
}

// tab shows the statements of the scripts, and what is in their databases.
var tab = activity.Tab{
	ID: "db", Title: "Databases", About: "No script has used a database yet.", HasContents: true,
	Columns: []activity.Column{{Name: "database"}, {Name: "function"}, {Name: "sql"}},
}

const (
	maxDatabases  = 8
	maxMigrations = 100
	maxTimeout    = 10 * time.Minute // maximal value of the options busy_timeout and query_timeout
)

// A module has the databases of one generation of a script. It belongs to the executor's goroutine.
type module struct {
	rt        luastd.Runtime
	runner    *files.Runner
	open      int         // number of open databases
	database  *lua.LTable // metatable of databases
	statement *lua.LTable // metatable of prepared statements
	blob      *lua.LTable // metatable of blobs
	integer   *lua.LTable // metatable of integers of 64 bits
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt, runner: files.NewRunner(rt)}
	m.database = value.HandleMetatable[*database](L, "database", map[string]lua.LGFunction{
		"query": m.query, "first": m.first, "value": m.value, "rows": m.rows, "exec": m.exec, "transaction": m.transaction,
		"prepare": m.prepare, "backup": m.backup, "tables": m.tables, "close": m.close,
	}, nil)
	m.statement = value.HandleMetatable[prepared](L, "statement", map[string]lua.LGFunction{
		"query": m.query, "first": m.first, "value": m.value, "rows": m.rows, "exec": m.exec,
	}, nil)
	m.blob = value.HandleMetatable[blob](L, "blob", nil, nil)
	m.integer = value.HandleMetatable[integer](L, "integer", nil, nil)
	t := L.CreateTable(0, 4)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"open": m.openDatabase, "blob": m.newBlob, "int": m.newInt})
	t.RawSetString("null", value.Null(L))
	return t
}

// need says which permission db.open(argument) lacks: see luastd.Module.Need.
func need(b *permit.Broker, function, argument string, known bool) error {
	if function != "open" || !known {
		return nil // most are files in the data folder, which need no permission
	}
	return b.CheckFile(argument, true)
}

// A blob is a value that is written as a BLOB.
type blob string

func (b blob) String() string { return "blob of " + strconv.Itoa(len(b)) + " bytes" }

// An integer is a value of 64 bits.
type integer int64

func (i integer) String() string { return strconv.FormatInt(int64(i), 10) }

func (m *module) newBlob(L *lua.LState) int {
	L.Push(&lua.LUserData{Value: blob(L.CheckString(1)), Env: L.Env, Metatable: m.blob})
	return 1
}

func (m *module) newInt(L *lua.LState) int {
	n, err := strconv.ParseInt(L.CheckString(1), 10, 64)
	if err != nil {
		L.ArgError(1, value.Quote(L.CheckString(1))+" is not a whole number of 64 bits")
	}
	L.Push(&lua.LUserData{Value: integer(n), Env: L.Env, Metatable: m.integer})
	return 1
}

// settings are the options of db.open.
type settings struct {
	mode                      string
	busyTimeout, queryTimeout time.Duration
	foreignKeys               bool
	maxRows                   int
	migrations                []string
}

func checkSettings(L *lua.LState) settings {
	o := value.CheckOptions(L, 2, "mode", "busy_timeout", "query_timeout", "foreign_keys", "migrations", "max_rows")
	s := settings{
		mode:         o.Choice("mode", "rwc", "rw", "ro", "memory"),
		busyTimeout:  o.Timeout("busy_timeout", 5*time.Second, maxTimeout),
		queryTimeout: o.Timeout("query_timeout", 30*time.Second, maxTimeout),
		foreignKeys:  o.Bool("foreign_keys", true),
		maxRows:      o.Int("max_rows", 10_000, 1, 1_000_000),
	}
	if list := o.Get("migrations"); list != lua.LNil {
		var err error
		if s.migrations, err = value.StringList(L.CheckTable(2), "migrations"); err != nil {
			L.ArgError(2, err.Error())
		}
	}
	if len(s.migrations) > maxMigrations {
		L.ArgError(2, "migrations has more than "+strconv.Itoa(maxMigrations)+" texts")
	}
	if len(s.migrations) > 0 && s.mode == "ro" {
		L.ArgError(2, `migrations cannot run with mode "ro"`)
	}
	return s
}
