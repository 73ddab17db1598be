-- __len runs an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function()
  return #setmetatable({}, { __len = function() while true do end end })
end)
