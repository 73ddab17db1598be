-- A long range of nothing but numbers as keys.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local t = {}
  for i = 1, 1e5 do t[i] = "" end
  while true do table.concat(t) end
end)
