-- loadstring gets texts of one and two bytes with all values.
--> result ^done$
register_tool("attack", function()
  for i = 0, 255 do for j = 0, 255, 5 do loadstring(string.char(i, j)) loadstring("return '" .. string.char(i, j)) end end
  return "done"
end)
