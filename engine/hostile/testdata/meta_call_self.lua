-- A table whose __call is a table whose __call is a table.
--> error
register_tool("attack", function()
  local t = {}
  setmetatable(t, { __call = t })
  return t()
end)
