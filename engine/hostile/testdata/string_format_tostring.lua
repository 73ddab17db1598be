-- %s gets a table whose __tostring never returns. string.format must not call it.
--> error
register_tool("attack", function()
  return string.format("%s", setmetatable({}, { __tostring = function() while true do end end }))
end)
