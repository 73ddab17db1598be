-- A table is its own __index.
--> error
register_tool("attack", function()
  local t = {}
  setmetatable(t, { __index = t })
  return t.x
end)
