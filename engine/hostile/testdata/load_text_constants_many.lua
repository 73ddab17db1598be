-- More constants than that.
--> result more than 4000 constants in one function
register_tool("attack", function()
  local t = {}
  for i = 1, 8000 do t[i] = "x=" .. i end
  return select(2, loadstring(table.concat(t, " ")))
end)
