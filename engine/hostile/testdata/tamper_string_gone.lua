-- The script empties the table string.
--> error
register_tool("attack", function()
  for name in pairs(string) do string[name] = nil end
  return ("x"):rep(10)
end)
