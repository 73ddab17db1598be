-- A handler uses a new pattern each time, in an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local i = 0
  while true do i = i + 1 ("x"):find("[" .. i .. "]" .. i) end
end)
