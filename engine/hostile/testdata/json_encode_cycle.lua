-- json.encode gets tables that contain each other.
--> result a table cannot contain itself
register_tool("attack", function()
  local a, b = {}, {}
  a.b = b b.a = a
  local ok, why = pcall(json.encode, a)
  return tostring(why)
end)
