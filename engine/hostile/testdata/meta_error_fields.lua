-- A handler raises a table whose __index never returns.
--> error
register_tool("attack", function()
  error(setmetatable({}, { __index = function() while true do end end }))
end)
