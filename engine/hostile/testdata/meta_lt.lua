-- __lt runs an endless loop while table.sort compares with it.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local meta = { __lt = function() while true do end end }
  table.sort({ setmetatable({}, meta), setmetatable({}, meta) })
end)
