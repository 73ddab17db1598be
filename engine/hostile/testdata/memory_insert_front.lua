-- table.insert at the front moves all values each time, in an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local t = {}
  for i = 1, 1e9 do table.insert(t, 1, i) end
end)
