-- A metamethod calls itself through Go code.
--> error stack overflow|more than|C stack
register_tool("attack", function()
  local t = setmetatable({}, {})
  getmetatable(t).__add = function(a, b) return a + b .. "" end
  return t + t
end)
