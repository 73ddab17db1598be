-- As many constants as a text may have: the compiler compares each with all others.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local t = {}
  for i = 1, 20000 do t[i] = "x=" .. i % 4000 end
  local text = table.concat(t, " "):sub(1, 65000)
  while true do loadstring(text) end
end)
