-- A pcall around the loop, and a loop around the pcall.
--> error ran for 200ms without a wait
register_tool("attack", function()
  while true do pcall(function() while true do end end) end
end)
