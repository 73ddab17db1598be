-- A handler logs large tables in an endless loop.
--> error ran for 200ms without a wait|too much memory
register_tool("attack", function()
  local t = {}
  for i = 1, 1000 do t[i] = { name = ("x"):rep(100) } end
  while true do log.info(t, t, t) end
end)
