-- format does not ask __tostring for what never comes.
--> error
register_tool("attack", function()
  return string.format("%s", setmetatable({}, { __tostring = function() while true do end end }))
end)
