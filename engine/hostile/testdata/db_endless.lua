-- Statements that run for ever: recursion, products of tables, triggers and views.
--> result ^\["timeout","timeout","timeout","timeout","timeout","timeout","timeout"\]$
local d = db.open("m", { mode = "memory", query_timeout = 1 })
register_tool("attack", function()
  d:exec("CREATE TABLE n (i); CREATE TABLE m (i)")
  d:exec("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 1000) INSERT INTO n SELECT i FROM c")
  local codes = {}
  for i, sql in ipairs {
    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT 1 FROM c) SELECT count(*) FROM c",
    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT 1 FROM c) SELECT 1 FROM c WHERE i > 1",
    "SELECT sum(a.i * b.i * c.i * e.i) FROM n a, n b, n c, n e",
    "SELECT count(*) FROM n a, n b, n c, n e WHERE a.i + b.i + c.i + e.i = -1",
    "SELECT count(*) FROM json_each('[' || substr(replace(hex(zeroblob(100000)), '0', ',1'), 2) || ']') a, json_each('[' || substr(replace(hex(zeroblob(100000)), '0', ',1'), 2) || ']') b",
    "SELECT sum(length(hex(randomblob(1000000)))) FROM n, n b",
    "SELECT max(printf('%.*c', 1000000, 'x')) FROM n, n b",
  } do
    codes[i] = select(3, d:value(sql)) or sql
  end
  return codes
end)
