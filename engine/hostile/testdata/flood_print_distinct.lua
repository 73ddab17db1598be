-- A task prints long lines that all differ, so the queue of lines needs memory for each.
--> error ran for 200ms without a wait|too much memory
register_tool("attack", function()
  local s, i = ("x"):rep(2^22), 0
  while true do i = i + 1 print(s .. i) end
end)
