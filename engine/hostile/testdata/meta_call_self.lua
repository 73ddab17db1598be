-- A table is its own __call.
--> error
register_tool("attack", function()
  local t = {}
  setmetatable(t, { __call = t })
  return t()
end)
