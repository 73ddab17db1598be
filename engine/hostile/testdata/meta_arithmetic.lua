-- __add runs an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function()
  return setmetatable({}, { __add = function() while true do end end }) + 1
end)
