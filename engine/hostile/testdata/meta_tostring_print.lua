-- __tostring runs an endless loop while print calls it.
--> error ran for 200ms without a wait
register_tool("attack", function()
  print(setmetatable({}, { __tostring = function() while true do end end }))
end)
