-- Each of two tables is the __newindex of the other.
--> error
register_tool("attack", function()
  local a, b = {}, {}
  setmetatable(a, { __newindex = b }) setmetatable(b, { __newindex = a })
  a.x = 1
end)
