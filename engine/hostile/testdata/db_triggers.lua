-- Triggers that call each other, and views that use each other.
--> result ^0$
local d = db.open("x", { query_timeout = 1 })
register_tool("attack", function()
  d:exec("PRAGMA recursive_triggers = 1")
  d:exec("CREATE TABLE t (i); CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO t VALUES (new.i + 1); END")
  d:exec("CREATE TABLE u (i); CREATE TRIGGER s AFTER INSERT ON u BEGIN INSERT INTO u SELECT i FROM u; INSERT INTO u SELECT i FROM u; END")
  local why = { select(2, pcall(d.exec, d, "INSERT INTO t VALUES (1)")), select(2, pcall(d.exec, d, "INSERT INTO u VALUES (1)")) }
  for i = 1, 30 do d:exec(("CREATE VIEW v%d AS SELECT a.i FROM %s a, %s b"):format(i, i == 1 and "t" or "v" .. i - 1, i == 1 and "t" or "v" .. i - 1)) end
  pcall(d.value, d, "SELECT count(*) FROM v30")
  pcall(d.exec, d, "CREATE VIEW w AS SELECT * FROM w")
  pcall(d.query, d, "SELECT * FROM w")
  return d:value("SELECT (SELECT count(*) FROM t) + (SELECT count(*) FROM u)")
end)
