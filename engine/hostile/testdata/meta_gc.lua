-- A loop in __gc, which never runs.
--> result done
register_tool("attack", function()
  for i = 1, 1000 do setmetatable({}, { __gc = function() while true do end end }) end
  collectgarbage()
  return "done"
end)
