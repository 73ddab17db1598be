-- Each of two tables is the __index of the other.
--> error
register_tool("attack", function()
  local a, b = {}, {}
  setmetatable(a, { __index = b }) setmetatable(b, { __index = a })
  return a.x
end)
