-- __gc would run an endless loop, but gopher-lua never calls __gc.
--> result done
register_tool("attack", function()
  for i = 1, 1000 do setmetatable({}, { __gc = function() while true do end end }) end
  collectgarbage()
  return "done"
end)
