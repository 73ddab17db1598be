-- __index runs an endless loop.
--> error ran for 200ms without a wait, at meta_index.lua:4
register_tool("attack", function()
  return setmetatable({}, { __index = function() while true do end end }).x
end)
