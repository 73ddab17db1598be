-- A script is closed while statements and transactions run.
--> says hello
--> lasts 500ms
local d = db.open("x", { query_timeout = 600 })
on_start(function()
  spawn(function() d:transaction(function() while true do d:value("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT 1 FROM c) SELECT count(*) FROM c") end end) end)
  for i = 1, 50 do spawn(function() d:value("SELECT 1") end) end
  print("hello")
end)
on_unload(function() pcall(d.value, d, "SELECT 1") end)
