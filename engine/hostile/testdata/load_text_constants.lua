-- As many constants as go into a text: the compiler compares each with all others.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local t = {}
  for i = 1, 10000 do t[i] = "x=" .. i end
  local text = table.concat(t, " "):sub(1, 65000)
  while true do loadstring(text) end
end)
