-- A handler returns a table whose __index never returns.
--> result ^\{\}$
register_tool("attack", function()
  return setmetatable({}, { __index = function() while true do end end })
end)
