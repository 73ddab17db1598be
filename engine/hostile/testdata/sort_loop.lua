-- table.sort gets an order function that never returns.
--> error ran for 200ms without a wait
register_tool("attack", function()
  table.sort({ 3, 2, 1 }, function() while true do end end)
end)
