-- What is raised has a __tostring that never ends: who shows it does not ask.
--> error
register_tool("attack", function()
  error(setmetatable({}, { __tostring = function() while true do end end }))
end)
