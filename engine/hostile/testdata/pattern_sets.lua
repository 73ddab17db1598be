-- Thousands of patterns, each of them new.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local i = 0
  while true do i = i + 1 ("x"):find("[" .. i .. "]" .. i) end
end)
