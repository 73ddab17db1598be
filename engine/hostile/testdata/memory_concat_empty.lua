-- table.concat joins a hundred thousand empty strings in an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local t = {}
  for i = 1, 1e5 do t[i] = "" end
  while true do table.concat(t) end
end)
