-- Values, results and expressions that grow without an end.
--> result ^25$
local d = db.open("m", { mode = "memory", query_timeout = 1 })
register_tool("attack", function()
  local n = 0
  local function must_fail(sql, ...)
    n = n + 1
    local ok, r, reason, code = pcall(d.query, d, sql, ...)
    if ok and r then error(sql:sub(1, 100)) end
  end
  must_fail("SELECT zeroblob(2000000000)")
  must_fail("SELECT randomblob(2000000000)")
  must_fail("SELECT hex(zeroblob(16000000))")
  must_fail("SELECT printf('%.*c', 2000000000, 'x')")
  must_fail("SELECT printf('%2000000000d', 1)")
  must_fail("SELECT printf('%.2000000000f', 1)")
  must_fail("SELECT replace(hex(zeroblob(1000000)), '0', hex(zeroblob(1000000)))")
  must_fail("WITH RECURSIVE c(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM c) SELECT s FROM c")
  must_fail("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT i FROM c")
  must_fail("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 1000000) SELECT group_concat(hex(zeroblob(1000))) FROM c")
  must_fail("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 1000000) SELECT json_group_array(hex(zeroblob(1000))) FROM c")
  must_fail("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 1000000) SELECT i, zeroblob(1000) FROM c ORDER BY random()")
  must_fail("SELECT " .. ("("):rep(100000) .. "1" .. (")"):rep(100000))
  must_fail("SELECT 1" .. (" + 1"):rep(100000))
  must_fail("SELECT " .. ("NOT "):rep(100000) .. "1")
  must_fail("SELECT " .. ("abs("):rep(10000) .. "1" .. (")"):rep(10000))
  must_fail("SELECT " .. ("(SELECT "):rep(10000) .. "1" .. (")"):rep(10000))
  must_fail("SELECT 1" .. (" UNION ALL SELECT 1"):rep(10000))
  must_fail("SELECT 1 FROM " .. ("(SELECT 1) JOIN "):rep(1000) .. "(SELECT 1)")
  must_fail("SELECT " .. ("1,"):rep(100000) .. "1")
  must_fail("SELECT ?" .. (",?"):rep(10000))
  must_fail("SELECT ?999999999", 1)
  must_fail("SELECT '" .. ("x"):rep(2000000) .. "'")
  must_fail("SELECT json('" .. ("["):rep(100000) .. "')")
  must_fail("CREATE TABLE t (" .. ("a" .. "int, "):rep(10000) .. "b)")
  return n
end)
