-- loadstring compiles a text of jumps in an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local t = {}
  for i = 1, 3000 do t[i] = "::l" .. i .. ":: if x then goto l" .. i .. " end" end
  local text = table.concat(t, " "):sub(1, 65000)
  while true do loadstring(text) end
end)
