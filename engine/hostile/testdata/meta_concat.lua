-- __concat runs an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function()
  return setmetatable({}, { __concat = function() while true do end end }) .. "x"
end)
