-- A for loop counts to infinity.
--> error ran for 200ms without a wait, at loop_for.lua:4
register_tool("attack", function()
  for i = 1, math.huge do end
end)
