-- Tables that ask each other in a circle.
--> error
register_tool("attack", function()
  local a, b = {}, {}
  setmetatable(a, { __index = b }) setmetatable(b, { __index = a })
  return a.x
end)
