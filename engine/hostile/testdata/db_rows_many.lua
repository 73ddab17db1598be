-- A million rows, and rows of two thousand columns.
--> error too much memory|too_large|1000000
--> calm too much memory|is busy
local d = db.open("m", { mode = "memory", max_rows = 1000000 })
register_tool("attack", function()
  local all, reason = d:query("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 1000000) SELECT i FROM c")
  error(reason or #all)
end)
