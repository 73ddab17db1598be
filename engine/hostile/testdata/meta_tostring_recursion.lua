-- __tostring calls tostring on the same table.
--> error stack overflow
register_tool("attack", function()
  local t = {}
  setmetatable(t, { __tostring = function(t) return tostring(t) end })
  return tostring(t)
end)
