-- A handler fills a table with long keys that all differ.
--> flags --memory 32
--> error too much memory
register_tool("attack", function()
  local t = {}
  for i = 1, 1e9 do t[("key"):rep(100) .. i] = i end
end)
