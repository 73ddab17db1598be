-- A result whose members are behind an __index that never ends.
--> result ^\{\}$
register_tool("attack", function()
  return setmetatable({}, { __index = function() while true do end end })
end)
