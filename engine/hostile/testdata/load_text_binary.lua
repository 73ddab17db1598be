-- Texts of every byte, and pairs of them.
--> result ^done$
register_tool("attack", function()
  for i = 0, 255 do for j = 0, 255, 5 do loadstring(string.char(i, j)) loadstring("return '" .. string.char(i, j)) end end
  return "done"
end)
