-- A loop gets one row after the other, and reads them in blocks.
local a = db.open("rows.db", {migrations = {[[
  CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO t SELECT i, 'name' || i FROM n]]}})
local m = db.open("m", {mode = "memory"})
m:exec([[CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO t SELECT i, 'name' || i FROM n]])

local function sum(rows)
  local n, count = 0, 0
  for row in rows do n, count = n + row.id, count + 1 end
  return n, count
end
sum(a:rows("SELECT id FROM t"))                     --> 45150, 300
sum(m:rows("SELECT id FROM t"))                     --> 45150, 300
sum(a:rows("SELECT id FROM t WHERE id < ?", 11))    --> 55, 10
sum(a:rows("SELECT id FROM t WHERE id > :n", {n = 298}))  --> 599, 2
sum(a:rows("SELECT id FROM t LIMIT 256"))           --> 32896, 256
sum(a:rows("SELECT id FROM t LIMIT 257"))           --> 33153, 257
sum(a:rows("SELECT id FROM t WHERE id > ?", 300))  --> 0, 0
a:rows("SELECT name, NULL AS none FROM t")().name   --> name1
a:rows("SELECT name, NULL AS none FROM t")().none   --> nil

-- An iterator that has ended stays at the end.
local one = a:rows("SELECT 1 AS x")
one().x, one(), one()                               --> 1, nil, nil

-- A loop gets the rows as they were when it began, whatever its body does.
local function double(d)
  local seen = 0
  for row in d:rows("SELECT id FROM t ORDER BY id") do
    seen = seen + 1
    d:exec("UPDATE t SET id = id + 1000 WHERE id = ?", row.id)
  end
  return seen, d:value("SELECT min(id) || ' ' || max(id) FROM t")
end
double(a)                                           --> 300, 1001 1300
double(m)                                           --> 300, 1001 1300
a:transaction(function() return double(a) end)      --> 300, 2001 2300
m:transaction(function() return double(m) end)      --> 300, 2001 2300

-- Loops can be nested, and left early.
local function nested(d)
  local n = 0
  for x in d:rows("SELECT id FROM t LIMIT 300") do
    for y in d:rows("SELECT id FROM t LIMIT 300") do
      for z in d:rows("SELECT id FROM t LIMIT 300") do n = n + 1 if n % 10 == 0 then break end end
      if n % 7 == 0 then break end
    end
  end
  return n > 300
end
nested(a)                                           --> true
nested(m)                                           --> true

-- An iterator does not outlive its transaction.
local kept
a:transaction(function() kept = a:rows("SELECT id FROM t") return kept().id end)  --> 2001
(function() for i = 2, 256 do kept() end return kept() end)()  --> database:rows: closed: the transaction has ended
kept()                                              --> nil

-- Failures raise an error.
a:rows("SELEC")                                     --> database:rows: near "SELEC": syntax error
a:rows("SELECT ?")                                  --> database:rows: number of parameters in the statement: 1, number of values given: 0
a:rows("DELETE FROM t")                             --> database:rows: the statement changes the database: use query or exec
a:rows("WITH x AS (SELECT 1) DELETE FROM t")        --> database:rows: the statement changes the database: use query or exec
a:rows("INSERT INTO t VALUES (1, 2) RETURNING id")  --> database:rows: the statement changes the database: use query or exec
a:value("SELECT count(*) FROM t")                   --> 300
a.rows("SELECT 1")                                  --> rows: use a colon: database:rows(...)
a:prepare("SELECT ? AS x"):rows(7)().x              --> 7
