-- A query gets the same result whether a connection for reading or the connection for writing runs it.
local a = db.open("readers.db", {migrations = {"CREATE TABLE t (id INTEGER PRIMARY KEY, x)"}})
a:exec("INSERT INTO t(x) VALUES (?)", "a")                    --> 1, 1
a:value("SELECT x FROM t")                                    --> a
a:value("SELECT last_insert_rowid()")                         --> 1
a:value("SELECT changes()")                                   --> 1
a:value("/* WITH */ -- SELECT\n SELECT total_changes() > 0")  --> 1
a:value("WITH n AS (SELECT 7 AS x) SELECT x FROM n")          --> 7
#a:query("WITH n AS (SELECT 7 AS x) INSERT INTO t(x) SELECT x FROM n RETURNING x")  --> 1
a:value("SELECT count(*) FROM t")                             --> 2
a:value("SELECT none FROM t")                                 --> database:value: no such column: none
a:value("SELECT 'A' LIKE 'a'")                                --> 1
a:exec("PRAGMA case_sensitive_like = 1")                      --> 0, 2
a:value("SELECT 'A' LIKE 'a'")                                --> 0

-- A temporary table can hide another table.
local b = db.open("readers.db")
b:value("SELECT count(*) FROM t")                             --> 2
b:exec("CREATE TEMP TABLE t (x)")                             --> 0, 0
b:value("SELECT count(*) FROM t")                             --> 0
b:value("SELECT count(*) FROM main.t")                        --> 2

-- A table that another connection has changed
b:query("SELECT * FROM main.t").columns[3]                    --> nil
a:query("SELECT * FROM t").columns[3]                         --> nil
a:exec("ALTER TABLE t ADD COLUMN y")                          --> 0, 2
b:query("SELECT * FROM main.t").columns[3]                    --> y
a:query("SELECT * FROM t").columns[3]                         --> y
