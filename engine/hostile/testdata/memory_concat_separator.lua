-- table.concat's separators alone would be longer than a string may be.
--> error resulting string too large|ran for 200ms without a wait, at memory_concat_separator.lua:6
register_tool("attack", function()
  local t = {}
  for i = 1, 1000 do t[i] = "" end
  return #table.concat(t, ("x"):rep(2^20))
end)
