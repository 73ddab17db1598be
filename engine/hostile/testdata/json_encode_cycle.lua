-- Tables that hold each other.
--> result cycle
register_tool("attack", function()
  local a, b = {}, {}
  a.b = b b.a = a
  local ok, why = pcall(json.encode, a)
  return tostring(why)
end)
