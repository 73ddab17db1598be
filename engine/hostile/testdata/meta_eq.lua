-- __eq runs an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local meta = { __eq = function() while true do end end }
  return setmetatable({}, meta) == setmetatable({}, meta)
end)
