local m = db.open("m", {mode = "memory"})

-- Options
db.open("m", {modes = 1})              --> bad argument #2 to open (there is no field 'modes' (did you mean 'mode'?); its fields are mode, busy_timeout, query_timeout, foreign_keys, migrations, max_rows)
db.open("m", {mode = "r"})             --> bad argument #2 to open (mode must be one of rwc, rw, ro, memory, not "r")
db.open("m", {busy_timeout = 0})       --> bad argument #2 to open (busy_timeout must be at least 0.01 seconds, not 0)
db.open("m", {max_rows = 0})           --> bad argument #2 to open (max_rows must be a whole number from 1 to 1000000, not 0)
db.open("m", {migrations = {1}})       --> bad argument #2 to open (migrations[1] must be a string, not a number)
db.open("m", {mode = "ro", migrations = {"x"}})  --> bad argument #2 to open (migrations cannot run with mode "ro")
db.open("x/../../m")                   --> db.open: test.lua may not leave its data folder with the path x/../../m

-- Values
m:value("SELECT typeof(?)", nil)       --> null
m:value("SELECT typeof(?)", json.null) --> null
m:value("SELECT typeof(?)", db.null)   --> null
m:value("SELECT typeof(?) || ?", true, false)  --> integer0
m:value("SELECT typeof(?)", 2^53)      --> integer
m:value("SELECT typeof(?)", 2^54)      --> real
m:value("SELECT typeof(?)", 0.5)       --> real
m:value("SELECT typeof(?)", "1")       --> text
m:value("SELECT typeof(?)", db.blob(""))  --> blob
m:value("SELECT ?", 0/0)               --> bad argument #2 to value (a number that is not finite)
m:value("SELECT ?, ?", {}, 1)          --> bad argument #2 to value (a table cannot be a parameter)
m:value("SELECT ?", print)             --> bad argument #2 to value (a function cannot be a parameter)
#m:value("SELECT ?", "a\0b\255")       --> 4
#m:value("SELECT ?", db.blob("a\0b\255"))  --> 4
m:value("SELECT 9007199254740991") == 2^53 - 1  --> true
type(m:value("SELECT 9007199254740992")), m:value("SELECT -9223372036854775808")  --> string, -9223372036854775808
m:value("SELECT ?", db.int("9223372036854775807"))  --> 9223372036854775807
db.int("9223372036854775808")          --> bad argument #1 to int ("9223372036854775808" is not a whole number of 64 bits)
tostring(db.int("7")), tostring(db.blob("abc"))  --> 7, blob of 3 bytes

-- Parameters
m:value("SELECT ?2 || ?1", "a", "b")   --> ba
m:value("SELECT :a || $b || @c", {a = 1, b = 2, c = 3})  --> 123
m:value("SELECT ?", {a = 1})           --> database:value: the statement has parameters without a name: give their values one by one, not in a table
m:value("SELECT ?", {1})               --> bad argument #2 to value (a table has the values of parameters with names; give the others one by one)
m:value("SELECT ?")                    --> database:value: number of parameters in the statement: 1, number of values given: 0
m:value("SELECT 1", 2)                 --> database:value: number of parameters in the statement: 0, number of values given: 1

local function many(n)
  local list, named, sql = {}, {}, {}
  for i = 1, n do list[i], named["p" .. i], sql[i] = i, i, ":p" .. i end
  return list, named, "SELECT " .. ("?, "):rep(n - 1) .. "?", "SELECT " .. table.concat(sql, ", ")
end
local list, named, marks, names = many(1000)
m:value(marks, unpack(list)), #m:query(marks, unpack(list)).columns  --> 1, 1000
m:first(names, named)[":p1000"]        --> 1000
list, named, marks, names = many(1001)
m:value(marks, unpack(list))           --> bad argument #1002 to value (a statement has at most 1000 parameters)
m:value(names, named)                  --> bad argument #2 to value (a statement has at most 1000 parameters)

-- Migrations
local texts = {"CREATE TABLE t (x)"}
for i = 2, 100 do texts[i] = "INSERT INTO t VALUES (" .. i .. ")" end
db.open("m", {mode = "memory", migrations = texts}):value("SELECT count(*) || ' ' || max(x) FROM t")  --> 99 100
texts[101] = ""
db.open("m", {mode = "memory", migrations = texts})  --> bad argument #2 to open (migrations has more than 100 texts)

-- Statements
m:query("")                            --> database:query: there is no statement in the SQL text
m:query("SELECT 1; SELECT 2")          --> database:query: several statements: only exec without parameters takes them
m:query("SELECT 1; -- end").columns[1] --> 1
m:query("SELECT * FROM none")          --> database:query: no such table: none
m:query('SELECT "none"')               --> database:query: no such column: "none" - should this be a string literal in single-quotes?
m:query((" "):rep(2^20 + 1))           --> bad argument #1 to query (the SQL text has more than 1048576 bytes)
m.query("SELECT 1")                    --> query: use a colon: database:query(...)
m:exec("CREATE TABLE t (x UNIQUE); INSERT INTO t VALUES (1); INSERT INTO t VALUES (1)")  --> nil, constraint: UNIQUE constraint failed: t.x, constraint
#m:tables()                            --> 0
m:exec("SELECT 1; SELECT ?")           --> database:exec: number of parameters in the statement: 1, number of values given: 0
m:exec("SELECT 1; SELEC")              --> database:exec: near "SELEC": syntax error
m:exec("-- nothing")                   --> 0, 1

-- A statement that is nested too deeply does no harm.
local deep = db.open("deep", {mode = "memory", migrations = {"CREATE TABLE t (x)"}})
deep:value("SELECT 1" .. (" + 1"):rep(240))  --> 241
deep:value("SELECT 1" .. (" + 1"):rep(900))  --> database:value: Expression tree is too large (maximum depth 250)
pcall(deep.value, deep, ("SELECT * FROM ("):rep(300) .. "SELECT 1" .. (")"):rep(300))  --> false, database:value: Recursion limit
pcall(deep.value, deep, "SELECT " .. ("abs("):rep(900) .. "1" .. (")"):rep(900))  --> false, database:value: Recursion limit
deep:tables()[1]                       --> t

-- What a statement may not do
m:exec("ATTACH 'x.db' AS x")           --> database:exec: not allowed: ATTACH, DETACH and VACUUM
m:exec("VACUUM INTO 'x.db'")           --> database:exec: not allowed: ATTACH, DETACH and VACUUM
m:exec("BEGIN")                        --> database:exec: not allowed: BEGIN, COMMIT, ROLLBACK and SAVEPOINT; use database:transaction
m:exec("SAVEPOINT a")                  --> database:exec: not allowed: BEGIN, COMMIT, ROLLBACK and SAVEPOINT; use database:transaction
m:exec("PRAGMA writable_schema = 1")   --> database:exec: not allowed: PRAGMA writable_schema
m:exec("PRAGMA journal_mode = off")    --> database:exec: not allowed: PRAGMA journal_mode
m:exec("PRAGMA temp_store_directory = '/tmp'")  --> database:exec: not allowed: PRAGMA temp_store_directory
m:value("PRAGMA hard_heap_limit = 0")  --> database:value: not allowed: PRAGMA hard_heap_limit
m:value("SELECT load_extension('x')")  --> database:value: no such function: load_extension
m:exec("CREATE TABLE t (x); UPDATE sqlite_schema SET name = 'x'")  --> database:exec: table sqlite_master may not be modified
m:value("PRAGMA journal_mode"), m:value("PRAGMA foreign_keys")  --> memory, 1

-- Results
local few = db.open("few", {mode = "memory", max_rows = 2})
few:query("VALUES (1), (2), (3)")      --> nil, too_large: the result has more than 2 rows: use LIMIT, or set max_rows, too_large
#few:query("VALUES (1), (2)")          --> 2
few:query("VALUES (zeroblob(10000000)), (zeroblob(10000000))")  --> nil, too_large: the result has more than 16 MiB, too_large
few:value("SELECT zeroblob(16777217)") --> nil, too_large: a value or a row has more than 16 MiB, too_large
#few:value("SELECT zeroblob(16777216 - 100)")  --> 16777116
few:transaction(function() few:close() end)  --> database:close: not in a transaction
few:transaction(function() few:backup("x.db") end)  --> database:backup: not in a transaction
