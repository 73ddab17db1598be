-- loadstring compiles a text with as many constants as fit into it, in an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local t = {}
  for i = 1, 20000 do t[i] = "x=" .. i end
  local text = table.concat(t, " "):sub(1, 65000):gsub("%S+$", "")
  while true do loadstring(text) end
end)
