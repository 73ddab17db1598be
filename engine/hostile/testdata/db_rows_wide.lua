-- Rows of two thousand columns.
--> error too much memory|too_large|500
--> calm too much memory|is busy
local d = db.open("m", { mode = "memory", max_rows = 1000000 })
register_tool("attack", function()
  local names = {}
  for i = 1, 1900 do names[i] = "NULL AS " .. ("c"):rep(100) .. i end
  local all, reason = d:query("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 500) SELECT " .. table.concat(names, ",") .. " FROM c")
  error(reason or #all)
end)
