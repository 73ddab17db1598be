-- A loop in __add.
--> error ran for 200ms without a wait
register_tool("attack", function()
  return setmetatable({}, { __add = function() while true do end end }) + 1
end)
