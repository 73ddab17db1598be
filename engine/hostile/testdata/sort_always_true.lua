-- table.sort gets an order function that always returns true.
--> error invalid order function for sorting
register_tool("attack", function()
  local t = {}
  for i = 1, 1000 do t[i] = i end
  table.sort(t, function() return true end)
end)
