-- table.concat's result would be longer than a string may be.
--> error resulting string too large|ran for 200ms without a wait, at memory_concat_result.lua:6
register_tool("attack", function()
  local t, s = {}, ("x"):rep(2^20)
  for i = 1, 1000 do t[i] = s end
  return #table.concat(t)
end)
