-- What is raised has its message behind an __index that never ends.
--> error
register_tool("attack", function()
  error(setmetatable({}, { __index = function() while true do end end }))
end)
