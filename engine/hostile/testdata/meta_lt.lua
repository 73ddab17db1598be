-- A loop in __lt, under a sort without an order of its own.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local meta = { __lt = function() while true do end end }
  table.sort({ setmetatable({}, meta), setmetatable({}, meta) })
end)
