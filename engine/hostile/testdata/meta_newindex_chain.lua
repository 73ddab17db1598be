-- The same for what is set.
--> error
register_tool("attack", function()
  local a, b = {}, {}
  setmetatable(a, { __newindex = b }) setmetatable(b, { __newindex = a })
  a.x = 1
end)
