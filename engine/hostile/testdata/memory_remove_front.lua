-- table.remove at the front moves all values each time, in an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local t = {}
  for i = 1, 1e5 do t[i] = i end
  while true do table.insert(t, table.remove(t, 1)) end
end)
